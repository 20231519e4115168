"""HAR-201's second version: people kept apart, the pilot's rule, the order of work, and a table that can be gone on."""

import io
import shutil
from dataclasses import replace

import numpy as np
import pytest

from luciole import attestation, files, results
from luciole.datasets.dataset import Dataset
from luciole.errors import LucioleError
from luciole.experiments.har201 import v2, v2_pilot, v2_protocol
from luciole.spaces import nb201
from luciole.tables.reliability import Components

CLASSES = nb201.classes()[[5, 900, 2000, 2500, 3000, 4000, 5000, 6000]]


def invented():
    """Ten people, three activities of them in a recording each, four windows of it."""
    rng = np.random.default_rng(0)
    subject, y, _ = (axis.ravel() for axis in np.meshgrid(np.arange(10), np.arange(3), np.arange(4), indexing="ij"))
    waves = np.sin(np.arange(32) * (0.3 + y[:, None]))[:, None]
    return Dataset(
        "invented",
        waves + 0.5 * rng.normal(size=(len(y), 2, 32)),
        y,
        ("slow", "middling", "fast"),
        ("x", "y"),
        subject=subject,
        recording=3 * subject + y,
    )


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The benchmark in small: ten people under two names, eight classes, two epochs of two batches, stacks of four."""
    source = v2_protocol.Source(invented, factor=2, spaced=1, shape=(2, 3, 16))
    monkeypatch.setattr(v2_protocol, "SOURCES", {"wisdm": source, "hapt": source})
    real = v2_protocol.recipe
    monkeypatch.setattr(v2_protocol, "recipe", lambda *_: replace(real(epochs=2, batch=32), windows=64, evaluate=(1,)))
    monkeypatch.setattr(nb201, "classes", lambda: CLASSES)
    monkeypatch.setattr(v2.protocol, "order", lambda: CLASSES[::-1])
    monkeypatch.setattr(v2, "STACK", 4)
    monkeypatch.setattr(v2, "LEVELS", 2)
    monkeypatch.setattr(v2_pilot, "CLASSES", 4)
    code = files.cache() / "compiled"  # of the stack, by whoever needed it first
    code.mkdir(parents=True, exist_ok=True)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "compiled").symlink_to(code)
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    caches = (v2_protocol.people, v2_protocol.parts)
    for one in caches:
        one.cache_clear()
    yield tmp_path
    for one in caches:
        one.cache_clear()


def test_everybody_is_tested_once_and_nobody_is_on_two_sides(small):
    dataset, groups = v2_protocol.people("wisdm")
    assert sorted(np.concatenate(groups)) == np.unique(dataset.subject).tolist()
    for group in range(v2_protocol.GROUPS):
        parts = v2_protocol.parts("wisdm", group)
        tested, chosen = groups[group], groups[(group + 1) % v2_protocol.GROUPS]
        rest = np.setdiff1d(np.unique(dataset.subject), np.concatenate([tested, chosen]))
        assert len(parts.train[1]) == np.isin(dataset.subject, rest).sum()  # every window of nobody else
        for part, people in ((parts.validation, chosen), (parts.test, tested)):
            assert len(part[1]) == len(np.unique(dataset.recording[np.isin(dataset.subject, people)]))


def test_a_data_set_of_few_people_is_refused(small, monkeypatch):
    few = replace(invented(), subject=invented().subject % 9)
    source = replace(v2_protocol.SOURCES["hapt"], load=lambda: few)
    monkeypatch.setitem(v2_protocol.SOURCES, "hapt", source)
    with pytest.raises(LucioleError, match="at least 10 people for 5 groups"):
        v2_protocol.people("hapt")


def test_runs_share_no_luck():
    def drawn(*numbers):
        return v2_protocol.generator(*numbers).initial_seed()

    cells = (0, 1, 2, nb201.SIZE)  # the last stands for the order of the windows
    every = [drawn(group, seed, cell) for group in range(3) for seed in range(3) for cell in cells]
    assert len(set(every)) == len(every)
    assert drawn(1, 2, 3) == drawn(1, 2, 3)


def test_more_seconds_buy_more_reliability_and_groups_before_seeds():
    found = Components(cells=1.0, groups=1.0, rest=1.0)
    bought = [v2_protocol.bought(found, seconds=1.0, share=share) for share in (1, 5, 10)]
    expected = [1 / 3, 1 / (1 + 1 / 5 + 1 / 5), 1 / (1 + 1 / 5 + 1 / 10)]
    assert bought == pytest.approx(expected)


def test_validity_takes_luck_out_and_sees_another_order():
    rng = np.random.default_rng(0)
    truth, groups = rng.normal(size=3000), np.array([0, 1, 0, 1])

    def runs(signal):
        return signal + rng.normal(size=(4, 3000))

    assert v2_protocol.validity(runs(truth), runs(truth), groups) > 0.95
    mixed = (truth + rng.normal(size=3000)) / np.sqrt(2)
    assert v2_protocol.validity(runs(mixed), runs(truth), groups) == pytest.approx(np.sqrt(0.5), abs=0.06)
    assert v2_protocol.validity(runs(rng.normal(size=3000)), runs(truth), groups) < 0.1


def test_the_rule_prefers_what_tells_cells_apart(small):
    rng = np.random.default_rng(0)
    truth, arrays = rng.normal(size=200), {}
    for name in v2_protocol.SOURCES:
        for recipe, noise in (("4x32", 3.0), ("8x64", 0.3), ("16x64", 1.0)):
            runs = 5000 + 100 * (truth + noise * rng.normal(size=(4, 1, 200)))
            arrays[f"{name}_{recipe}_test_acc"] = runs
            arrays[f"{name}_{recipe}_seconds"] = np.full(4, 1.0)
    assert v2_pilot.chosen(arrays) == "8x64"
    for name in v2_protocol.SOURCES:  # reliable, about something else
        arrays[f"{name}_8x64_test_acc"] = 5000 + 100 * rng.normal(size=200) + rng.normal(size=(4, 1, 200))
    assert v2_pilot.chosen(arrays) == "16x64"


def test_the_recipe_is_what_the_rule_chose_in_the_committed_pilot():
    assert v2_pilot.chosen(results.read(v2_pilot.NAME).arrays) == v2.RECIPE


@pytest.mark.check  # twenty seconds
def test_the_pilot_is_written_and_derived_again(small, monkeypatch):
    monkeypatch.setattr(v2_pilot, "RECIPES", {"4x32": (4, 32), "16x64": (16, 64)})
    v2_pilot.run()
    kept = results.read(v2_pilot.NAME)
    assert kept.arrays["wisdm_4x32_test_acc"].shape == (len(v2_pilot.RUNS), 2, 4)
    assert {*v2_pilot.worth(kept.arrays)["recipe"]} == {*v2_pilot.RECIPES}
    sample = v2_pilot.rederive(v2_pilot.NAME, kept, np.random.default_rng(0), 2)
    assert "came out the same" in attestation.sentence(sample, v2_pilot.NAME)
    kept.arrays["hapt_16x64_test_f1"][:] += 3 * 400
    with pytest.raises(LucioleError, match="hapt 16x64 group . seed . test_f1 of"):
        attestation.sentence(v2_pilot.rederive(v2_pilot.NAME, kept, np.random.default_rng(0), 12), v2_pilot.NAME)


def test_the_table_is_made_block_by_block_and_gone_on_from_its_committed_part(small, monkeypatch):
    with pytest.raises(LucioleError, match="no shard of HAR-201's second version"):
        v2.run(seconds=0)
    with pytest.raises(LucioleError, match="are known once all of wisdm-group0-seed0 is trained"):
        v2.level("wisdm", 1)
    v2.run()
    kept = results.read(v2.NAME)
    assert kept.provenance.holds == (2 * 5 * (8 + 4),) * 2
    runs = kept.arrays["wisdm_runs"]
    assert runs.tolist() == [[group, seed] for seed in (0, 1) for group in range(5)]
    accuracy = kept.arrays["wisdm_valid_acc"]
    assert accuracy.shape == (10, 2, 8)
    trained = (accuracy != v2.v1.MISSING).all(axis=1)
    assert trained[:5].all()
    np.testing.assert_array_equal(trained[5:], trained[5:6].repeat(5, axis=0))
    assert trained[5:].sum(axis=1).tolist() == [4] * 5
    mean = accuracy[:5, -1].astype(float).mean(axis=0)
    assert sorted(mean[trained[5]]) == sorted(mean)[-4:]

    sample = v2.rederive(v2.NAME, kept, np.random.default_rng(0), 12)
    assert "12 of 120 units came out the same" in attestation.sentence(sample, v2.NAME)

    whole = (files.results() / f"{v2.NAME}.npz").read_bytes()
    shutil.rmtree(small / "cache" / "har201")  # another machine, which has the committed result alone
    monkeypatch.setattr(v2, "shard", lambda task: pytest.fail(f"{task} was trained again"))
    v2.shard.__qualname__ = "shard"
    v2.shard.__module__ = v2.__name__
    v2.run()
    with np.load(io.BytesIO(whole)) as one, np.load(files.results() / f"{v2.NAME}.npz") as other:
        for name in one.files:
            if not name.endswith("milliseconds"):
                np.testing.assert_array_equal(one[name], other[name])


def test_the_same_digits_whatever_the_number_of_workers_and_stacks(small):
    task = ("wisdm", 1, 0, tuple(int(cell) for cell in CLASSES[:3]))
    together = v2.shard(task)
    alone = v2.shard((*task[:3], task[3][1:2]))
    for metric in v2_pilot.METRICS:
        np.testing.assert_array_equal(together[metric][:, 1:2], alone[metric])


def test_a_part_can_be_committed_and_the_limit_is_kept(small, monkeypatch):
    limit = v2.LIMIT
    monkeypatch.setattr(v2, "spent", lambda: limit if (v2.blocks()[2].folder / "shard-000001.npz").exists() else 0.0)
    v2.run()
    kept = results.read(v2.NAME, part=True)
    done, planned = kept.provenance.holds
    assert (done, planned) == (3 * 8, 120)  # what is begun is finished
    before = kept.provenance.sha256
    v2.run()
    assert results.read(v2.NAME, part=True).provenance.sha256 == before
