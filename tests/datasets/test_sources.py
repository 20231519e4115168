"""What each loader reads: against the originals' known counts where they are here, against made files elsewhere."""

import gzip
import io
import struct
import sys
import zipfile

import numpy as np
import pytest

from luciole import datasets
from luciole.datasets import TEST, images, skeletons, splits, uci_har
from luciole.errors import LucioleError


def test_seglearn_is_read_as_the_package_itself_reads_it():
    from seglearn.datasets import load_watch

    theirs, data = load_watch(), datasets.load("seglearn", seconds=2.0, overlap=0.0)
    first = theirs["X"][0]
    np.testing.assert_allclose(data.X[0], first[:100].T, rtol=1e-6)
    assert sum(len(one) // 100 for one in theirs["X"]) == len(data)
    assert data.class_names == tuple(theirs["y_labels"])
    for recording in (0, 70, 139):
        rows = data.recording == recording
        assert set(data.y[rows]) == {theirs["y"][recording]}
        assert set(data.subject[rows]) == {theirs["subject"][recording]}


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "seglearn.datasets", None)
    with pytest.raises(LucioleError, match=r"package seglearn.datasets, got none.*luciole\[sensors\]"):
        datasets.load("seglearn")


def test_without_data_the_loaders_say_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_OFFLINE", "1")
    for name in ("wisdm", "hapt", "utkinect", "mnist", "cifar10", "uci_har", "gait_gestures"):
        with pytest.raises(LucioleError, match="LUCIOLE_DATA") as caught:
            datasets.load(name)
        assert "\n" not in str(caught.value)


