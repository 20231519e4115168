"""Numbers of activities get the names that a file beside has for them; labels that stand alone hold until the next."""

import json

import numpy as np
import pandas as pd
import pytest

from luciole import datasets
from luciole.datasets.reading import legends
from luciole.errors import LucioleError

NUMBERS = {"stand": 1, "hop": 2}


def numbered(d):
    return d.assign(label=d["label"].map(NUMBERS))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("activity_labels.txt", "1 stand\n2 hop\n3 lie down\n"),
        ("labels.csv", "id,activity\n01,stand\n02,hop\n"),
        ("classes.txt", "stand = 1\nhop = 2\n"),
        ("label_map.json", json.dumps({"hop": 2, "stand": 1})),
        ("gestures.json", json.dumps({"names": {"1": "stand", "2": "hop"}})),
    ],
)
def test_names_beside_are_used_and_said(invented, name, text):
    (invented.write(numbered) / name).write_text(text)
    data = datasets.load(invented.root, window=2.0)
    invented.same(data)
    assert f"activities have the names that a file beside gives their numbers ({name.split('.')[0]}" in data.describe()


def test_a_legend_that_lacks_an_activity_is_refused(invented):
    (invented.write(numbered) / "activity_labels.txt").write_text("1 stand\n3 lie\n")
    with pytest.raises(LucioleError, match=r"activity_labels\.txt: expected a name for each.*none for 2; add it"):
        datasets.load(invented.root)
    (invented.root / "activity_labels.txt").write_text("1 stand\n3 lie\n2 hop\n")
    invented.same(datasets.load(invented.root, window=2.0))


def test_names_of_people_name_no_activity(invented):
    (invented.write(numbered) / "subjects.txt").write_text("1 ida\n2 max\n")
    data = datasets.load(invented.root, window=2.0)
    assert data.class_names == ("1", "2")
    assert "passed over: names of numbers, not of the activities here (subjects.txt)" in data.describe()


@pytest.mark.parametrize(
    "text",
    ["time,label\n0,stand\n5,hop\n", "1 walk\n1 run\n", "1 walk\n2 walk\n", "1 walk\n", "0.5 1.5\n0.6 1.4\n", ""],
)
def test_what_is_no_legend(tmp_path, text):
    (tmp_path / "labels.txt").write_text(text)
    assert legends.read(tmp_path / "labels.txt") is None


def sparse(first, every=None):
    def change(d):
        kept = np.arange(len(d)) % (every or len(d)) == first
        return d.assign(label=d["label"].where(kept, ""), subject=d["subject"].where(np.arange(len(d)) == 0, ""))

    return change


@pytest.mark.parametrize("every", [None, 40])
def test_a_label_written_where_it_changes_holds_until_the_next(invented, every):
    data = datasets.load(invented.write(sparse(0, every)), window=2.0)
    invented.same(data)
    assert "'label' is filled where it changes: each cell holds until the next" in data.describe()


def test_before_the_first_of_such_labels_nothing_is_made_up(invented):
    invented.write(sparse(30))
    with pytest.raises(LucioleError, match=r"got 1 in 400 rows, the first in row 32; write .* into row 2"):
        datasets.load(invented.root)


def test_labels_by_time_in_a_file_beside_hold_until_the_next(invented):
    for person in ("lea", "max", "ida"):
        both = [invented.frame(person, thing)[["time", "x", "y", "z"]] for thing in ("stand", "hop")]
        whole = pd.concat(both).assign(time=np.arange(800) / 40)
        whole.to_csv(invented.root / f"{person}.csv", index=False)
        (invented.root / f"{person}_labels.csv").write_text("time,label\n0,stand\n10,hop\n")
    data = datasets.load(invented.root, window=2.0, overlap=0.0)
    assert np.bincount(data.y).tolist() == [15, 15]
    assert "labels by time, each until the next, from a file beside" in data.describe()
    assert "are 'name 1' (ida, lea, max) of the path people? Then say person='name 1'" in data.describe()
    assert datasets.load(invented.root, person="name 1").people == ("ida", "lea", "max")
    x = invented.signal("ida", "hop")[:80].T
    assert data.class_names[data.y[int(np.abs(data.X - x[None]).max(axis=(1, 2)).argmin())]] == "hop"
    (invented.root / "lea_labels.csv").write_text("time,label\n0,stand\n10000,hop\n")
    with pytest.raises(LucioleError, match=r"expected times within those of lea\.csv \(0 to 19.9.*in the same unit"):
        datasets.load(invented.root)


def test_labels_beside_without_names_of_columns_are_asked_about(invented):
    (invented.write(lambda d: d.drop(columns="label")) / "labels.txt").write_text("1 1 0 400\n1 2 401 800\n")
    with pytest.raises(LucioleError, match=r"labels\.txt, row 1: expected a first line.*file,start,end,label"):
        datasets.load(invented.root)
