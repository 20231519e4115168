"""The search comparisons, whole, on a small made-up table: resumed, summarised, rederived, refused."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from luciole import attestation, files, results
from luciole.datasets.splits import Parts
from luciole.errors import LucioleError
from luciole.experiments import comparison
from luciole.experiments.images import lemonade as digits_lemonade
from luciole.experiments.nb101 import energy as nb101_energy
from luciole.experiments.nb101 import search as nb101_search
from luciole.experiments.nb201 import search as nb201_search
from luciole.search import NEEDS, SEARCHERS
from luciole.spaces import chain, nb101, nb201
from luciole.tables.nasbench101 import NB101Table
from luciole.tables.table import Role, Table

ALONE, FREE = "training-free selection, right", ("training-free selection", "right")


def made_up(complete=True):
    cells = nb201.all_cells()
    noise = np.random.default_rng(0).normal(size=(4, nb201.SIZE))
    peak = 94 - np.abs(cells.astype(float) - 3).sum(axis=1)
    columns = {
        "c10_val12": peak + noise[0],
        "c10_val200": peak + 0.1 * noise[1],
        "c10_test200": peak,
        "c100_test200": peak - 20,
        "in16_test200": peak - 50,
        "c10_cost12_s": 100 + 10.0 * cells.sum(axis=1),
        "c10_flops": 1.0 + (cells == 3).sum(axis=1),
    }
    if not complete:
        del columns["c10_val12"]
    roles = {
        "valid": Role("c10_val12" if complete else "c10_test200", "to choose by"),
        "test": Role("c10_test200", "to report"),
        "cost_seconds": Role("c10_cost12_s", "price"),
    }
    return Table("made up", columns, source="numbers of this test", index=nb201.index, roles=roles, sha256="0" * 64)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Few seeds, the fast searchers, results and shards in a folder of the test."""
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    table = made_up()
    monkeypatch.setattr(nb201_search, "_table", lambda: table)
    monkeypatch.setattr(nb201_search, "SEEDS", 3)
    monkeypatch.setattr(nb201_search, "BLOCK", 2)
    monkeypatch.setattr(nb201_search, "FEWER", {"Q-learning": 1})
    monkeypatch.setattr(nb201_search, "GUIDED", {"guided evolution, right": ("guided evolution", "right"), ALONE: FREE})
    monkeypatch.setattr(nb201_search, "GUIDED_SEEDS", 2)
    right = nb201.all_cells().sum(axis=1).astype(float)
    monkeypatch.setattr(nb201_search, "scores", lambda: {"right": right})
    monkeypatch.setattr(nb201_search, "price", lambda score: 0.5)
    for name in ("nb201/scores", "nb201/costs"):
        said = dict(function=made_up, parameters={}, modules=["luciole.errors"], inputs={}, seconds=0.0)
        results.write(name, {"x": np.zeros(1)}, **said)
    kept = {*nb201_search.EXACT, "Q-learning", "Hyperband", "NSGA-II", "guided evolution", "training-free selection"}
    monkeypatch.setattr(nb201_search, "LEFT_OUT", {name: "slow" for name in SEARCHERS if name not in kept})
    return table


