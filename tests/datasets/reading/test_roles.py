"""Columns by name and content: what tells the label is left out and named; what may be two things is asked."""

import numpy as np
import pytest

from luciole import datasets
from luciole.errors import LucioleError


@pytest.mark.parametrize(
    "names",
    [
        {"time": "Timestamp", "label": "Activity", "subject": "User"},
        {"time": "Time (s)", "label": "class", "subject": "participant"},
        {"time": "t", "label": "gesture", "subject": "subject_id"},
        {"time": "seconds_elapsed", "label": "Label ", "subject": "Person"},
        {"time": "elapsed [s]", "label": "activityName", "subject": "userID"},
    ],
)
def test_usual_names_are_understood_and_said(invented, names):
    data = datasets.load(invented.write(lambda d: d.rename(columns=names)), window=2.0)
    invented.same(data)
    assert all(repr(name.strip()) in data.describe() for name in names.values())


def test_options_name_columns_whatever_they_are_called(invented):
    data = datasets.load(
        invented.write(lambda d: d.rename(columns={"time": "zeit", "label": "was", "subject": "wer"})),
        label="WAS", person="wer", time="zeit", window=2.0,
    )  # fmt: skip
    invented.same(data)


def test_a_wrong_column_in_an_option_names_the_right_one(invented):
    invented.write()
    with pytest.raises(LucioleError, match="'labels'.*do you mean 'label'"):
        datasets.load(invented.root, label="labels")
    with pytest.raises(LucioleError, match="'q' as channels= says"):
        datasets.load(invented.root, channels="x,q")
    with pytest.raises(LucioleError, match="expected options label, person"):
        datasets.load(invented.root, lable="x")


