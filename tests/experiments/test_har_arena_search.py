"""The search in the contest: choices that see no tested person, a result that is whole limit by limit."""

import numpy as np
import pytest

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.har import arena_protocol as protocol
from luciole.experiments.har import arena_search
from luciole.sensors import readout

HZ, CLASSES = 10.0, ("still", "slow", "fast")


@pytest.fixture
def dataset():
    rng = np.random.default_rng(0)
    recordings = (
        (rng.normal(size=(100, 2)) * (1 + activity) * (1 + person % 3 / 10), person, activity)
        for person in range(11)
        for activity in range(len(CLASSES))
    )
    return protocol.windows("invented", recordings, CLASSES, ("x", "y"), HZ)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(readout, "EPOCHS", 2)
    monkeypatch.setattr(arena_search, "TRIED", 3)
    monkeypatch.setattr(arena_search, "POPULATION", 2)


def test_what_is_chosen_sees_nobody_of_the_tested_group(dataset, small):
    def contestant(lesson):
        space = readout.Space(dataset.channels, dataset.length, lesson.classes, 5_000)
        rows, worth = arena_search.searched(space, arena_search.Judge(lesson), group=2)["evolution"]
        read = readout.train(rows[worth.argmax()], readout.described(lesson.X), lesson.y, lesson.classes, 0)
        return lambda X: read(readout.described(X)).argmax(axis=1)

    assert protocol.blind(contestant, dataset, group=2)


def test_worth_is_the_mean_over_people_held_out(dataset):
    lesson, _, _ = protocol.fold(dataset, 0)
    row = np.array([1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
    shares = []
    for part, X, y in protocol.inner(lesson):
        kept = readout.described(part.X[~part.stopping]), part.y[~part.stopping]
        read = readout.train(row, *kept, lesson.classes, 0)(readout.described(X)).argmax(axis=1)
        shares.append(100 * protocol.macro_f1(protocol.confusion(y, read, lesson.classes)))
    assert arena_search.Judge(lesson)(row[None]) == pytest.approx([np.mean(shares)])
    assert min(shares) > 60


def test_searches_are_of_equal_size_and_the_random_one_does_not_look(dataset, small):
    space = readout.Space(2, 30, 3, 5_000)
    judge = iter(range(100))
    told = arena_search.searched(space, lambda rows: np.array([next(judge) for _ in rows], dtype=float), group=1)
    other = arena_search.searched(space, lambda rows: -rows.sum(axis=1).astype(float), group=1)
    assert {name: len(rows) for name, (rows, _) in told.items()} == {"evolution": 3, "random": 3}
    np.testing.assert_array_equal(told["random"][0], other["random"][0])


def test_the_result_holds_what_is_whole_and_is_derived_again(dataset, small, tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(protocol, "SETS", {"hapt": None})
    monkeypatch.setattr(protocol, "load", lambda name: dataset)
    monkeypatch.setattr(arena_search, "LIMITS", (5_000,))
    tasks = arena_search.tasks()
    monkeypatch.setattr(arena_search, "tasks", lambda: tasks)
    assert tasks[:10] == [("hapt", 0, group) for group in range(10)]
    arena_search.run()
    kept = results.read("har/arena_search")
    shown = arena_search.table(kept.arrays).set_index("model")
    assert [*shown.index] == [*arena_search.FIXED, "found, 5,000", "best random by worth, 5,000", "mean random, 5,000"]
    drawn = kept.arrays["hapt/5000/random_counts"]
    each = [np.mean([protocol.macro_f1(one) for one in group]) for group in drawn]
    assert shown.loc["mean random, 5,000", "macro_f1"] == pytest.approx(100 * np.mean(each))
    assert 0 <= shown.loc["found, 5,000", "above"] <= 100
    sample = arena_search.rederive("har/arena_search", kept, np.random.default_rng(0), None)
    assert "came out the same" in attestation.sentence(sample, "har/arena_search")
    for name, values in kept.arrays.items():
        values += 40 * (name.endswith("counts"))
    with pytest.raises(LucioleError, match="hapt, .*, group .* is"):
        attestation.sentence(
            arena_search.rederive("har/arena_search", kept, np.random.default_rng(0), 1), "har/arena_search"
        )
