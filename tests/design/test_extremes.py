"""Recordings at the edge of what people have: a class seen once, and a million samples."""

import numpy as np
import pandas as pd
import pytest

from luciole import datasets
from luciole.datasets.dataset import Dataset
from luciole.design import Settings, design
from luciole.design.parts import part

HZ = 100.0


def _once() -> Dataset:
    """Three people, two things done by all, and one that was done once."""
    rng = np.random.default_rng(0)
    y = np.append(np.arange(72) % 2, 2)
    X = np.sin((0.2 + 0.25 * y)[:, None, None] * np.arange(32) + rng.uniform(0, 6, size=(73, 2, 1)))
    names, who = ("sit", "walk", "fall"), np.append(np.arange(72) // 24, 2)
    return Dataset("once", X.astype(np.float32), y, names, ("ax", "ay"), hz=25.0, subject=who)


def test_a_class_of_a_single_window_is_parted_and_said():
    parts = part(_once())
    for bench in parts.benches:
        sides = [set(bench.train), set(bench.validation), set(bench.test)]
        assert sum(72 in side for side in sides) <= 1
    assert any("'fall'" in line or "fall" in line for line in parts.said)


@pytest.mark.check  # several seconds
def test_a_class_of_a_single_window_ends_no_design(tmp_path):
    once = _once()
    np.savez(tmp_path / "once.npz", X=once.X, y=np.array(once.class_names)[once.y], subject=once.subject, hz=25.0)
    quick = {"minutes": 0.02, "scored": 4, "steps": 6}
    outcome = design(Settings(str(tmp_path / "once.npz"), str(tmp_path / "out"), macs=3000, **quick), lambda line: None)
    assert outcome.dataset.class_names == ("fall", "sit", "walk")
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.check  # a quarter of a minute
def test_a_million_samples_are_read(tmp_path):
    t = np.arange(250_000) / HZ
    for person in ("ana", "ben"):
        for pace, thing in ((1.1, "walk"), (2.3, "run")):
            table = {"time": t, "ax": np.sin(pace * 6.28 * t), "ay": np.cos(pace * 6.28 * t)}
            told = pd.DataFrame(table).assign(label=thing, subject=person)
            told.to_csv(tmp_path / f"{person}-{thing}.csv", index=False, float_format="%.4f")
    data = datasets.load(tmp_path)
    assert (data.hz, data.channels, data.class_names) == (HZ, 2, ("run", "walk"))
    assert len(data) == 4 * ((250_000 - 256) // 128 + 1)
    assert np.bincount(data.y).tolist() == [len(data) // 2] * 2
