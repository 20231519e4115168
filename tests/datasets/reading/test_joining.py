"""Sensors and places apart are brought together on a common time; annotations beside give the labels."""

import numpy as np
import pandas as pd
import pytest

from luciole import datasets
from luciole.errors import LucioleError

START = 1_714_557_600.0


def apart(invented, offset=0.0, hz=40.0, absolute=True):
    """x in one file, y and z in another that begins later or runs at another rate."""
    for person, thing, _ in invented.each():
        folder = invented.root / person / f"{thing}ping"
        folder.mkdir(parents=True, exist_ok=True)
        first = invented.frame(person, thing)
        second = invented.frame(person, thing, hz=hz)
        second = second[second["time"] >= offset]
        shift = START if absolute else 0.0
        for table, name, columns in ((first, "Accelerometer", ["x"]), (second, "Gyroscope", ["y", "z"])):
            table = table.assign(time=(shift + table["time"]).map("{:.6f}".format))
            table[["time", *columns]].to_csv(folder / f"{name}.csv", index=False)
    return invented.root


def renamed(data):
    names = tuple(name.removesuffix("ping") for name in data.class_names)
    return datasets.Dataset(data.name, data.X, data.y, names, data.channel_names, data.hz, data.subject)


@pytest.mark.parametrize("absolute", [True, False])
def test_sensors_in_files_of_their_own_are_joined(invented, absolute):
    data = datasets.load(apart(invented, absolute=absolute), window=2.0, label="folder 2", person="folder 1")
    invented.same(renamed(data))
    assert data.channel_names == ("Accelerometer x", "Gyroscope y", "Gyroscope z")


def test_a_faster_sensor_is_brought_to_the_slower(invented):
    data = datasets.load(apart(invented, hz=80.0), window=2.0, label="folder 2", person="folder 1")
    assert data.hz == 40.0
    invented.same(renamed(data))
    assert "40 to 80 Hz, brought to 40 Hz" in data.describe()


def test_what_they_have_in_common_is_said(invented):
    data = datasets.load(apart(invented, offset=4.0), window=2.0, label="folder 2", person="folder 1")
    assert "joined on the time they share, 60 % of all" in data.describe()
    assert len(data) == 6 * 5  # 6 s of 10
    x = invented.signal("ida", "hop")[160:240]
    assert np.abs(data.X - x.T[None]).max(axis=(1, 2)).min() < 0.01


def test_clocks_that_never_overlap_are_refused(invented):
    apart(invented)
    for path in invented.root.rglob("Gyroscope.csv"):
        table = pd.read_csv(path)
        table.assign(time=table["time"] + 3600).to_csv(path, index=False)
    with pytest.raises(LucioleError, match="clocks never overlap"):
        datasets.load(invented.root, label="folder 2")


def test_rates_far_apart_are_asked_about_and_the_answer_joins(invented):
    apart(invented, hz=2.0)
    with pytest.raises(LucioleError, match=r"Gyroscope\.csv 2 Hz.*hz=40"):
        datasets.load(invented.root, label="folder 2", person="folder 1")
    assert datasets.load(invented.root, label="folder 2", person="folder 1", hz=40).hz == 40


def test_places_on_the_body_are_channels_side_by_side(invented):
    for person, thing, _ in invented.each():
        table = invented.frame(person, thing)
        table[["time", "x", "label", "subject"]].to_csv(invented.root / f"{person}_{thing}_wrist.csv", index=False)
        table[["time", "y", "z", "label", "subject"]].to_csv(invented.root / f"{person}_{thing}_thigh.csv", index=False)
    data = datasets.load(invented.root, window=2.0)
    assert data.channel_names == ("thigh y", "thigh z", "wrist x")
    assert len(data) == 54


def test_rows_of_several_places_in_one_file_are_parted(invented):
    def change(d):
        d = d.drop(columns="z")
        return pd.concat([d.assign(position="wrist"), d.assign(position="ankle", x=d["y"])]).sort_values(
            "time", kind="stable"
        )

    data = datasets.load(invented.write(change), window=2.0)
    assert data.channel_names == ("ankle x", "ankle y", "wrist x", "wrist y")
    assert len(data) == 54


def test_left_and_right_are_asked_about(invented):
    for person, thing, _ in invented.each():
        side = {"hop": "left", "stand": "right"}[thing]
        invented.frame(person, thing).drop(columns="label").to_csv(invented.root / f"{person}_{side}.csv", index=False)
    with pytest.raises(LucioleError, match="left and right are activities or places.*label='name 2'"):
        datasets.load(invented.root)
    data = datasets.load(invented.root, label="name 2", window=2.0)
    assert data.class_names == ("left", "right")
    assert len(data) == 54


@pytest.mark.parametrize("how", ["one each", "one for all", "since the start"])
def test_annotations_beside_give_the_labels(invented, how):
    shift = START if how == "since the start" else 0.0
    rows = []
    for person in ("lea", "max", "ida"):
        both = pd.concat([invented.frame(person, thing) for thing in ("stand", "hop")])
        both = both.assign(time=(shift + np.arange(len(both)) / 40)).drop(columns="label")
        both.to_csv(invented.root / f"{person}.csv", index=False, float_format="%.4f")
        mine = [(f"{person}.csv", 0.0, 10.0, "stand"), (f"{person}.csv", 10.0, 20.0, "hop")]
        rows += mine
        if how != "one for all":
            table = pd.DataFrame(mine, columns=["file", "start", "end", "label"]).drop(columns="file")
            table.to_csv(invented.root / f"{person}_labels.csv", index=False)
    if how == "one for all":
        pd.DataFrame(rows, columns=["file", "start", "end", "label"]).to_csv(invented.root / "labels.csv", index=False)
    data = datasets.load(invented.root, window=2.0, overlap=0.0)
    assert (len(data), data.class_names) == (30, ("hop", "stand"))
    for person, thing, signal in invented.each():
        at = int(np.abs(data.X - signal[:80].T[None]).max(axis=(1, 2)).argmin())
        assert data.class_names[data.y[at]] == thing, person


def test_a_list_of_files_says_who_did_what(invented):
    rows = []
    for k, (person, thing, _) in enumerate(invented.each()):
        invented.frame(person, thing).drop(columns=["label", "subject"]).to_csv(
            invented.root / f"rec{k}.csv", index=False
        )
        rows.append((f"rec{k}.csv", thing, person))
    pd.DataFrame(rows, columns=["filename", "activity", "subject"]).to_csv(invented.root / "list.csv", index=False)
    invented.same(datasets.load(invented.root, window=2.0))
