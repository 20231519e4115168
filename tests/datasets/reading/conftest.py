"""Small invented recordings for the tests of the reading room."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from luciole import datasets

PEOPLE, THINGS = ("lea", "max", "ida"), ("stand", "hop")


class Invented:
    """Three people, two activities, one smooth signal each, and the windows that a plain reading cuts of them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def signal(self, person: str, thing: str, hz: float = 40.0, seconds: float = 10.0, channels: int = 3) -> np.ndarray:
        """(time, channels): another for each person and thing, the same at every rate."""
        rng = np.random.default_rng([len(person), *map(ord, person + thing)])
        t = np.arange(round(seconds * hz)) / hz
        phases, tilt = rng.uniform(0, 6, channels), rng.uniform(-0.1, 0.1, channels)
        return np.sin(2 * np.pi * 1.1 * t[:, None] + phases) + tilt * t[:, None] + 0.3 * np.arange(channels)

    def each(self, **how: float) -> Iterator[tuple[str, str, np.ndarray]]:
        """Person, thing and signal of all six recordings."""
        for person in PEOPLE:
            for thing in THINGS:
                yield person, thing, self.signal(person, thing, **how)  # type: ignore[arg-type]

    def frame(self, person: str, thing: str, hz: float = 40.0, **how: float) -> pd.DataFrame:
        """A table as the manual has it."""
        signal = self.signal(person, thing, hz, **how)  # type: ignore[arg-type]
        table = pd.DataFrame(signal.round(6), columns=["x", "y", "z"][: signal.shape[1]])
        table.insert(0, "time", np.arange(len(signal)) / hz)
        return table.assign(label=thing, subject=person)

    def write(
        self, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda d: d, name: str = "{p}-{t}.csv", **csv: object
    ) -> Path:
        """Six files with their tables changed, to the root."""
        for person in PEOPLE:
            for thing in THINGS:
                path = self.root / name.format(p=person, t=thing)
                path.parent.mkdir(parents=True, exist_ok=True)
                change(self.frame(person, thing)).to_csv(path, **{"index": False, **csv})  # type: ignore[call-overload]
        return self.root

    def same(self, data: datasets.Dataset, hz: float = 40.0, window: float = 2.0, people: bool = True) -> None:
        """Assert that a data set holds what a plain reading gives: windows, labels, people, rate, no channel more."""
        assert data.hz == hz
        size = round(window * hz)
        expected = []
        for person, thing, signal in self.each(hz=hz):
            starts = range(0, len(signal) - size + 1, size // 2)
            expected += [(signal[start : start + size].T, thing, person) for start in starts]
        assert data.X.shape == (len(expected), 3, size), data.describe()
        met = set()
        names: dict[int, set[str]] = {}
        for k, (signal, thing, person) in enumerate(expected):
            apart = np.abs(data.X - signal[None]).max(axis=(1, 2))
            at = int(apart.argmin())
            assert apart[at] < 0.02, (k, apart[at])
            assert data.class_names[data.y[at]] == thing
            met.add(at)
            if people:
                assert data.subject is not None
                names.setdefault(int(data.subject[at]), set()).add(person)
        assert len(met) == len(expected)
        assert not people or (len(names) == 3 and all(len(found) == 1 for found in names.values()))


@pytest.fixture
def invented(tmp_path: Path) -> Invented:
    """A folder, and what is written into it."""
    return Invented(tmp_path)
