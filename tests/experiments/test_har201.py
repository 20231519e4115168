"""HAR-201: the protocol keeps people apart, one cell has one result whoever trains it, shards make the table."""

import io
import json
import shutil
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from luciole import attestation, files, results, tables
from luciole.datasets import splits
from luciole.errors import LucioleError
from luciole.experiments.har201 import pilot as har201_pilot
from luciole.experiments.har201 import protocol
from luciole.experiments.har201 import table as har201
from luciole.report import har201 as analysis
from luciole.spaces import nb201

REAL = protocol.PROTOCOLS


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The benchmark in small: seglearn alone, two epochs of two batches, stacks of three, nine and six cells."""
    real = protocol.PROTOCOLS["seglearn"]
    recipe = replace(real.recipe, epochs=2, windows=64, evaluate=(1,))
    monkeypatch.setattr(protocol, "PROTOCOLS", {"seglearn": replace(real, recipe=recipe, spaced=1)})
    monkeypatch.setattr(har201, "STAGES", ((0, 9), (1, 6)))
    monkeypatch.setattr(protocol, "STACK", 3)
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    protocol.data.cache_clear()
    yield tmp_path
    protocol.data.cache_clear()


def test_the_order_is_a_permutation_of_the_classes():
    assert sorted(protocol.order()) == nb201.classes().tolist()
    assert sorted(c for _, _, cells in har201.tasks("seglearn", 0, 6466) for c in cells) == nb201.classes().tolist()
    np.testing.assert_array_equal(protocol.order(), protocol.order())


def test_parts_share_nobody_and_no_recording():
    dataset = protocol.PROTOCOLS["seglearn"].load()
    split = splits.by_subject(dataset, seed=protocol.SPLIT_SEED)
    kept = protocol.evenly(dataset, split.test, 3)
    assert set(kept) <= set(split.test)
    assert set(dataset.recording[kept]) == set(dataset.recording[split.test])
    assert np.bincount(dataset.recording[kept]).max() <= 3
    for group in (dataset.subject, dataset.recording):
        sides = [set(group[rows].tolist()) for rows in (split.train, split.validation, split.test)]
        assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])


def test_a_run_makes_the_table_and_resumes(small):
    with pytest.raises(LucioleError, match="no shard"):
        har201.run(seconds=1e-9)
    har201.run()
    shards = sorted((small / "cache" / "har201/table").glob("*/shard-*.npz"))
    assert len(shards) == 3 + 2
    table = tables.har201()
    trained = analysis.trained(table, "seglearn")
    assert set(trained) == set(protocol.order()[:9].tolist())
    assert "seglearn 9 of 6,466 classes" in table.source
    second = table["seglearn_test_acc_ep2_s1"][nb201.classes()]
    assert np.isfinite(second).sum() == 6
    with np.load(shards[0]) as first:
        expected = 100 * first["test_accuracy"][-1]
        np.testing.assert_allclose(table["seglearn_test_acc_ep2"][first["cells"]], expected, atol=0.006)
    whole = (small / "data" / "results" / "har201/table.npz").read_bytes()
    shards[1].unlink()  # as if the run had been killed while it was at work on this one
    before = {path: path.stat().st_mtime_ns for path in shards if path.exists()}
    har201.run()
    assert before == {path: path.stat().st_mtime_ns for path in before}
    with np.load(io.BytesIO(whole)) as one, np.load(small / "data" / "results" / "har201/table.npz") as other:
        for name in one.files:
            if not name.endswith("seconds"):
                np.testing.assert_array_equal(one[name], other[name])
    record = json.loads((files.results() / "har201/table.json").read_text())
    assert record["parameters"]["trainings"] == 15
    assert "estimate" in record["energy"]


def test_trainings_of_the_table_are_derived_again_and_an_altered_one_is_named(small, monkeypatch):
    monkeypatch.setattr(har201, "STAGES", ((0, 6), (1, 3)))
    har201.run()
    kept = results.read("har201/table", part=True)
    assert kept.provenance.holds == (9, 9)

    def again(units=None):
        sample = har201.rederive("har201/table", kept, np.random.default_rng(0), units)
        return attestation.sentence(sample, "har201/table")

    assert " 9 of 9 units" in again(12)
    altered = protocol.order()[4]
    kept.arrays["seglearn_test_acc_ep2"][np.searchsorted(nb201.classes(), altered)] += har201.ALLOWED + 50
    with pytest.raises(LucioleError, match=f"test_acc_ep2 of seglearn, seed 0, cell {altered} is"):
        again(9)
    kept.arrays["seglearn_test_acc_ep2"][np.searchsorted(nb201.classes(), altered)] -= har201.ALLOWED + 50
    kept.arrays["seglearn_macs"][7] += 1
    with pytest.raises(LucioleError, match="seglearn_macs of place"):
        again(1)


def test_without_any_of_its_data_the_table_cannot_be_compared(small, monkeypatch):
    monkeypatch.setattr(har201, "STAGES", ((0, 3),))
    har201.run()

    def absent():
        raise LucioleError("it is not here")

    protocol.data.cache_clear()
    monkeypatch.setattr(protocol, "PROTOCOLS", {"seglearn": replace(protocol.PROTOCOLS["seglearn"], load=absent)})
    assert "nothing was compared: none of the data sets" in attestation.again("har201/table")


def test_a_stale_table_is_gone_on_from_once_it_is_attested(small, monkeypatch):
    monkeypatch.setattr(har201, "STAGES", ((0, 3),))
    har201.run()
    shutil.rmtree(small / "cache")
    real = results.fingerprint
    monkeypatch.setattr(results, "fingerprint", lambda module: real(module)[::-1])  # as if all code had changed
    with pytest.raises(LucioleError, match="other code for seglearn; attest it"):
        har201.restore("seglearn", 0, 3)
    attestation.attest("har201/table", "0123456789ab")
    assert har201.restore("seglearn", 0, 3) == 1


def test_the_committed_table_is_a_checkpoint(small, monkeypatch):
    """On another machine, without the shards, what the table holds is not trained again, and nothing is lost."""
    monkeypatch.setattr(har201, "STAGES", ((0, 6), (1, 3)))
    har201.run()
    before = tables.har201()
    shutil.rmtree(small / "cache")
    monkeypatch.setattr(har201, "STAGES", ((0, 9), (1, 3)))
    trained = []
    monkeypatch.setattr(
        har201, "retrain", lambda *task, real=har201.retrain, **kw: trained.append(task) or real(*task, **kw)
    )
    har201.run()
    assert [tuple(cells) for _, cells, _ in trained] == [tuple(protocol.order()[6:9])]
    after = tables.har201()
    assert set(before.columns) == set(after.columns)
    for name in before:
        held = np.isfinite(before[name])
        np.testing.assert_allclose(after[name][held], before[name][held], rtol=1e-5)
    assert np.isfinite(after["seglearn_seconds"][nb201.classes()]).sum() == 9


def test_the_table_says_what_trained_it_also_when_a_part_comes_from_elsewhere(small, monkeypatch):
    monkeypatch.setattr(har201, "STAGES", ((0, 6),))
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(har201, "trained_with", lambda versions, machine: "torch 1.0, an abacus")
        har201.run()
    shutil.rmtree(small / "cache")
    monkeypatch.setattr(har201, "STAGES", ((0, 9),))
    har201.run()
    told = results.read("har201/table").provenance.parameters["trained with"]
    assert told == {
        "seglearn, seed 0": sorted({"torch 1.0, an abacus", har201.trained_with(results.versions(), results.machine())})
    }


def test_a_data_set_that_is_not_here_stays_in_the_table(small, monkeypatch):
    har201.run()
    before = (small / "data" / "results" / "har201/table.npz").read_bytes()
    shutil.rmtree(small / "cache")

    def absent():
        raise LucioleError("it is not here")

    protocol.data.cache_clear()
    gone = replace(protocol.PROTOCOLS["seglearn"], load=absent)
    monkeypatch.setattr(protocol, "PROTOCOLS", {"seglearn": gone})
    har201.run()
    with np.load(io.BytesIO(before)) as one, np.load(small / "data" / "results" / "har201/table.npz") as other:
        assert one.files == other.files
        for name in one.files:
            np.testing.assert_allclose(one[name], other[name], rtol=1e-5)


def test_numbers_of_two_protocols_are_not_mixed(small, monkeypatch):
    monkeypatch.setattr(har201, "STAGES", ((0, 3),))
    har201.run()
    shutil.rmtree(small / "cache")
    same = protocol.PROTOCOLS["seglearn"]
    other = replace(same, recipe=replace(same.recipe, rate=0.5))
    monkeypatch.setattr(protocol, "PROTOCOLS", {"seglearn": other})
    with pytest.raises(LucioleError, match="another protocol"):
        har201.run()


def test_a_cell_trained_among_others_or_alone_has_the_same_result(small):
    cells = protocol.order()[:3]
    together = har201.retrain("seglearn", cells, seed=0).accuracy["test"][-1]
    alone = [har201.retrain("seglearn", cells[k : k + 1], seed=0).accuracy["test"][-1][0] for k in range(3)]
    np.testing.assert_allclose(together, alone, atol=0.02)
    other = har201.retrain("seglearn", cells, seed=1).loss[-1]
    assert not np.allclose(other, har201.retrain("seglearn", cells, seed=0).loss[-1])


def test_data_that_is_not_here_is_left_out_with_a_line(small, monkeypatch, caplog):
    def absent():
        raise LucioleError("it is not here")

    gone = replace(protocol.PROTOCOLS["seglearn"], dataset="gone", load=absent)
    monkeypatch.setattr(protocol, "PROTOCOLS", {"gone": gone} | protocol.PROTOCOLS)
    monkeypatch.setattr(har201, "STAGES", ((0, 3),))
    har201.run()
    assert "leaves out gone: it is not here" in caplog.text
    assert "seglearn_seconds" in tables.har201()


def test_without_a_shard_there_is_no_table(small):
    with pytest.raises(LucioleError, match="no shard"):
        har201.collect()


def test_data_of_another_shape_is_refused(small, monkeypatch):
    wrong = replace(protocol.PROTOCOLS["seglearn"], shape=(6, 7, 20))
    monkeypatch.setattr(protocol, "PROTOCOLS", {"seglearn": wrong})
    with pytest.raises(LucioleError, match=r"\(6, 7, 20\), got \(6, 7, 21\)"):
        protocol.data("seglearn")


def test_the_pilots_summary_separates_signal_from_noise():
    """Ten thousand made cells: the spread that was put in comes out."""
    rng = np.random.default_rng(0)
    cells = rng.normal(60, 3, 10_000)
    found = har201_pilot.summary(cells + rng.normal(0, 1.5, (2, 10_000)))
    assert found["signal"] == pytest.approx(3, rel=0.05)
    assert found["noise"] == pytest.approx(1.5, rel=0.05)
    assert found["ratio"] == pytest.approx(2, rel=0.08)
    nothing = har201_pilot.summary(60 + rng.normal(0, 1.5, (2, 10_000)))
    assert nothing["signal"] < 0.2


def test_the_pilot_measures_and_writes(small, monkeypatch):
    monkeypatch.setattr(har201_pilot, "CELLS", 3)
    conditions = (
        har201_pilot.Condition("seglearn", 6, 64),
        har201_pilot.Condition("seglearn", 6, 64, convolutional=True),
    )
    monkeypatch.setattr(har201_pilot, "CONDITIONS", conditions)
    har201_pilot.run()
    frame = results.read("har201/pilot").frame
    assert list(frame["skeleton"]) == ["minimal", "convolutional"]
    assert (frame["hz"].round(2) == 8.33).all()
    assert ((frame["mean"] > 0) & (frame["mean"] < 100)).all()
    kept = results.read("har201/pilot")
    assert "18 numbers of 2 of 2 units" in attestation.again("har201/pilot", units=2)
    kept.frame.loc[1, "highest"] += 2
    with pytest.raises(LucioleError, match="highest of Condition.*convolutional=True"):
        sample = har201_pilot.rederive("har201/pilot", kept, np.random.default_rng(0), 2)
        attestation.sentence(sample, "har201/pilot")


def test_the_pilot_is_left_out_where_its_data_is_not(small, caplog, monkeypatch):
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    monkeypatch.setenv("LUCIOLE_OFFLINE", "1")
    away = {name: REAL[name] for name in ("wisdm", "uci_har")}
    monkeypatch.setattr(protocol, "PROTOCOLS", protocol.PROTOCOLS | away)
    har201_pilot.run()
    assert "left out" in caplog.text
    assert not (files.results() / "har201/pilot.json").exists()


def test_effects_are_differences_of_means():
    rng = np.random.default_rng(0)
    cells = rng.permutation(nb201.classes())[:400]
    rows = nb201.all_cells()
    values = np.full(nb201.SIZE, np.nan)
    values[cells] = 50 + 5.0 * (rows[cells, 0] == nb201.CONV3) + rng.normal(0, 0.1, len(cells))
    found = analysis.effects(cells, values, rng).set_index(["edge", "operation"])
    has = rows[cells, 0] == nb201.CONV3
    one = found.loc[("1<-0", "nor_conv_3x3")]
    assert one["effect"] == pytest.approx(values[cells][has].mean() - values[cells].mean())
    assert one["low"] < one["effect"] < one["high"]
    assert one["cells"] == has.sum()
    assert found["effect"].idxmax() == ("1<-0", "nor_conv_3x3")
    assert found.drop(("1<-0", "nor_conv_3x3"))["effect"].abs().max() < 3


def test_the_bootstrap_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(60):
        estimate = analysis.bootstrap(lambda a: float(a.mean()), rng.normal(3, 1, 80), rng=rng, samples=200)
        inside += estimate.low <= 3 <= estimate.high
    assert 50 <= inside <= 60


def test_rank_correlation_leaves_out_what_is_not_trained():
    one, other = np.arange(50.0), np.arange(50.0) ** 2
    other[::5] = np.nan
    estimate = analysis.spearman(one, other, np.random.default_rng(0), samples=20)
    assert (estimate.value, estimate.n) == (1.0, 40)
    with pytest.raises(LucioleError, match="at least 3"):
        analysis.spearman(one[:2], other[:2], np.random.default_rng(0))


@pytest.mark.parametrize("decimals", [0, 1, 9])
def test_rank_correlation_is_that_of_scipy_with_ties_too(decimals):
    rng = np.random.default_rng(3)
    one, noise = rng.normal(size=(2, 200))
    other = np.round(one + noise, decimals)
    found = analysis.spearman(one, other, np.random.default_rng(0), samples=50)
    slow = analysis.bootstrap(
        lambda a, b: float(stats.spearmanr(a, b).statistic), one, other, rng=np.random.default_rng(0), samples=50
    )
    assert (found.value, found.low, found.high) == pytest.approx((slow.value, slow.low, slow.high), abs=1e-12)


def test_scores_that_agree_together_lead_and_what_is_not_defined_ranks_last(monkeypatch):
    """Two halves of the truth are the best pair; each alone says half, and a third score says nothing."""
    rng = np.random.default_rng(2)
    cells = np.sort(rng.permutation(nb201.classes())[:120])
    left, right = rng.normal(size=(2, 120))
    accuracy = np.full(nb201.SIZE, np.nan)
    accuracy[cells] = stats.rankdata(left) * stats.rankdata(right)
    monkeypatch.setattr(analysis, "final", lambda table, dataset, what: accuracy)
    left = np.where(left == left.min(), -np.inf, left)
    scores = pd.DataFrame({"index": cells, "left": left, "right": right, "noise": rng.normal(size=120)})
    found = analysis.together(
        {}, pd.concat([scores.assign(dataset=name) for name in ("a", "b")]), ("noise", "left"), size=2, among=2
    )
    assert list(found.columns) == ["a", "b", "mean"] and len(found) == 2
    assert set(found.index[0].split(" + ")) == {"left", "right"} and found["mean"].iloc[0] == pytest.approx(1.0)
    assert found.loc["left + noise", "mean"] < 0.9


def test_a_constant_column_has_no_rank_correlation():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = analysis.spearman(np.arange(9.0), np.ones(9), np.random.default_rng(0), samples=20)
    assert np.isnan([found.value, found.low, found.high]).all() and found.n == 9


def test_a_full_column_is_not_predicted_and_a_gappy_one_keeps_its_measurements():
    rows = nb201.all_cells()
    truth = 50 + (rows == nb201.CONV3).sum(axis=1) - 2.0 * (rows == nb201.NONE).sum(axis=1)
    truth = truth[nb201.iso()].astype(float)
    whole = analysis.complete(truth)
    np.testing.assert_array_equal(whole.values, truth)
    assert whole.agreement == 1
    gappy = truth.copy()
    kept = np.isin(nb201.iso(), protocol.order()[:300])
    gappy[~kept] = np.nan
    filled = analysis.complete(gappy)
    np.testing.assert_array_equal(filled.values[kept], truth[kept])
    assert np.isfinite(filled.values).all()
    assert 0.6 < filled.agreement <= 1
    assert stats.spearmanr(filled.values[~kept], truth[~kept]).statistic > 0.6
    with pytest.raises(LucioleError, match="at least 10"):
        analysis.complete(np.where(np.isin(nb201.iso(), protocol.order()[:4]), truth, np.nan))


def test_noise_is_none_before_a_second_seed(small):
    har201.run()
    table = tables.har201()
    found = analysis.noise(table, "seglearn")
    assert (found.cells, found.seeds) == (6, 2)
    assert found.needed == pytest.approx(1.96 * np.sqrt(2) * found.noise)
    only = {name: table[name] for name in table if not name.endswith("_s1")}
    single = tables.Table("one seed", only, source="made", index=nb201.index)
    assert analysis.noise(single, "seglearn") is None
