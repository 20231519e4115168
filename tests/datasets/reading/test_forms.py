"""Forms that are no plain CSV: JSON, Parquet, arrays, series, public sets as published, and recorders' own layouts."""

import json

import numpy as np
import pandas as pd
import pytest

from luciole import datasets
from luciole.datasets.dataset import TEST, TRAIN
from luciole.errors import LucioleError


@pytest.mark.parametrize("orient", ["records", "list", "lines"])
def test_json_of_records_or_columns(invented, orient):
    for person, thing, _ in invented.each():
        path = invented.root / f"{person}-{thing}.json"
        table = invented.frame(person, thing)
        if orient == "lines":
            table.to_json(path, orient="records", lines=True)
        else:
            path.write_text(json.dumps(table.to_dict(orient)))
    invented.same(datasets.load(invented.root, window=2.0))


def test_json_whose_head_says_the_rate_the_label_and_the_person(invented):
    for k, (person, thing, signal) in enumerate(invented.each()):
        held = {
            "subject": person,
            "label": thing,
            "hz": 40,
            "samples": [dict(zip("xyz", row, strict=True)) for row in signal.tolist()],
        }
        (invented.root / f"{k}.json").write_text(json.dumps(held))
    invented.same(datasets.load(invented.root, window=2.0))


def test_edge_impulse_reads_its_interval_and_its_list_of_labels(invented):
    files = []
    for k, (_, thing, signal) in enumerate(invented.each()):
        payload = {"interval_ms": 25, "sensors": [{"name": f"acc{a}"} for a in "XYZ"], "values": signal.tolist()}
        (invented.root / f"{k}.json").write_text(json.dumps({"payload": payload}))
        files.append({"path": f"{k}.json", "label": {"type": "label", "label": thing}})
    (invented.root / "info.labels").write_text(json.dumps({"version": 1, "files": files}))
    invented.same(datasets.load(invented.root, window=2.0), people=False)


def test_movesense_packets_in_json_are_spread(invented):
    for person, thing, signal in invented.each():
        rows = [dict(zip("xyz", row, strict=True)) for row in signal.tolist()]
        packets = [
            {"acc": {"Timestamp": 1000 * k / 40, "ArrayAcc": rows[k : k + 8]}}
            for k in range(0, len(signal), 8)
        ]  # fmt: skip
        path = invented.root / person / f"{thing}ping.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"data": packets}))
    data = datasets.load(invented.root, window=2.0, label="name", person="folder")
    names = tuple(name.removesuffix("ping") for name in data.class_names)
    invented.same(datasets.Dataset("m", data.X, data.y, names, data.channel_names, data.hz, data.subject))


def test_parquet(invented):
    pytest.importorskip("pyarrow")
    for person, thing, _ in invented.each():
        table = invented.frame(person, thing)
        table["time"] = pd.Timestamp("2024-05-01") + pd.to_timedelta(table["time"], unit="s")
        table.to_parquet(invented.root / f"{person}-{thing}.parquet")
    invented.same(datasets.load(invented.root, window=2.0))


def test_the_common_format_of_whar_datasets(invented):
    pytest.importorskip("pyarrow")
    (invented.root / "metadata").mkdir()
    (invented.root / "sessions").mkdir()
    sessions, samples = [], []
    for k, (person, thing, signal) in enumerate(invented.each()):
        table = pd.DataFrame(signal, columns=["x", "y", "z"])
        table.insert(0, "timestamp", pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(len(table)) / 40, unit="s"))
        samples.append(table.assign(session_id=k))
        sessions.append((k, ("lea", "max", "ida").index(person), ("stand", "hop").index(thing)))
    pd.concat(samples).to_parquet(invented.root / "sessions" / "sessions.parquet", index=False)
    pd.DataFrame({"activity_id": [0, 1], "activity_name": ["stand", "hop"]}).to_csv(
        invented.root / "metadata" / "activity_df.csv", index=False
    )
    table = pd.DataFrame(sessions, columns=["session_id", "subject_id", "activity_id"])
    table.to_csv(invented.root / "metadata" / "session_df.csv", index=False)
    invented.same(datasets.load(invented.root, window=2.0))
    table[:5].to_csv(invented.root / "metadata" / "session_df.csv", index=False)
    with pytest.raises(LucioleError, match="session 5"):
        datasets.load(invented.root)


