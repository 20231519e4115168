"""Your own data: what is right is read as it is; what is wrong is named by file, row and column."""

import numpy as np
import pytest

from luciole import datasets
from luciole.datasets import splits
from luciole.errors import LucioleError


def csv(path, rows, header="time,ax,ay,label,subject"):
    path.write_text("\n".join([header, *rows]) + "\n")


def walk(path, who="anna", hz=50, seconds=6, label="walk", start=0.0, value=None):
    rows = []
    for k in range(int(seconds * hz)):
        t = k / hz
        signal = np.sin(t) if value is None else value
        rows.append(f"{start + t:.4f},{signal:.6f},{-signal:.6f},{label},{who}")
    csv(path, rows)
    return rows


def test_npz_comes_back_as_it_was(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 4, 30)), np.repeat(["sit", "run"], 10)
    subject = np.arange(20) % 5
    np.savez(tmp_path / "mine.npz", X=X, y=y, subject=subject, hz=25.0, channel_names=["a", "b", "c", "d"])
    data = datasets.load(tmp_path / "mine.npz")
    np.testing.assert_array_equal(data.X, X.astype(np.float32))
    assert [data.class_names[k] for k in data.y] == y.tolist()
    assert (data.hz, data.channel_names) == (25.0, ("a", "b", "c", "d"))
    np.testing.assert_array_equal(data.subject, subject)
    assert splits.by_subject(data).test.size


def test_an_npz_with_a_recording_of_two_people_is_refused_by_their_names(tmp_path):
    X, y = np.random.default_rng(0).normal(size=(6, 2, 4)), np.arange(6) % 2
    shared = {"X": X, "y": y, "subject": np.array(["lea", "lea", "tom", "tom", "ida", "ida"])}
    np.savez(tmp_path / "m.npz", **shared, recording=["a", "b", "c", "d", "e", "b"])
    with pytest.raises(LucioleError, match=r"m\.npz: .* one subject each, got lea and ida in recording b;"):
        datasets.load(tmp_path / "m.npz")
    np.savez(tmp_path / "m.npz", **shared)
    assert len(datasets.load(tmp_path / "m.npz")) == 6


def test_npz_windows_that_are_not_finite_are_dropped_and_counted(tmp_path):
    X = np.zeros((6, 2, 4))
    X[2, 1, 3] = np.nan
    X[4, 0, :2] = np.inf
    np.savez(tmp_path / "m.npz", X=X, y=np.arange(6) % 2, recording=np.arange(6))
    data = datasets.load(tmp_path / "m.npz")
    assert (len(data), data.missing) == (4, 3)
    np.testing.assert_array_equal(data.recording, [0, 1, 3, 5])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": np.zeros((4, 2, 3))}, "expected an array 'y'"),
        ({"X": np.zeros((4, 2)), "y": np.zeros(4, int)}, r"shape \(n, channels, time\)"),
        ({"X": np.zeros((4, 2, 3)), "y": np.zeros(5, int)}, r"y of shape \(4,\)"),
        ({"X": np.zeros((4, 2, 3)), "y": np.zeros(4)}, "whole numbers or texts"),
        ({"X": np.zeros((4, 2, 3)), "y": np.zeros(4, int), "hz": -1.0}, "hz"),
        ({"X": np.zeros((4, 2, 3)), "y": np.zeros(4, int), "subject": np.zeros(3, int)}, "subject"),
        ({"X": np.zeros((4, 2, 3)), "y": np.zeros(4, int), "channel_names": ["a"]}, "channel names"),
        ({"X": np.full((4, 2, 3), np.nan), "y": np.zeros(4, int)}, "finite"),
    ],
)
def test_a_bad_npz_is_named_with_its_array(tmp_path, arrays, message):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(LucioleError, match=message) as caught:
        datasets.load(tmp_path / "bad.npz")
    assert "bad" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_npz_is_one_line(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 not a zip at all")
    with pytest.raises(LucioleError, match=r"bad\.npz"):
        datasets.load(tmp_path / "bad.npz")


def test_an_npz_of_objects_is_refused(tmp_path):
    np.savez(tmp_path / "o.npz", X=np.array([{"a": 1}], dtype=object), y=np.zeros(1, int))
    with pytest.raises(LucioleError, match="Python objects"):
        datasets.load(tmp_path / "o.npz")


def test_csv_folder_becomes_windows(tmp_path):
    for number, who in enumerate(("anna", "ben", "cleo")):
        walk(tmp_path / f"r{number}.csv", who, label="walk" if number % 2 else "sit")
    data = datasets.load(tmp_path, seconds=2.0, overlap=0.5)
    assert (data.hz, data.length, data.channels) == (50.0, 100, 2)
    assert len(data) == 3 * 5  # 6 s in windows of 2 s, one a second
    assert data.channel_names == ("ax", "ay")
    assert [len(set(data.recording[data.subject == who])) for who in range(3)] == [1, 1, 1]
    np.testing.assert_allclose(data.X[0, 0], np.sin(np.arange(100) / 50), atol=1e-4)
    assert {data.class_names[k] for k in data.y[data.subject == 1]} == {"walk"}


def test_csv_is_resampled_and_keeps_its_seconds(tmp_path):
    for number in range(3):
        walk(tmp_path / f"r{number}.csv", f"p{number}")
    data = datasets.load(tmp_path, seconds=2.0, resample_to=20.0)
    assert (data.hz, data.length) == (20.0, 40)
    np.testing.assert_allclose(data.X[0, 0, 5:-5], np.sin(np.arange(40) / 20)[5:-5], atol=0.02)


def test_csv_at_irregular_times_lands_on_the_grid(tmp_path):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.01, 0.03, 400))
    csv(tmp_path / "a.csv", [f"{t:.5f},{3 * t:.5f},{1 - t:.5f},walk,anna" for t in times])
    data = datasets.load(tmp_path, hz=50, seconds=1.0)
    step = np.diff(data.X[:, 0], axis=1)
    np.testing.assert_allclose(step, 3 / 50, atol=1e-3)