def test_the_comparison_resumes_and_says_what_was_chosen(small, monkeypatch):
    nb201_search.run(seconds=0)
    with pytest.raises(LucioleError, match="no result 'nb201/search'"):
        results.read("nb201/search")
    nb201_search.run()
    runs, frame = results.read("nb201/search_runs").arrays, results.read("nb201/search").frame
    assert {str(name) for name in runs["searcher"]} == set(frame["searcher"])
    assert (runs["searcher"] == "Q-learning").sum() == 1
    assert (runs["searcher"] == "random").sum() == 3

    ran = []
    block = nb201_search.block
    monkeypatch.setattr(nb201_search, "block", lambda task: ran.append(task) or block(task))
    nb201_search.run()  # nothing to do
    assert (results.read("nb201/search_runs").arrays["choices"] == runs["choices"]).all()
    shutil.rmtree(files.cache())
    monkeypatch.setattr(nb201_search, "SEEDS", 4)
    nb201_search.run()  # without the shards only what the result does not hold
    assert {task[1:] for task in ran} == {(3, 4)}
    more = results.read("nb201/search_runs")
    assert (more.arrays["searcher"] == "random").sum() == 4
    assert (
        more.arrays["choices"][more.arrays["searcher"] == ALONE] == runs["choices"][runs["searcher"] == ALONE]
    ).all()

    # the last line of a searcher, by hand: read the test accuracy of what three plain runs chose
    histories = [nb201_search.play("random", seed, small) for seed in range(3)]
    got = [small["c10_test200"][nb201.index(history.best)] for history in histories]
    last = frame[(frame["searcher"] == "random") & (frame["seconds"] == 12_000)].iloc[0]
    assert last["c10"] == pytest.approx(np.mean(got), abs=1e-4)
    assert last["c10_sd"] == pytest.approx(np.std(got, ddof=1), abs=1e-4)
    assert last["c10_low"] <= last["c10"] <= last["c10_high"]
    first = frame[(frame["searcher"] == "random") & (frame["seconds"] == 0)].iloc[0]
    assert first["c10"] == pytest.approx(small["c10_test200"].mean(), abs=1e-3)  # nothing chosen yet: a blind draw


def test_committed_runs_are_rederived_or_refused(small):
    nb201_search.run()
    kept, frame = results.read("nb201/search_runs"), results.read("nb201/search").frame
    count = len(kept.arrays["seed"])
    assert f"{5 * 123} numbers of 5 of {count} units" in attestation.again("nb201/search_runs", 0, 5)
    assert f"of {len(frame):,} of {len(frame):,} units" in attestation.again("nb201/search")
    assert "luciole.experiments.comparison" in kept.provenance.code
    place = np.flatnonzero(kept.arrays["searcher"] == "local search")[0]
    kept.arrays["choices"][place, -1] += 1
    with pytest.raises(LucioleError, match="choices of run 0 of local search is"):
        attestation.sentence(nb201_search.rederive("nb201/search_runs", kept, np.random.default_rng(0), count), "runs")
    altered = replace(kept, data=frame.assign(c100_low=frame["c100_low"] + 0.01))
    with pytest.raises(LucioleError, match="c100_low of .* 0 3 is"):
        attestation.sentence(nb201_search.rederive("nb201/search", altered, np.random.default_rng(0), None), "summary")

    def under(parameter):
        parameters = kept.provenance.parameters | {parameter: "another"}
        changed = replace(kept, provenance=replace(kept.provenance, parameters=parameters))
        return nb201_search.rederive("nb201/search_runs", changed, np.random.default_rng(0), count)

    sample = under("guide right")  # only the runs that it guided are not those of today
    guided = {label for label in sample.left if label in nb201_search.GUIDED}
    assert guided == {"guided evolution, right", ALONE}
    assert not any(label in named for named in sample.units for label in guided)
    assert len(sample.units) == count - np.isin(kept.arrays["searcher"], list(guided)).sum()
    rule = next(iter(nb201_search.RULES))
    with pytest.raises(attestation.Unavailable, match=f"the runs had another {rule}"):
        under(rule)
    other = replace(kept, provenance=replace(kept.provenance, inputs={"NAS-Bench-201": "another"}))
    with pytest.raises(attestation.Unavailable, match="here is numbers of this test"):
        nb201_search.rederive("nb201/search_runs", other, np.random.default_rng(0), 1)


def test_short_budgets_are_beginnings_of_long_ones(small):
    history = nb201_search.play("regularised evolution", 1, small)
    short = nb201_search.play("regularised evolution", 1, small, nb201_search.Budget(seconds=3_000))
    at = int(np.flatnonzero(nb201_search.TIMES == 3_000)[0])
    assert nb201_search.chosen(history)[at] == nb201.index(short.best)


def test_the_replica_is_refused(small, monkeypatch):
    monkeypatch.setattr(nb201_search, "_table", lambda: made_up(complete=False))
    with pytest.raises(LucioleError, match="needs the original NAS-Bench-201"):
        nb201_search.run()


