"""A public set that is known by its hash: read by the names of its files, refused where a byte differs."""

import numpy as np
import pytest

from luciole import datasets
from luciole.datasets import gait_gestures
from luciole.errors import LucioleError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A clone with two people, three ways of walking, and its hash in the loader."""
    made = tmp_path / gait_gestures.CLONE / gait_gestures.FOLDER
    made.mkdir(parents=True)
    t = np.arange(300) / 50
    for person in ("ls", "wy"):
        for way in (1, 2, 3):
            wave = np.sin(way * t[:, None] + np.arange(3)) + 0.1 * len(person)
            table = np.column_stack([t, wave]).round(4)
            np.savetxt(
                made / f"{person}_m{way}na_1.txt", table, fmt="%.4f", delimiter=",", header="time,x,y,z", comments=""
            )
    monkeypatch.setenv("LUCIOLE_DATA", str(tmp_path))
    monkeypatch.setattr(gait_gestures, "SHA256", gait_gestures.digest(made))
    return made


def test_names_of_files_say_who_walked_and_how(folder):
    data = datasets.load("gait_gestures")
    assert data.class_names == ("1", "2", "3")
    assert data.people == ("ls", "wy")
    assert (data.hz, data.length, len(data)) == (50.0, 128, 6 * 3)
    assert datasets.load("gait_gestures", seconds=1.28, overlap=0.0).X.shape == (6 * 4, 3, 64)


@pytest.mark.parametrize("change", ["value", "name", "more"])
def test_other_files_are_refused(folder, change):
    first = sorted(folder.iterdir())[0]
    if change == "value":
        first.write_text(first.read_text().replace("0.0000", "0.0001", 1))
    elif change == "name":
        first.rename(folder / "zz_m1na_1.txt")
    else:
        (folder / "notes.txt").write_text("")
    with pytest.raises(LucioleError, match=r"expected the files of .* at c1354a7b48f4, got others"):
        datasets.load("gait_gestures")