def write_archive(path, *, wrong_subject=False, drop=0):
    """The official archive's layout, with its class counts, in small numbers: every window holds its row number."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for half, counts in uci_har.COUNTS.items():
            people = uci_har.TEST_SUBJECTS if half == "test" else sorted(set(range(1, 31)) - set(uci_har.TEST_SUBJECTS))
            total = sum(counts) - drop
            labels = np.repeat(np.arange(1, 7), counts)[:total]
            subject = np.resize(people, total)
            if wrong_subject and half == "test":
                subject[0] = 1
            archive.writestr(f"UCI HAR Dataset/{half}/y_{half}.txt", "\n".join(map(str, labels)))
            archive.writestr(f"UCI HAR Dataset/{half}/subject_{half}.txt", "\n".join(map(str, subject)))
            lines = "\n".join(" ".join([str(row)] * 128) for row in range(total))
            for channel in uci_har.CHANNELS:
                archive.writestr(f"UCI HAR Dataset/{half}/Inertial Signals/{channel}_{half}.txt", lines)
    with zipfile.ZipFile(path, "w") as outer:
        outer.writestr("UCI HAR Dataset.zip", buffer.getvalue())


def test_the_official_archive_is_read_and_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(uci_har, "COUNTS", {"train": (6, 5, 4, 4, 4, 4), "test": (3, 2, 2, 1, 1, 1)})
    write_archive(tmp_path / "u.zip")
    data = uci_har.read_archive(tmp_path / "u.zip")
    assert (len(data), data.channels, data.length) == (37, 9, 128)
    np.testing.assert_array_equal(data.X[:, 0, 0], np.concatenate([np.arange(27), np.arange(10)]))
    assert set(data.subject[splits.by_subject(data).test]) == set(uci_har.TEST_SUBJECTS)
    for wrong, message in (({"wrong_subject": True}, "subjects"), ({"drop": 1}, "windows a class")):
        write_archive(tmp_path / "u.zip", **wrong)
        with pytest.raises(LucioleError, match=message):
            uci_har.read_archive(tmp_path / "u.zip")
    (tmp_path / "u.zip").write_bytes(b"not a zip")
    with pytest.raises(LucioleError, match="delete it"):
        uci_har.read_archive(tmp_path / "u.zip")


def write_oad(folder, number, frames, label, broken=()):
    (folder / str(number) / "skeleton").mkdir(parents=True)
    (folder / str(number) / "label").mkdir()
    for frame in range(frames):
        values = "" if frame in broken else " ".join(f"{joint + 0.01 * frame:.3f}" for joint in range(75))
        (folder / str(number) / "skeleton" / f"{frame}.txt").write_text(values)
    (folder / str(number) / "label" / "label.txt").write_text(label)


def test_oad_folders(tmp_path):
    write_oad(tmp_path, 0, 60, "drinking\n\n0 29\neating\n30 59\n")
    write_oad(tmp_path, 1, 60, "Throwing trash\n10 49\n", broken=[12])
    write_oad(tmp_path, 5, 60, "writing\n0 59\n")  # in neither published list
    data = datasets.load(tmp_path, frames=10, hop=10)
    assert set(data.recording) == {0, 1}
    assert set(data.recording[data.official == TEST]) == {0}
    names = [skeletons.OAD_ACTIONS[k] for k in data.y[data.recording == 0]]
    assert names == ["drinking"] * 3 + ["eating"] * 3
    assert (data.recording == 1).sum() == 3  # four windows of trash less the one with a lost skeleton
    assert data.missing == 75
    np.testing.assert_allclose(data.X[0, 3:6, 0], [3, 3, 3], atol=1e-5)  # joint 1 relative to joint 0


def test_bad_oad_folders_are_named(tmp_path):
    write_oad(tmp_path, 0, 4, "flying\n0 3\n")
    with pytest.raises(LucioleError, match=r"label\.txt, line 1"):
        datasets.load(tmp_path)
    (tmp_path / "0" / "label" / "label.txt").write_text("eating\n0\n")
    with pytest.raises(LucioleError, match="line 2"):
        datasets.load(tmp_path)
    (tmp_path / "0" / "label" / "label.txt").write_text("eating\n0 3\n")
    (tmp_path / "0" / "skeleton" / "2.txt").write_text(" ".join(["1"] * 74 + ["x"]))
    with pytest.raises(LucioleError, match=r"2\.txt"):
        datasets.load(tmp_path)


def test_idx_files(tmp_path):
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / "i.gz"
    path.write_bytes(gzip.compress(struct.pack(">HBB3I", 0, 8, 3, 2, 3, 4) + values.tobytes()))
    np.testing.assert_array_equal(images.read_idx(path), values)
    for content in (b"plain", gzip.compress(b"\0\0\x08"), gzip.compress(struct.pack(">HBBI", 0, 8, 1, 9) + b"123")):
        path.write_bytes(content)
        with pytest.raises(LucioleError, match=r"i\.gz"):
            images.read_idx(path)


def test_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    data = datasets.load("digits")
    np.testing.assert_allclose(data.X[:, 0] * 16, load_digits().images, atol=1e-5)
    assert "images" in data.describe()


def test_uci_har_is_the_published_split(data_folder):
    data = datasets.load("uci_har")
    assert ((data.official == 0).sum(), (data.official == TEST).sum()) == (7352, 2947)
    assert set(data.subject[data.official == TEST]) == set(uci_har.TEST_SUBJECTS)
    for half, counts in uci_har.COUNTS.items():
        part = data.official == (TEST if half == "test" else 0)
        assert tuple(np.bincount(data.y[part])) == counts
    split = splits.by_subject(data)
    assert len(split.test) == 2947
    assert not set(data.subject[split.train]) & set(data.subject[split.validation])
    lying = data.X[data.y == 5][:, :3].mean(axis=(0, 2))
    assert 0.5 < np.linalg.norm(lying) < 1.2  # gravity, in g


def test_hapt_windows_are_its_labels(data_folder):
    from luciole.datasets import hapt

    recordings = list(hapt.recordings())
    assert len(recordings) == 61
    assert sum(len(one.signal) for one in recordings) == 1122772
    data = datasets.load("hapt", overlap=0.0)
    assert (data.classes, data.channels, data.length) == (12, 6, 128)
    one = recordings[7]
    rows = np.flatnonzero(data.recording == one.number)
    at = next(k for k in range(0, len(one.signal), 128) if (one.labels[k : k + 128] >= 0).sum() >= 64)
    np.testing.assert_allclose(data.X[rows[0]], one.signal[at : at + 128].T)
    assert {int(k) for k in np.unique(data.subject[data.official == TEST])} == set(hapt.TEST_SUBJECTS)


def test_wisdm_and_utkinect_counts(data_folder):
    watch = datasets.load("wisdm")
    assert (watch.classes, watch.length, len(np.unique(watch.subject)), len(np.unique(watch.recording))) == (
        18,
        60,
        46,
        824,
    )
    assert np.abs(watch.X).max() < 30  # m/s²
    for recording in (0, 400, 823):
        rows = watch.recording == recording
        assert len(set(watch.y[rows])) == len(set(watch.subject[rows])) == 1
    assert len(np.unique(datasets.load("wisdm", device="phone").subject)) == 22
    videos = list(skeletons.utkinect_videos())
    assert (len(videos), sum(len(video.joints) for video in videos)) == (20, 15860)
    labelled = sum(int((video.labels >= 0).sum()) for video in videos)
    skeleton = datasets.load("utkinect", frames=10, hop=1)
    assert 0 < len(skeleton) <= labelled + 20 * 10
    with pytest.raises(LucioleError, match="watch"):
        datasets.load("wisdm", device="ring")


def test_mnist_and_cifar_are_whole(data_folder):
    mnist, cifar = datasets.load("mnist"), datasets.load("cifar10")
    assert (mnist.official == TEST).sum() == 10000
    assert abs(mnist.X[mnist.official == 0].mean() - 0.1307) < 1e-3
    assert cifar.X.shape == (13017, 3, 32, 32)


def test_the_dataset_refuses_arrays_that_do_not_fit():
    X = np.zeros((4, 2, 3))
    for changes, message in (
        ({"y": np.zeros(3)}, "y of shape"),
        ({"y": np.full(4, 2)}, r"classes 0\.\.1"),
        ({"subject": np.zeros(5)}, "subject"),
        ({"channel_names": ("a",)}, "channel names"),
        ({"X": np.zeros((4, 2))}, "X of shape"),
    ):
        good = {"name": "n", "X": X, "y": np.zeros(4), "class_names": ("a", "b"), "channel_names": ("x", "y")}
        with pytest.raises(LucioleError, match=message):
            datasets.Dataset(**(good | changes))
