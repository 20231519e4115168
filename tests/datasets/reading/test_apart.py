"""Several sensors in one table are told apart, joined on a common time, and what parts them is said."""

import numpy as np
import pandas as pd
import pytest

from luciole import datasets
from luciole.errors import LucioleError


def halves(d, offset=0.0, every=1):
    """x in rows of its own; y and z in rows that come ``offset`` seconds later, one in ``every``."""
    told = ["label", "subject"]
    return d[["time", "x", *told]], d[["time", "y", "z", *told]].assign(time=d["time"] + offset)[::every]


def in_turn(offset=0.0, every=1):
    return lambda d: pd.concat(halves(d, offset, every)).sort_values("time", kind="stable")


@pytest.mark.parametrize("empty", ["", "NaN"])
def test_sensors_whose_rows_come_in_turn_are_parted_and_said(invented, empty):
    data = datasets.load(invented.write(in_turn(), na_rep=empty), window=2.0)
    invented.same(data)
    assert "rows of 2 sensors in turn, each filling its own columns (x · y, z)" in data.describe()
    assert data.missing == 0


def test_they_are_brought_to_one_clock_and_to_the_slower_rate(invented):
    data = datasets.load(invented.write(in_turn(offset=0.003, every=2)), window=2.0)
    assert (data.hz, data.channel_names) == (20.0, ("x", "y", "z"))
    assert "20 to 40 Hz, brought to 20 Hz) joined on the time they share, 100 % of all" in data.describe()
    y = invented.signal("ida", "hop")[:80:2, 1]
    assert np.abs(data.X[:, 1] - y).max(axis=1).min() < 0.01


def test_one_sensor_below_the_other_in_a_file_is_the_same(invented):
    invented.same(datasets.load(invented.write(lambda d: pd.concat(halves(d))), window=2.0))


def test_a_slow_sensor_is_asked_about_and_both_answers_are_right(invented):
    invented.write(in_turn(offset=0.004, every=20))
    with pytest.raises(
        LucioleError, match=r"got x 40 Hz, y 2 Hz: say the common rate, such as hz=40, or say channels=x"
    ):
        datasets.load(invented.root)
    assert datasets.load(invented.root, hz=40, window=2.0).X.shape == (
        48,
        3,
        80,
    )  # the slow one ends half a second earlier
    assert datasets.load(invented.root, channels="x", window=2.0).X.shape == (54, 1, 80)


def test_cells_that_are_missing_here_and_there_part_nothing(invented):
    rng = np.random.default_rng(0)
    lost = invented.write(lambda d: d.assign(**{c: d[c].where(rng.random(len(d)) > 0.2) for c in "xyz"}))
    data = datasets.load(lost, window=2.0)
    assert data.hz == 40.0
    assert "in turn" not in data.describe()


def test_a_column_that_names_the_sensor_parts_rows_with_columns_of_their_own(invented):
    def change(d):
        x, yz = halves(d)
        return pd.concat([x.assign(sensor="acc"), yz.assign(sensor="gyro")]).sort_values("time", kind="stable")

    data = datasets.load(invented.write(change), window=2.0)
    assert data.channel_names == ("acc x", "gyro y", "gyro z")
    invented.same(data)


def test_a_row_for_every_value_becomes_a_column_for_every_axis(invented):
    def change(d):
        return d.melt(["time", "label", "subject"], var_name="axis").sort_values("time", kind="stable")

    invented.same(datasets.load(invented.write(change), window=2.0))


@pytest.mark.parametrize("names", [("time acc (s)", "time gyr (s)"), ("X [s]", "Y [s]")])
def test_each_sensor_may_have_a_clock_of_its_own_beside_it(invented, names):
    def change(d):
        x, yz = (part.rename(columns={"time": name}) for part, name in zip(halves(d, every=2), names, strict=True))
        told = ["label", "subject"]
        return pd.concat([x.drop(columns=told), yz.drop(columns=told).reset_index(drop=True), d[told]], axis=1)

    data = datasets.load(invented.write(change), window=2.0)
    assert (data.hz, data.channel_names) == (20.0, ("x", "y", "z"))
    assert "a clock for each of 2 sensors" in data.describe()
    y = invented.signal("ida", "hop")[:80:2, 1]
    assert np.abs(data.X[:, 1] - y).max(axis=1).min() < 0.01


def test_what_a_serial_monitor_keeps_is_a_table(invented):
    for person, thing, signal in invented.each():
        lines = [f"10:00:{k / 40:09.6f} -> ax:{x:.6f} ay:{y:.6f} az:{z:.6f}" for k, (x, y, z) in enumerate(signal)]
        (invented.root / f"{thing}ping_{person}.txt").write_text("\n".join(lines) + "\nbroken li\n")
    data = datasets.load(invented.root, window=2.0)
    assert data.channel_names == ("ax", "ay", "az")
    names = tuple(name.removesuffix("ping") for name in data.class_names)
    invented.same(datasets.Dataset(data.name, data.X, data.y, names, data.channel_names, data.hz, data.subject))