def test_intervals_cover_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(1)
    low, high = comparison.interval(rng.normal(5.0, 2.0, size=(60, 400)))
    assert 0.90 <= ((low <= 5) & (high >= 5)).mean() <= 0.98


def test_every_searcher_is_compared_or_its_absence_explained():
    ways = {searcher for searcher, _ in nb201_search.WAYS.values()}
    for name in SEARCHERS:
        if NEEDS.get(name) == "guide":
            assert name in ways or name in nb201_search.LEFT_OUT
        else:
            assert (name in nb201_search.entrants()) != (name in nb201_search.LEFT_OUT)
    assert set(nb201_search.LEFT_OUT) < set(SEARCHERS)
    assert set(nb201_search.FEWER) < set(SEARCHERS)
    assert set(nb201_search.GUIDED) < set(nb201_search.entrants())


def test_scoring_is_charged_to_the_search(small):
    history = nb201_search.play(ALONE, 0, small)
    drawn = len(np.unique(nb201.canonical(nb201.sample(nb201_search.generator(ALONE, 0), 1_000)), axis=0))
    assert len(history) == 1
    assert history.seconds[0] == pytest.approx(0.5 * drawn + small.at(history.genotypes, "c10_cost12_s")[0])


def test_runs_on_record_count_only_if_they_would_come_out_the_same(small):
    nb201_search.run()
    inputs = {"NAS-Bench-201": small.sha256}
    right = {"code": nb201_search.deciding("random"), "parameters": nb201_search.RULES, "inputs": inputs}
    kept = comparison.on_record("nb201/search_runs", "random", **right)
    assert kept["seed"].tolist() == [0, 1, 2]
    assert comparison.on_record("nb201/search_runs", "nobody", **right) == {}
    assert comparison.on_record("no such result", "random", **right) == {}
    for change in (
        {"code": right["code"] | {"luciole.search.random": "another"}},
        {"parameters": {**nb201_search.RULES, "budget_s": 1}},
        {"inputs": {"NAS-Bench-201": "another"}},
    ):
        assert comparison.on_record("nb201/search_runs", "random", **{**right, **change}) == {}


def test_nas_bench_101_is_searched_summarised_and_rederived(monkeypatch, tmp_path):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    rows = np.unique(nb101.canonical(nb101.sample(np.random.default_rng(0), 600)), axis=0)
    near = np.unique(np.concatenate([rows, *map(nb101.neighbours, rows[:100])]), axis=0)
    digests, first = np.unique(nb101.digests(near), axis=0, return_index=True)
    accuracy = (0.8 + 0.01 * near[first][:, :21].sum(axis=1)).astype(np.float32)
    table = NB101Table(near[first], digests, {"test_acc108": accuracy}, "numbers of this test")
    monkeypatch.setattr(nb101_search, "_table", lambda: table)
    monkeypatch.setattr(nb101_search, "SETTINGS", {"random": {}})
    monkeypatch.setattr(nb101_search, "SEEDS", 2)
    monkeypatch.setattr(nb101_search, "EVALUATIONS", 60)
    nb101_search.run()
    runs, frame = results.read("nb101/search_runs").arrays, results.read("nb101/search").frame
    history = nb101_search.play("random", 0, table, 60)
    best = 100 * accuracy[table.index(history.genotypes[:50])].max()
    chosen = runs["choices"][0, list(nb101_search.GRID).index(50)]
    assert 100 * accuracy[chosen] == pytest.approx(best)
    assert frame["test"].is_monotonic_increasing
    assert "18 numbers of 2 of 2 units" in attestation.again("nb101/search_runs")
    assert "9 of 9 units" in attestation.again("nb101/search")
    record = results.read("nb101/search_runs").provenance
    assert record.parameters["BLAS"] == comparison.kernels() and "luciole.experiments.comparison" in record.code
    kept = results.read("nb101/search_runs")
    kept.arrays["choices"][0, 0] += 1
    with pytest.raises(LucioleError, match="choices of run 0 of random is"):
        attestation.sentence(nb101_search.rederive("nb101/search_runs", kept, np.random.default_rng(0), 2), "runs")
    altered = replace(kept, data=frame.assign(test=frame["test"] + 0.001))
    with pytest.raises(LucioleError, match="test of random 10 2 is"):
        attestation.sentence(nb101_search.rederive("nb101/search", altered, np.random.default_rng(0), 9), "summary")


