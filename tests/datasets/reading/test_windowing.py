"""Rates, windows and losses: what goes and why is said, the most harmful first, and windows keep to their recording."""

import numpy as np
import pytest

from luciole import datasets
from luciole.errors import LucioleError


def test_recordings_shorter_than_a_window_are_counted(invented):
    invented.write(lambda d: d if d["subject"][0] != "max" else d.head(30))
    data = datasets.load(invented.root, window=2.0)
    assert "2 of 6 recordings are shorter than a window of 2 s" in data.describe()
    assert len(data) == 36


def test_a_class_that_loses_all_its_windows_is_named_and_gone(invented):
    invented.write(lambda d: d if d["label"][0] != "hop" else d.head(30))
    data = datasets.load(invented.root, window=2.0)
    assert data.class_names == ("stand",)
    assert "class 'hop' is left out" in data.describe()
    assert "only one class" in data.describe()


def test_all_too_short_proposes_a_window_that_fits(invented):
    invented.write(lambda d: d.head(37))
    with pytest.raises(LucioleError, match="say window=0.925"):
        datasets.load(invented.root)
    assert len(datasets.load(invented.root, window=0.925)) == 6


def test_two_rates_are_brought_to_the_lower_and_said(invented):
    for person, thing, _ in invented.each():
        invented.frame(person, thing, hz=80.0 if person == "max" else 40.0).to_csv(
            invented.root / f"{person}{thing}.csv", index=False
        )
    data = datasets.load(invented.root, window=2.0)
    invented.same(data)
    assert "40 and up to 80 Hz: all brought to the lowest, 40 Hz" in data.describe()


def test_rates_far_apart_are_asked_about_and_the_answer_holds(invented):
    for person, thing, _ in invented.each():
        invented.frame(person, thing, hz=400.0 if person == "max" else 40.0).to_csv(
            invented.root / f"{person}{thing}.csv", index=False
        )
    with pytest.raises(LucioleError, match="got 40 and up to 400 Hz.*hz=400"):
        datasets.load(invented.root)
    assert datasets.load(invented.root, hz=400).hz == 400
    assert "brought from 40 and 400 Hz to hz=400" in datasets.load(invented.root, hz=400).describe()


def test_infinite_values_are_missing_and_said(invented):
    data = datasets.load(invented.write(lambda d: d.assign(x=d["x"].where(d.index != 60, np.inf))), window=2.0)
    invented.same(data)
    assert data.missing == 6
    assert "1 infinite values" in data.describe()


def test_a_sensor_that_is_mostly_silent_is_the_reason_given_and_left_out_it_reads(invented):
    invented.write(lambda d: d.assign(z=d["z"].where(d.index % 50 == 0)))
    with pytest.raises(LucioleError, match="'z' is empty in 98 %.*channels=x,y"):
        datasets.load(invented.root)
    assert len(datasets.load(invented.root, channels="x,y", window=2.0)) == 54


def test_channels_that_never_change_or_are_copies_are_said(invented):
    data = datasets.load(invented.write(lambda d: d.assign(y=d["x"], z=1.0)), window=2.0)
    assert "never change: z" in data.describe()
    assert "channels x and y are the same" in data.describe()


def test_units_are_guessed_from_the_length_at_rest(invented):
    data = datasets.load(invented.write(lambda d: d.assign(x=0.1 * d["x"], y=0.1 * d["y"], z=9.8 + 0.1 * d["z"])))
    assert "m/s², gravity in it" in data.describe()


def test_the_account_begins_with_what_misleads_and_ends_with_a_table(invented):
    invented.write(lambda d: d.assign(index=range(len(d)), x=d["x"].where(d.index != 60)))
    lines = datasets.load(invented.root, window=2.0).describe().splitlines()
    heads = [line.split(":")[0] for line in lines[1:-3]]
    assert heads == sorted(heads, key=("take care", "left out", "decided", "read").index)
    assert lines[-3].split() == ["windows", "people", "ida", "lea", "max"]
    assert lines[-2].split() == ["hop", "27", "3", "9", "9", "9"]


def test_a_part_of_the_data_describes_itself(invented):
    data = datasets.load(invented.write(), window=2.0)
    assert data.take(data.y == 0).describe().splitlines()[-1].split()[:2] == ["stand", "0"]


def test_window_overlap_and_seconds(invented):
    data = datasets.load(invented.write(), window="1", overlap="0")
    assert data.X.shape == (60, 3, 40)
    assert datasets.load(invented.root, seconds=1, overlap=0).X.shape == (60, 3, 40)
    for bad in ({"window": 0}, {"overlap": 1}, {"hz": "fast"}, {"hz": -1}):
        with pytest.raises(LucioleError):
            datasets.load(invented.root, **bad)