def test_series_of_aeon_with_their_parts(tmp_path):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(10, 2, 20)).round(4)
    for name, rows in (("TRAIN", X[:6]), ("TEST", X[6:])):
        lines = [
            ":".join(",".join(map(str, one)) for one in row) + f":{'Run' if k % 2 else 'sit'}"
            for k, row in enumerate(rows)
        ]
        head = "# made up\n@problemName Toy\n@timeStamps false\n@univariate false\n@classLabel true sit Run\n@data\n"
        (tmp_path / f"Toy_{name}.ts").write_text(head + "\n".join(lines))
    data = datasets.load(tmp_path)
    np.testing.assert_allclose(data.X, X, atol=1e-6)
    assert data.official is not None
    assert data.official.tolist() == [TRAIN] * 6 + [TEST] * 4
    assert data.class_names == ("Run", "sit")
    assert data.hz is None
    assert datasets.load(tmp_path / "Toy_TEST.ts", hz=10).hz == 10


def test_inertial_signals_as_published(tmp_path):
    rng = np.random.default_rng(2)
    for part, n in (("train", 5), ("test", 3)):
        (tmp_path / "UCI HAR Dataset" / part / "Inertial Signals").mkdir(parents=True)
        where = tmp_path / "UCI HAR Dataset" / part
        for name in ("body_acc_x", "body_gyro_x"):
            np.savetxt(where / "Inertial Signals" / f"{name}_{part}.txt", rng.normal(size=(n, 128)))
        np.savetxt(where / f"y_{part}.txt", np.arange(n) % 2 + 1, fmt="%d")
        np.savetxt(where / f"subject_{part}.txt", np.arange(n) + 20, fmt="%d")
    (tmp_path / "UCI HAR Dataset" / "activity_labels.txt").write_text("1 WALKING\n2 SITTING\n")
    data = datasets.load(tmp_path)
    assert (len(data), data.channels, data.length, data.hz) == (8, 2, 128, 50.0)
    assert data.channel_names == ("body_acc_x", "body_gyro_x")
    assert data.class_names == ("SITTING", "WALKING")
    assert data.official is not None
    assert data.official.sum() == 3 * TEST


@pytest.mark.parametrize("ending", [";", ""])
def test_raw_text_of_wisdm(invented, ending):
    lines, clock = [], 252_207_666_810_782
    for person, thing, signal in invented.each():
        clock -= 10**12
        for k, row in enumerate(signal.round(6).tolist()):
            lines.append(
                f"16{('lea', 'max', 'ida').index(person):02},{thing},{clock + k * 25_000_000},"
                + ",".join(map(str, row))
                + ending
            )
    (invented.root / "data_accel.txt").write_text("\n".join(lines))
    invented.same(datasets.load(invented.root, window=2.0))


def test_rows_of_empatica_that_are_no_samples(invented):
    for person, thing, signal in invented.each():
        head = "1700000000.0, 1700000000.0, 1700000000.0\n40.0, 40.0, 40.0\n"
        (invented.root / f"{thing}ing_{person}.csv").write_text(
            head + "\n".join(",".join(map(str, row)) for row in signal.round(5).tolist())
        )
    data = datasets.load(invented.root, window=2.0, person="name 2", label="name 1")
    names = tuple(name.removesuffix("ing") for name in data.class_names)
    invented.same(datasets.Dataset("e", data.X, data.y, names, data.channel_names, data.hz, data.subject))
    assert "no samples: the start, and 40 Hz" in data.describe()


def test_actigraph_states_its_rate(invented):
    head = "-- Data File Created By ActiGraph GT3X+ date format M/d/yyyy at 40 Hz --\nSerial Number: 1\n"
    invented.write(lambda d: d.drop(columns="time"))
    for path in invented.root.glob("*.csv"):
        path.write_text(head + path.read_text())
    invented.same(datasets.load(invented.root, window=2.0))


def test_mhealth_daphnet_and_pamap2_get_their_names(tmp_path):
    rng = np.random.default_rng(3)
    label = np.repeat([0, 1, 2], 300)
    for name, table in {
        "mHealth_subject1.log": np.c_[rng.normal(size=(900, 23)), label],
        "S01R01.txt": np.c_[np.arange(900) * 15, rng.integers(-999, 999, (900, 9)), label],
        "subject101.dat": np.c_[np.arange(900) / 100 + 8.38, label, rng.normal(size=(900, 52))],
    }.items():
        (tmp_path / name).mkdir()
        np.savetxt(tmp_path / name / name, table, fmt="%.6g", delimiter="\t" if "log" in name else " ")
        data = datasets.load(tmp_path / name)
        assert data.class_names == ("1", "2"), name
        assert not any("column" in channel for channel in data.channel_names)
    assert data.channels == 39