def test_short_gaps_are_filled_and_long_ones_drop_their_windows(tmp_path):
    rows = walk(tmp_path / "a.csv", seconds=8)
    rows[100] = "2.0000,,0.1,walk,anna"
    for k in range(250, 300):  # a second of nothing
        rows[k] = f"{k / 50:.4f},,,walk,anna"
    csv(tmp_path / "a.csv", rows)
    data = datasets.load(tmp_path, seconds=1.0, overlap=0.0)
    assert data.missing == 1 + 100
    assert len(data) == 7
    assert np.isfinite(data.X).all()


def test_a_silence_in_time_is_not_bridged(tmp_path):
    first = walk(tmp_path / "a.csv", seconds=3, value=0.0)
    later = walk(tmp_path / "a.csv", seconds=3, start=10.0, value=1.0)
    csv(tmp_path / "a.csv", first + later)
    data = datasets.load(tmp_path, seconds=1.0, overlap=0.0)
    assert set(np.round(data.X[:, 0].ravel(), 6)) <= {0.0, 1.0}  # nothing between was invented


def test_windows_never_span_two_people(tmp_path):
    rows = walk(tmp_path / "a.csv", "anna", seconds=3, value=0.0)
    rows += walk(tmp_path / "a.csv", "ben", seconds=3, start=3.0, value=1.0)
    csv(tmp_path / "a.csv", rows)
    data = datasets.load(tmp_path, seconds=2.0, overlap=0.75)
    assert set(data.X[data.subject == 0][:, 0].ravel()) == {0.0}
    assert set(data.X[data.subject == 1][:, 0].ravel()) == {1.0}


def test_without_time_the_rate_must_be_given(tmp_path):
    csv(tmp_path / "a.csv", ["0.5,walk"] * 300, header="ax,label")
    with pytest.raises(LucioleError, match="hz=50"):
        datasets.load(tmp_path)
    data = datasets.load(tmp_path, hz=50, seconds=2.0, overlap=0.0)
    assert (len(data), data.subject) == (3, None)


@pytest.mark.parametrize(
    ("row", "line", "message"),
    [
        (3, "0.06,abc,1,walk,anna", r"a\.csv, row 5, column 'ax': expected a number, got 'abc'"),
        (3, "0.06,1,2,walk,", r"a\.csv, row 5, column 'subject'"),
        (3, "0.01,1,2,walk,anna", r"a\.csv, row 5, column 'time'"),
    ],
)
def test_a_bad_cell_is_named(tmp_path, row, line, message):
    rows = walk(tmp_path / "a.csv")
    rows[row] = line
    csv(tmp_path / "a.csv", rows)
    with pytest.raises(LucioleError, match=message):
        datasets.load(tmp_path)


def test_a_missing_label_column_other_channels_and_an_empty_folder_are_named(tmp_path):
    with pytest.raises(LucioleError, match="expected CSV files"):
        datasets.load(tmp_path)
    walk(tmp_path / "a.csv")
    csv(tmp_path / "b.csv", ["0,1,walk,ben", "0.02,1,walk,ben"], header="time,ax,label,subject")
    with pytest.raises(LucioleError, match=r"b\.csv, row 1: expected the columns ax, ay, got ax"):
        datasets.load(tmp_path)
    csv(tmp_path / "b.csv", ["0,1,1,ben"], header="time,ax,ay,subject")
    with pytest.raises(LucioleError, match=r"b\.csv, row 1: expected a column 'label'"):
        datasets.load(tmp_path)
    (tmp_path / "b.csv").write_text("")
    with pytest.raises(LucioleError, match=r"b\.csv"):
        datasets.load(tmp_path)
