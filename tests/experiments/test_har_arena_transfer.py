"""From watch to phone: people nobody learnt from, scales of the right device, a result contestant by contestant."""

import numpy as np
import pytest

from luciole import attestation, results
from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.experiments.har import arena_transfer

CONTESTANTS = arena_transfer.contestants()


def recorded(device, people, scale):
    rng = np.random.default_rng(len(people))
    subject, y = np.repeat(people, 12), np.tile(np.repeat(np.arange(3), 4), len(people))
    X = rng.normal(size=(len(y), 2, 40)) * (1 + 3 * y[:, None, None]) * scale
    return Dataset(f"wisdm-{device}", X, y, ("still", "slow", "fast"), ("x", "y"), hz=20.0, subject=subject)


@pytest.fixture
def small(monkeypatch):
    held = {"watch": recorded("watch", np.arange(20), 1.0), "phone": recorded("phone", np.arange(15, 30), 50.0)}
    monkeypatch.setattr(arena_transfer, "load", held.__getitem__)
    told = []

    def spying(lesson):
        told.append(lesson)
        return CONTESTANTS["LDA, statistics"](lesson)

    monkeypatch.setattr(arena_transfer, "contestants", lambda: {"spy": spying})
    return told


def test_nobody_is_taught_about_who_is_asked_about(small):
    counts = arena_transfer.shard(("spy", 7))["counts"]
    by_watch, by_phone = small
    assert {7, 17}.isdisjoint(by_watch.subject) and len({*by_watch.subject}) == 18
    assert 17 not in by_phone.subject and {20, 29} <= {*by_phone.subject}
    assert counts.sum(axis=(1, 2)).tolist() == [24, 12, 12, 12]  # people 7 and 17 on the watch, 17 on the phone
    right = np.trace(counts, axis1=1, axis2=2) / counts.sum(axis=(1, 2))
    assert right[1] < 0.5 < 0.9 < right[2]  # the same movements fifty times as large: the phone's scale mends it
    assert min(right[0], right[3]) > 0.9


def test_groups_without_a_phone_are_left_out_and_the_result_is_derived_again(small, tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    arena_transfer.run()
    kept = results.read(arena_transfer.NAME)
    shown = arena_transfer.table(kept.arrays).set_index("way")
    assert shown["groups"].to_dict() == dict(zip(arena_transfer.WAYS, (10, 5, 5, 5), strict=True))
    sample = arena_transfer.rederive(arena_transfer.NAME, kept, np.random.default_rng(0), 2)
    assert "came out the same" in attestation.sentence(sample, arena_transfer.NAME)
    kept.arrays["spy/counts"] += 100
    with pytest.raises(LucioleError, match="spy, group .* is"):
        attestation.sentence(
            arena_transfer.rederive(arena_transfer.NAME, kept, np.random.default_rng(0), 1), arena_transfer.NAME
        )