def few_measured():
    """Cells of at most five vertices, their neighbours among them, and numbers that grow with the edges."""
    rows = nb101.canonical(nb101.sample(np.random.default_rng(0), 400))
    rows = np.unique(rows[nb101.vertices(rows) <= 5], axis=0)
    _, first = np.unique(nb101.digests(rows), axis=0, return_index=True)
    rows = rows[np.sort(first)]
    place = {digest.tobytes(): number for number, digest in enumerate(nb101.digests(rows))}
    near = []
    for row in rows:
        found = {place.get(digest.tobytes(), -1) for digest in nb101.digests(nb101.neighbours(row))}
        near.append(np.array(sorted(found - {-1}), dtype=int))
    edges = rows[:, : nb101.EDGE_GENES].sum(axis=1).astype(float)
    return nb101_energy.Measured(rows, edges, 1e5 * edges, 90 + edges, edges.astype(int), tuple(near), "of this test")


def test_joules_end_a_search_among_the_measured_cells(monkeypatch, tmp_path):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    space = few_measured()
    child = space.crossover(np.random.default_rng(0), space.cells, space.cells[::-1])
    assert (space.index(child) >= 0).all()
    mutants = space.index(space.mutate(np.random.default_rng(0), space.cells))
    for around, mutant in zip(space.near, mutants, strict=True):
        assert not len(around) or mutant in around
    for searcher in nb101_energy.SETTINGS:
        history = nb101_energy.play(searcher, 0, space, nb101_energy.Budget(joules=8e6))
        own = space.joules[space.index(history.genotypes)]
        assert history.joules[-1] <= 8e6
        paid = np.diff(history.joules, prepend=0)
        assert np.isclose(paid, own).all() | (np.isclose(paid, own) | (paid == 0)).all()
    monkeypatch.setattr(nb101_energy, "measured", lambda: space)
    monkeypatch.setattr(nb101_energy.tables, "nb101", lambda: space)
    monkeypatch.setattr(nb101_energy, "SETTINGS", {"random": {}, "local search": {}})
    monkeypatch.setattr(nb101_energy, "SEEDS", 3)
    nb101_energy.run()
    runs, frame = results.read("nb101/energy_runs").arrays, results.read("nb101/energy").frame
    history = nb101_energy.play("local search", 1, space)
    spent = history.joules <= 2e6
    best = history.genotypes[np.argmax(np.where(spent, history.values, -1))]
    mine = np.flatnonzero(runs["searcher"] == "local search")[1]
    assert runs["at_joules"][mine, list(nb101_energy.JOULES).index(2e6)] == space.index(best[None])[0]
    assert set(frame["unit"]) == {"joules", "queries"}
    assert f"{6 * 19} numbers of 6 of 6 units" in attestation.again("nb101/energy_runs")
    assert "36 of 36 units" in attestation.again("nb101/energy")
    kept = results.read("nb101/energy_runs")
    kept.arrays["queries"][mine] += 1
    with pytest.raises(LucioleError, match="queries of run 1 of local search is"):
        attestation.sentence(nb101_energy.rederive("nb101/energy_runs", kept, np.random.default_rng(0), 6), "runs")
    altered = replace(kept, data=frame.assign(test_sd=0.0))
    with pytest.raises(LucioleError, match="test_sd of random joules"):
        attestation.sentence(nb101_energy.rederive("nb101/energy", altered, np.random.default_rng(0), 36), "summary")


def test_without_measured_energies_the_search_says_where_they_belong(monkeypatch, tmp_path):
    monkeypatch.setenv("LUCIOLE_DATA", str(tmp_path))
    with pytest.raises(LucioleError, match=r"expected nb101_energy.npz in the folder LUCIOLE_DATA"):
        nb101_energy.measured.__wrapped__()


