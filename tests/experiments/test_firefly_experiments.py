"""What the firefly experiments compute apart from searching: scores, choices, last stage, and their rederivation."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from luciole import attestation, results
from luciole.errors import LucioleError
from luciole.experiments.firefly import icd_batch
from luciole.experiments.firefly import ifa_nb101 as nb101_ifa
from luciole.experiments.firefly import ifa_nb201 as nb201_ifa
from luciole.experiments.firefly import luciole_nb201 as nb201_luciole
from luciole.experiments.firefly import plans_nb201 as nb201_plans
from luciole.networks import NB201_C10, counts
from luciole.scores.icd import icd
from luciole.search import History
from luciole.spaces import nb101, nb201

CLASSES = len(nb201.classes())


def test_images_are_standardised_and_say_what_they_are(monkeypatch, tmp_path):
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    batch, what = icd_batch.images(20, 12)
    assert batch.shape == (20, 3, 12, 12) and "digits" in what and "12x12" in what
    torch.testing.assert_close(batch.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(batch.std(dim=(0, 2, 3)), torch.ones(3), atol=1e-4, rtol=0)
    assert torch.equal(batch, icd_batch.images(20, 12)[0]) and not torch.equal(batch, icd_batch.images(20, 12, 1)[0])


def test_images_are_the_prepared_ones_where_they_are(data_folder):
    assert icd_batch.images(10, 8)[1] == "CIFAR-10 training images, 8x8"


def test_fitness_is_one_value_a_class_truncated_where_released():
    scores = {"icd": np.linspace(1, 2, CLASSES), "naswot": np.r_[-np.inf, np.linspace(5, 6, CLASSES - 1)]}
    icd_fitness = nb201_ifa.fitness("icd", 0, scores)
    assert icd_fitness.shape == (nb201.SIZE,) and (icd_fitness == np.trunc(icd_fitness)).all()
    assert (icd_fitness == icd_fitness[nb201.iso()]).all()
    assert np.isfinite(nb201_ifa.fitness("naswot", 0, scores)).all()
    one, other = nb201_ifa.fitness("random", 0, {}), nb201_ifa.fitness("random", 1, {})
    assert (one != other).any() and (one == one[nb201.iso()]).all()
    assert (nb201_ifa.fitness("params", 0, {}) == counts.parameters(nb201.all_cells(), NB201_C10)).all()


def made_up(**columns):
    """A table of these columns, the accuracies of all data sets among them."""
    rng = np.random.default_rng(0)
    columns |= {f"{key}_test200": rng.random(nb201.SIZE).astype(np.float32) for key in nb201_ifa.DATASETS}
    return type("Made", (dict,), {"source": "made up"})(columns)


def sentence(module, result, units):
    """What a reader is told when the result is derived again."""
    return attestation.sentence(module.rederive("", result, np.random.default_rng(0), units), "it")


def test_runs_and_classes_are_derived_again_and_what_was_altered_is_named(monkeypatch):
    name = "IFA, centred, strength, icd"
    table, rng = made_up(), np.random.default_rng(0)
    monkeypatch.setattr(nb201_ifa.tables, "nb201", lambda: table)
    monkeypatch.setattr(nb201_ifa, "BATCH", 6)
    scores = {key: rng.random(CLASSES) * 100 for key in nb201_ifa.NAMES}
    at_classes = {index: place for place, index in enumerate(nb201.classes().tolist())}
    monkeypatch.setattr(
        nb201_ifa, "score_classes", lambda members: {"icd": scores["icd"][[at_classes[one] for one in members]]}
    )
    accounts = [nb201_ifa.account(nb201_ifa.play(name, seed, scores)) for seed in range(2)]
    kept = {key: np.array([[one[at] for one in accounts]]) for at, key in enumerate(("best", "scored", "evaluations"))}
    kept |= {**scores, **nb201_ifa.sums_of(kept["best"], table), "variants": np.array([name])}
    inputs = {"images": icd_batch.images(6, 8)[1], "accuracies": "made up"}
    result = SimpleNamespace(arrays=kept, provenance=SimpleNamespace(inputs=inputs))
    assert "of 4 of 6,468 units came out the same" in sentence(nb201_ifa, result, 2)
    for key, at, where in (
        ("c100_mean", (0, 0), "c100_mean of IFA, centred"),
        ("scored", (0, 1), f"scored of run 1 of {name!r}"),
        ("best", (0, 0, 3), "best of run 0"),
    ):
        altered = SimpleNamespace(arrays=kept | {key: kept[key].copy()}, provenance=result.provenance)
        altered.arrays[key][at] += 1
        with pytest.raises(LucioleError, match=where):
            sentence(nb201_ifa, altered, 2)
    other = SimpleNamespace(arrays=kept, provenance=SimpleNamespace(inputs=inputs | {"accuracies": "others"}))
    with pytest.raises(attestation.Unavailable, match="accuracies were others"):
        sentence(nb201_ifa, other, 2)


def test_plans_are_run_again_and_the_choice_of_scores_with_them(monkeypatch):
    names = ("luciole, 60", "random search, 150")
    rng = np.random.default_rng(2)
    table = made_up(c10_val12=rng.random(nb201.SIZE), c10_cost12_s=np.full(nb201.SIZE, 100.0))
    scores = {key: rng.random(CLASSES) for key in ("synflow", "l2_norm")}
    choice = nb201_luciole.choose(scores, table["c100_test200"])
    chosen = str(choice["names"][0]).split(" + ")
    found = [[nb201_luciole.account(name, 1_000 + k, scores, chosen, table, 0.1) for k in range(2)] for name in names]
    kept = {key: np.array(found)[:, :, at] for at, key in enumerate(("best", "trained", "trainings"))}
    kept |= {f"score_{key}": values for key, values in scores.items()} | {"score_seconds": np.array(0.1)}
    kept |= {f"sets_{key}": values for key, values in choice.items()} | {"plans": np.array(names)}
    kept |= nb201_luciole.sums_of(kept, table)
    provenance = SimpleNamespace(inputs={"accuracies": "made up"})
    monkeypatch.setattr(nb201_luciole.tables, "nb201", lambda: table)
    monkeypatch.setattr(nb201_luciole.stages, "need_images", lambda: None)
    monkeypatch.setattr(
        nb201_luciole, "_scored_again", lambda scores, at: {key: values[at] for key, values in scores.items()}
    )
    result = SimpleNamespace(arrays=kept, provenance=provenance)
    assert "of 8 of 6,470 units came out the same" in sentence(nb201_luciole, result, 4)
    for key, at, by, where in (
        ("best", (1, 0), 1, "best of run 1000 of 'random search, 150'"),
        ("trainings", (0, 1), 1, "trainings of run 1001 of 'luciole, 60'"),
        ("sets_mean", 0, 0.01, "sets_mean of"),
        ("in16_trained_sd", 0, 0.01, "in16_trained_sd of luciole, 60"),
    ):
        altered = SimpleNamespace(arrays=kept | {key: kept[key].copy()}, provenance=provenance)
        altered.arrays[key][at] += by
        with pytest.raises(LucioleError, match=where):
            sentence(nb201_luciole, altered, 4)


def test_scores_that_are_not_finite_are_the_least_on_record(monkeypatch):
    classes = nb201.classes()[:2]
    now = SimpleNamespace(values={"naswot": np.array([[-np.inf, 4.0]])})
    monkeypatch.setattr(nb201_luciole.stages, "stage", lambda name, indices: now)
    kept = {"naswot": np.array([1.0, 4.0, 2.0]), "macs": np.zeros(3)}
    again = nb201_luciole._scored_again(kept, np.array([0, 1]))
    assert again["naswot"].tolist() == [1.0, 4.0]
    assert (again["macs"] == counts.macs(nb201.all_cells()[classes], NB201_C10, 32)).all()


def test_the_set_is_chosen_by_the_accuracy_of_its_top():
    rng = np.random.default_rng(1)
    scores = {name: rng.random(CLASSES) for name in ("a", "b", "c", "d")}
    accuracy = np.zeros(nb201.SIZE)
    accuracy[nb201.classes()] = sum(np.log(np.argsort(np.argsort(scores[name])) + 1) for name in "bd")
    choice = nb201_luciole.choose(scores, accuracy)
    assert choice["names"][0] == "b + d" and len(choice["names"]) == 4 + 6 + 4
    top = np.argsort(-accuracy[nb201.classes()])[:5]
    assert choice["mean"][0] == pytest.approx(accuracy[nb201.classes()][top].mean())
    assert (np.diff(choice["mean"]) <= 0).all()


def test_the_last_stage_trains_from_the_best_down_and_each_class_once():
    rows = nb201.all_cells()[[5, 9, 9, 7, 100]]
    history = History(rows, np.array([1.0, 4.0, 4.0, 3.0, 2.0]), np.zeros((5, 3)))
    valid, cost = np.zeros(nb201.SIZE), np.full(nb201.SIZE, 10.0)
    valid[[5, 7, 9, 100]] = 99, 60, 50, 70
    assert nb201_plans.train_best(history, valid, cost, 10.0) == (9, 1)
    assert nb201_plans.train_best(history, valid, cost, 29.0) == (7, 2)
    assert nb201_plans.train_best(history, valid, cost, 30.0) == (100, 3)
    assert nb201_plans.train_best(history, valid, cost, 1e9) == (5, 4)


@pytest.mark.parametrize("name", list(nb201_plans.PLANS))
def test_every_plan_runs_within_its_classes(name, monkeypatch):
    from dataclasses import replace

    small = replace(nb201_plans.PLANS[name], scored=45)
    monkeypatch.setitem(nb201_plans.PLANS, name, small)
    rng = np.random.default_rng(2)
    scores = {key: rng.random(CLASSES) for key in ("synflow", "progressivity", "l2_norm", "icd", "naswot", "params")}
    history = nb201_plans.play(name, 7, scores, ("synflow", "progressivity"))
    assert len(np.unique(nb201.canonical(history.genotypes), axis=0)) <= 45
    if "MMACs" in name:
        assert (counts.macs(history.genotypes, NB201_C10, 32) <= nb201_plans.MAC_LIMIT).all()


def test_a_plan_changes_with_the_scores_and_names_code_that_is_there():
    scores = {"a": np.arange(6.0), "b": np.ones(3)}
    same = nb201_ifa.digest({name: scores[name].copy() for name in "ba"})
    assert nb201_ifa.digest(scores) == same
    assert nb201_ifa.digest({"a": scores["a"] + 1e-12, "b": scores["b"]}) != same
    assert nb201_ifa.digest({"b": scores["a"], "a": scores["b"]}) != same
    for modules in (nb201_ifa.SCORING, nb201_ifa.SEARCHING, nb201_plans.MODULES, nb101_ifa.MODULES):
        assert nb201_ifa.code(modules) == {module: results.fingerprint(module) for module in modules}
    for plan in nb201_plans.PLANS.values():
        assert plan.search.__module__ in nb201_plans.MODULES
    for variant in nb201_ifa.VARIANTS.values():
        assert variant.search.__module__ in nb201_ifa.SEARCHING
    for search in nb101_ifa.SEARCHERS.values():
        assert search.__module__ in nb101_ifa.MODULES


class FewCells:
    """Some cells of NAS-Bench-101 in place of the table."""

    source = "made up"

    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, column):
        return self.at(self.rows, column)

    def sample(self, rng, n):
        return self.rows[rng.integers(len(self.rows), size=n)]

    def at(self, rows, column):
        return nb101.digests(rows)[:, 0] / 300 + (column == "params")


def test_networks_are_scored_and_runs_moved_again_on_the_scores_on_record(monkeypatch):
    table = FewCells(nb101.sample(np.random.default_rng(1), 30))
    for name, value in (("BATCH", 6), ("SIDE", 8), ("STEM", 4), ("GENERATIONS", 1), ("POPULATION", 3), ("_known", {})):
        monkeypatch.setattr(nb101_ifa, name, value)
    monkeypatch.setattr(nb101_ifa.nasbench101, "load", lambda: table)
    batch, what = icd_batch.images(6, 8)
    runs = [("FA", "one-sided", 0), ("IFA", "centred", 0)]
    histories = [nb101_ifa.play(*run, table, lambda rows: np.trunc(nb101_ifa.score(rows, batch))) for run in runs]
    kept = {key: np.array([run[at] for run in runs]) for at, key in enumerate(("searcher", "noise", "seed"))}
    found = [nb101_ifa.account(history) for history in histories]
    kept |= {key: np.concatenate([one[key] for one in found]) for key in ("rows", "met", "values")}
    kept["cells"] = np.array([len(one["rows"]) for one in found])
    kept["evaluations"] = np.array([one["evaluations"] for one in found])
    kept["accuracy"] = np.array([nb101_ifa.chosen(table, one["rows"], one["values"]) for one in found])
    control = nb101_ifa.controls(table, 1)
    kept |= {"control": np.array(list(control)), "control_accuracy": np.array(list(control.values()))}
    provenance = SimpleNamespace(inputs={"images": what, "table": "made up"})
    cells = len(kept["rows"])
    assert f"of {cells} of {cells} units" in sentence(
        nb101_ifa, SimpleNamespace(arrays=kept, provenance=provenance), cells
    )
    for key, by, where in (
        ("met", 1, "met of run 0 of .* is"),
        ("accuracy", 0.001, "accuracy of run 0 of FA, one-sided"),
        ("evaluations", 1, "evaluations of run 0 of"),
        ("control_accuracy", 0.001, "control_accuracy of seed 0 of FA, one-sided, random score"),
    ):
        altered = SimpleNamespace(arrays=kept | {key: kept[key].copy()}, provenance=provenance)
        altered.arrays[key][0] += by
        with pytest.raises(LucioleError, match=where):
            sentence(nb101_ifa, altered, 1)
    higher = SimpleNamespace(arrays=kept | {"values": kept["values"] + 1}, provenance=provenance)
    with pytest.raises(LucioleError, match="values of network 0 is"):
        sentence(nb101_ifa, higher, cells)  # the same moves and choices, but no such scores
    lost = SimpleNamespace(arrays=kept | {"rows": kept["rows"][::-1].copy()}, provenance=provenance)
    with pytest.raises(LucioleError, match="meets a cell now that is not on record|is .* now, committed"):
        sentence(nb101_ifa, lost, 1)


def test_nb101_scores_are_the_icd_of_the_graph_whoever_asks_first():
    rows = nb101.sample(np.random.default_rng(0), 3)
    batch = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    nb101_ifa._known.clear()
    forward = nb101_ifa.score(rows, batch)
    nb101_ifa._known.clear()
    backward = nb101_ifa.score(rows[::-1], batch)[::-1]
    nb101_ifa._known.clear()
    np.testing.assert_array_equal(forward, backward)
    seed = int.from_bytes(nb101.digests(rows)[1].tobytes()[:8]) >> 1
    network = nb101_ifa.networks.build(rows[1], torch.Generator().manual_seed(seed), stem=nb101_ifa.STEM)
    # quickened, a sum runs in another order: a unit within rounding of zero may fall to the other side
    assert forward[1] == pytest.approx(icd(network, batch), rel=1e-5)