def test_opportunity_asks_which_of_its_tracks_is_the_label(tmp_path):
    rng = np.random.default_rng(4)
    table = np.c_[
        np.arange(400) * 33, rng.integers(-99, 99, (400, 242)), np.repeat([[0], [1], [2], [4]], 100, 0).repeat(7, 1)
    ]
    np.savetxt(tmp_path / "S1-ADL1.dat", table, fmt="%d")
    with pytest.raises(LucioleError, match="label='Locomotion'"):
        datasets.load(tmp_path)
    data = datasets.load(tmp_path, label="Locomotion")
    assert (data.channels, data.class_names) == (242, ("1", "2", "4"))


def smooth(n=30, channels=3, length=64):
    rng = np.random.default_rng(5)
    t = np.arange(length)
    return np.sin(0.2 * t + rng.uniform(0, 6, (n, channels, 1)))


def save(path, **more):
    X = more.pop("X", smooth())
    np.savez(path, **{"X": X, "y": np.arange(len(X)) % 3, "subject": np.arange(len(X)) % 5, "hz": 25.0, **more})
    return path


def test_windows_with_time_first_are_recognised_and_said(tmp_path):
    data = datasets.load(save(tmp_path / "a.npz", X=smooth().transpose(0, 2, 1)))
    np.testing.assert_allclose(data.X, smooth(), atol=1e-6)
    assert "(windows, time, channels)" in data.describe()


def test_windows_whose_axes_cannot_be_told_are_asked_about_and_the_answer_holds(tmp_path):
    X = np.random.default_rng(6).normal(size=(30, 64, 3))
    save(tmp_path / "a.npz", X=X)
    with pytest.raises(LucioleError, match="channels=3 if so, channels=64 if not"):
        datasets.load(tmp_path / "a.npz")
    assert datasets.load(tmp_path / "a.npz", channels=3).X.shape == (30, 3, 64)
    assert datasets.load(tmp_path / "a.npz", channels=64).X.shape == (30, 64, 3)
    save(tmp_path / "b.npz", X=X, channel_names=["x", "y", "z"])
    assert datasets.load(tmp_path / "b.npz").X.shape == (30, 3, 64)


def test_many_smooth_channels_are_no_time(tmp_path):
    assert datasets.load(save(tmp_path / "a.npz", X=smooth(channels=60, length=40))).X.shape == (30, 60, 40)


def test_classes_as_broken_numbers_or_texts_of_numbers_are_in_the_order_of_numbers(tmp_path):
    for y in ((np.arange(30) % 12).astype(float), (np.arange(30) % 12).astype(str)):
        assert datasets.load(save(tmp_path / "a.npz", y=y)).class_names == tuple(map(str, range(12)))
    with pytest.raises(LucioleError, match="whole numbers or texts"):
        datasets.load(save(tmp_path / "a.npz", y=np.arange(30) % 3 + 0.5))


def test_parts_in_an_npz_are_the_official_split_and_nobody_is_said(tmp_path):
    X, y = smooth(), np.arange(30) % 3
    np.savez(tmp_path / "a.npz", X_train=X[:20], y_train=y[:20], X_test=X[20:], y_test=y[20:], hz=25.0)
    data = datasets.load(tmp_path / "a.npz")
    assert data.official is not None
    assert data.official.tolist() == [TRAIN] * 20 + [TEST] * 10
    assert "nobody is named" in data.describe()


def test_no_rate_is_made_up_and_one_is_taken(tmp_path):
    X, y = smooth(), np.arange(30) % 3
    np.savez(tmp_path / "a.npz", X=X, y=y)
    data = datasets.load(tmp_path / "a.npz")
    assert data.hz is None
    assert "give it as hz=50" in data.describe()
    assert datasets.load(tmp_path / "a.npz", hz=50).hz == 50
    with pytest.raises(LucioleError, match="25 Hz that the file states"):
        datasets.load(save(tmp_path / "b.npz"), hz=50)


def test_one_class_is_one_line(tmp_path):
    with pytest.raises(LucioleError, match="two classes or more, got only 0"):
        datasets.load(save(tmp_path / "a.npz", y=np.zeros(30, int)))