LEAKS = {
    "Unnamed: 0": lambda d: np.arange(len(d)),
    "": lambda d: np.arange(len(d)),
    "index": lambda d: np.arange(len(d)) + 17,
    "frame": lambda d: 2 * np.arange(len(d)),
    "seconds_elapsed": lambda d: d["time"] + 0.04,
    "uptime": lambda d: d["time"] + 5000,
    "battery use": lambda d: np.arange(len(d)) // 4 / 10,
    "Date": lambda d: "2024-05-01 10:00:00",
    "activity_id": lambda d: d["label"].map({"hop": 3, "stand": 8}),
    "code": lambda d: d["label"].map({"hop": 3, "stand": 8}),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_column_that_foretells_the_label_is_left_out_and_named(invented, name):
    data = datasets.load(invented.write(lambda d: d.assign(**{name: LEAKS[name](d)})), window=2.0)
    invented.same(data)
    harms = [line for line in data.describe().splitlines() if line.startswith("take care")]
    assert any((name or "nameless") in line for line in harms), data.describe()


def test_what_is_asked_for_by_name_comes_back(invented):
    invented.write(lambda d: d.assign(code=d["label"].map({"hop": 3, "stand": 8})))
    data = datasets.load(invented.root, channels=["x", "code"])
    assert data.channel_names == ("x", "code")


def test_a_nameless_column_that_counts_nothing_is_asked_about(invented):
    invented.write(lambda d: d.rename(columns={"y": ""}))
    with pytest.raises(LucioleError, match="column 3, which is no row number.*channels="):
        datasets.load(invented.root)
    assert datasets.load(invented.root, channels="x,z").channel_names == ("x", "z")


def test_a_column_of_text_is_left_out_and_said(invented):
    data = datasets.load(invented.write(lambda d: d.assign(orientation=["up", "down"] * (len(d) // 2))), window=2.0)
    invented.same(data)
    assert "'orientation' holds texts" in data.describe()


def test_two_columns_of_labels_that_disagree_are_asked_about(invented):
    invented.write(lambda d: d.assign(gesture=["a", "b"] * (len(d) // 2)).rename(columns={"label": "activity"}))
    with pytest.raises(LucioleError, match="label='activity' or label='gesture'"):
        datasets.load(invented.root)
    invented.same(datasets.load(invented.root, label="activity", window=2.0))


def test_a_channel_that_one_file_lacks_is_named_with_what_all_have(invented):
    invented.write()
    path = invented.root / "max-hop.csv"
    path.write_text(
        "\n".join(",".join(row.split(",")[:3] + row.split(",")[4:]) for row in path.read_text().splitlines())
    )
    with pytest.raises(LucioleError, match=r"max-hop\.csv, row 1.*z not in all files.*channels=x,y"):
        datasets.load(invented.root)
    assert datasets.load(invented.root, channels="x,y").channel_names == ("x", "y")


def test_a_channel_that_is_empty_in_one_file_is_named_for_it(invented):
    invented.write()
    (invented.root / "max-hop.csv").unlink()
    invented.frame("max", "hop").assign(z="").to_csv(invented.root / "max-hop.csv", index=False)
    with pytest.raises(LucioleError, match=r"max-hop\.csv.*'z' holds nothing here.*channels=x,y"):
        datasets.load(invented.root)
    assert datasets.load(invented.root, channels="x,y").channels == 2


def test_order_of_columns_makes_no_difference(invented):
    invented.write()
    invented.frame("max", "hop")[["z", "label", "x", "subject", "y", "time"]].to_csv(
        invented.root / "max-hop.csv", index=False
    )
    invented.same(datasets.load(invented.root, window=2.0))


def test_columns_without_names_that_look_like_a_clock_or_labels_are_asked_about(invented):
    def change(d):
        return d.assign(label=d["label"].map({"hop": 1, "stand": 2}).where(d.index < 300, 0)).drop(columns="subject")

    invented.write(change, name="S0{p}_{t}.dat", header=False, sep="\t")
    with pytest.raises(LucioleError, match="time='column 1' and label='column 5'"):
        datasets.load(invented.root)
    data = datasets.load(invented.root, time="column 1", label="column 5", window=2.0)
    assert (data.channels, data.hz, data.classes) == (3, 40.0, 3)
    with pytest.raises(LucioleError, match="time='column 1'"):  # the rate alone would make the clock a channel
        datasets.load(invented.root, hz=40)


def test_a_file_that_says_nobody_is_named_with_a_way_out(invented):
    invented.write()
    invented.frame("max", "hop").drop(columns="subject").to_csv(invented.root / "max-hop.csv", index=False)
    with pytest.raises(LucioleError, match=r"max-hop\.csv.*'subject'.*person='name 1'"):
        datasets.load(invented.root)
    invented.same(datasets.load(invented.root, person="name 1", window=2.0))
    assert datasets.load(invented.root, person="none").subject is None


def test_one_and_one_point_nought_are_one_person_and_one_class(invented):
    def change(d):
        k = {"lea": 1, "max": 2, "ida": 3}[d["subject"][0]]
        hop = d["label"][0] == "hop"
        return d.assign(subject=f"{k}.0" if hop else k, label="2.0" if hop else "10")

    data = datasets.load(invented.write(change))
    assert data.subject is not None
    assert len(set(data.subject)) == 3
    assert data.class_names == ("2", "10")  # in the order of numbers


@pytest.mark.parametrize("other", ["hop ", "Hop", " HOP"])
def test_labels_that_differ_by_blanks_or_capitals_are_one_and_said(invented, other):
    def change(d):
        return d.assign(label=d["label"].where(d["subject"] != "max", d["label"].replace("hop", other)))

    data = datasets.load(invented.write(change), window=2.0)
    invented.same(data)
    assert "are read as one, 'hop'" in data.describe()


def test_single_letters_keep_their_case(invented):
    data = datasets.load(invented.write(lambda d: d.assign(label=d["label"].map({"hop": "a", "stand": "A"}))))
    assert data.class_names == ("A", "a")


def test_a_number_called_id_is_asked_about_and_may_be_the_person(invented):
    def change(d):
        return d.drop(columns="subject").assign(id={"lea": 4, "max": 9, "ida": 7}[d["subject"][0]])

    invented.write(change, name="{p}{t}.csv")
    with pytest.raises(LucioleError, match="whose number column 'id' is: say person='id'.*else person='none'"):
        datasets.load(invented.root)
    invented.same(datasets.load(invented.root, person="id", window=2.0))
    assert datasets.load(invented.root, person="none").channel_names == ("x", "y", "z")


def test_what_tells_recordings_apart_is_no_channel(invented):
    invented.write(lambda d: d.assign(age={"lea": 31, "max": 40, "ida": 55}[d["subject"][0]]))
    data = datasets.load(invented.root, window=2.0)
    invented.same(data)
    assert "take care: column 'age' never changes in a file" in data.describe()