@pytest.fixture
def brief(monkeypatch, tmp_path):
    """Two short searches of each kind on few images."""
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(digits_lemonade, "EVALUATIONS", 20)
    monkeypatch.setattr(digits_lemonade, "EPOCHS", 1)
    monkeypatch.setattr(digits_lemonade, "LONGER", 2)
    monkeypatch.setattr(digits_lemonade, "SEEDS", 2)
    short = {name: (*kind, 2 if "longer" in name else 1) for name, (*kind, _) in digits_lemonade.METHODS.items()}
    monkeypatch.setattr(digits_lemonade, "METHODS", short)
    whole = digits_lemonade.digits()
    few = Parts(*((x[:128], y[:128]) for x, y in (whole.train, whole.validation, whole.test)), whole.normalisation)
    monkeypatch.setattr(digits_lemonade, "digits", lambda: few)


@pytest.mark.check  # twenty seconds
def test_children_inherit_and_all_searches_train_alike(brief):
    digits_lemonade.run(seconds=0)
    with pytest.raises(LucioleError, match="no result 'images/lemonade'"):
        results.read("images/lemonade")
    digits_lemonade.run()
    runs, frame = results.read("images/lemonade_runs").arrays, results.read("images/lemonade").frame
    for number, method in enumerate(runs["method"]):
        mine = runs["run"] == number
        epochs = runs["epochs"][mine]
        if method == "LEMONADE":
            assert epochs.max() > 1  # the weights have seen their ancestors' epochs too
        else:
            assert (epochs == digits_lemonade.METHODS[str(method)][2]).all()
        assert mine.sum() * digits_lemonade.METHODS[str(method)][2] == 20
    first = [runs["validation"][(runs["run"] == number)][:10] for number in (0, 1)]
    assert (first[0] == first[1]).all()  # with and without inheritance the beginning is the same
    assert set(frame["method"]) == set(digits_lemonade.METHODS)
    assert (frame["low"] <= frame["test"] + 1e-9).all()
    assert digits_lemonade.quality(runs)["hypervolume"].between(0, 1).all()
    _derived_again(results.read("images/lemonade_runs"), results.read("images/lemonade"))


def _derived_again(runs, table):
    def again(kept, name, units=None):
        return attestation.sentence(digits_lemonade.rederive(name, kept, np.random.default_rng(0), units), name)

    assert "8 of 8 units" in again(runs, "images/lemonade_runs", 8)
    assert "160 of 160 units" in again(table, "images/lemonade")
    held = runs.arrays
    for name, place in (("validation", 3), ("test", 4), ("anew", (5, 1))):
        held[name][place] += 5
        with pytest.raises(LucioleError, match=f"{name} of "):
            again(runs, "images/lemonade_runs", 8)
        held[name][place] -= 5
    table.frame.loc[7, "high"] += 0.01
    with pytest.raises(LucioleError, match="high of LEMONADE, at most"):
        again(table, "images/lemonade")


def test_a_parent_that_was_not_trained_is_refused():
    rows = chain.sample(np.random.default_rng(0), 2)
    with pytest.raises(LucioleError, match="expected a parent that was trained"):
        digits_lemonade.Trainer(1, 0).inherit(rows[:1], rows[1:])


def test_runs_that_hang_on_the_last_bit_are_compared_under_the_same_kernels_only():
    runs = {"searcher": np.array(["LaNAS", "random"] * 3), "seed": np.repeat(np.arange(3), 2), "cell": np.arange(6)}
    ran = []

    def work(task):
        ran.append(task[0])
        return {"cell": np.array([2 * task[1] + (task[0] == "random")])}

    def derive(blas):
        record = SimpleNamespace(parameters={"BLAS": blas})
        result = SimpleNamespace(arrays=runs, provenance=record)
        ran.clear()
        return comparison.rederive(result, work, np.random.default_rng(0), 6, ["luciole.errors"])

    assert len(derive(comparison.kernels()).units) == 6 and "LaNAS" in ran
    elsewhere = derive("openblas Z80")
    assert set(ran) == {"random"} and elsewhere.of == 6 and "by openblas Z80" in elsewhere.left["LaNAS"]
    assert "3 numbers of 3 of 6 units" in attestation.sentence(elsewhere, "runs")
