"""What the firefly experiments compute apart from searching: scores, choices, last stage, and their rederivation."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments.firefly import icd_batch
from luciole.experiments.firefly import ifa_nb101 as nb101_ifa
from luciole.experiments.firefly import ifa_nb201 as nb201_ifa
from luciole.experiments.firefly import luciole_nb201 as nb201_luciole
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


def result_of(monkeypatch, name):
    """A committed result of one variant and two seeds on made-up scores, and a table it was summed up from."""
    monkeypatch.setattr(nb201_ifa, "SEEDS", 2)
    rng = np.random.default_rng(0)
    scores = {key: rng.random(CLASSES) * 100 for key in nb201_ifa.NAMES}
    best = np.stack([nb201_ifa.best_cells(nb201_ifa.play(name, seed, scores)) for seed in range(2)])[None]
    column = rng.random(nb201.SIZE).astype(np.float32)
    sums = {f"{key}_mean": nb201_ifa.summary(best, column)["mean"] for key in nb201_ifa.DATASETS}
    provenance = SimpleNamespace(inputs={"images": "none of these", "accuracies": "made up"})
    table = {f"{key}_test200": column for key in nb201_ifa.DATASETS}
    result = SimpleNamespace(
        arrays={**scores, **sums, "best": best, "variants": np.array([name])}, provenance=provenance
    )
    return result, type("Made", (dict,), {"source": "made up"})(table)


def test_rederivation_accepts_what_it_wrote_and_refuses_anything_else(monkeypatch):
    result, table = result_of(monkeypatch, "IFA, centred, strength, icd")
    assert "2 runs chose the same cells" in nb201_ifa.rederive(result, table, 2, 0)
    result.arrays["c100_mean"] = result.arrays["c100_mean"] + 0.01
    with pytest.raises(LucioleError, match="c100"):
        nb201_ifa.rederive(result, table, 1, 0)
    result.arrays["best"] = (result.arrays["best"] + 1) % nb201.SIZE
    with pytest.raises(LucioleError, match="another cell"):
        nb201_ifa.rederive(result, table, 1, 0)


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
    assert nb201_luciole.train_best(history, valid, cost, 10.0) == (9, 1)
    assert nb201_luciole.train_best(history, valid, cost, 29.0) == (7, 2)
    assert nb201_luciole.train_best(history, valid, cost, 30.0) == (100, 3)
    assert nb201_luciole.train_best(history, valid, cost, 1e9) == (5, 4)


@pytest.mark.parametrize("name", list(nb201_luciole.PLANS))
def test_every_plan_runs_within_its_classes(name, monkeypatch):
    from dataclasses import replace

    small = replace(nb201_luciole.PLANS[name], scored=45)
    monkeypatch.setitem(nb201_luciole.PLANS, name, small)
    rng = np.random.default_rng(2)
    scores = {key: rng.random(CLASSES) for key in ("synflow", "progressivity", "l2_norm", "icd", "naswot", "params")}
    history = nb201_luciole.play(name, 7, scores, ("synflow", "progressivity"))
    assert len(np.unique(nb201.canonical(history.genotypes), axis=0)) <= 45
    if "MMACs" in name:
        assert (counts.macs(history.genotypes, NB201_C10, 32) <= nb201_luciole.MAC_LIMIT).all()


def test_a_plan_changes_with_the_scores_and_names_code_that_is_there():
    scores = {"a": np.arange(6.0), "b": np.ones(3)}
    same = nb201_ifa.digest({name: scores[name].copy() for name in "ba"})
    assert nb201_ifa.digest(scores) == same
    assert nb201_ifa.digest({"a": scores["a"] + 1e-12, "b": scores["b"]}) != same
    assert nb201_ifa.digest({"b": scores["a"], "a": scores["b"]}) != same
    for modules in (nb201_ifa.SCORING, nb201_ifa.SEARCHING, nb201_luciole.MODULES, nb101_ifa.MODULES):
        assert nb201_ifa.code(modules) == {module: results.fingerprint(module) for module in modules}
    for plan in nb201_luciole.PLANS.values():
        assert plan.search.__module__ in nb201_luciole.MODULES
    for variant in nb201_ifa.VARIANTS.values():
        assert variant.search.__module__ in nb201_ifa.SEARCHING
    for search in nb101_ifa.SEARCHERS.values():
        assert search.__module__ in nb101_ifa.MODULES


def test_nb101_rederivation_refuses_another_score_or_accuracy(monkeypatch):
    monkeypatch.setattr(nb101_ifa, "BATCH", 6)
    monkeypatch.setattr(nb101_ifa, "SIDE", 8)
    monkeypatch.setattr(nb101_ifa, "_known", {})
    batch, what = icd_batch.images(6, 8)
    rows = nb101.sample(np.random.default_rng(1), 5)
    values = np.trunc(nb101_ifa.score(rows, batch)).astype(np.int32)
    accuracies = {row.tobytes(): 0.9 + 0.01 * k for k, row in enumerate(rows)}
    table = SimpleNamespace(at=lambda asked, column: np.array([accuracies[row.tobytes()] for row in asked]))
    best = [values[:2].argmax(), 2 + values[2:].argmax()]
    kept = {"rows": rows, "values": values, "cells": np.array([2, 3]), "accuracy": table.at(rows[best], "")}
    result = SimpleNamespace(arrays=kept, provenance=SimpleNamespace(inputs={"images": what}))
    assert "5 networks had the same ICD, 2 runs" in nb101_ifa.rederive(result, table, 5)
    kept["values"] = values + 1  # the same cells are best, their scores are others
    with pytest.raises(LucioleError, match="ICD"):
        nb101_ifa.rederive(result, table, 5)
    kept["values"], kept["accuracy"] = values, kept["accuracy"] + 0.001
    with pytest.raises(LucioleError, match="accuracies"):
        nb101_ifa.rederive(result, table, 5)


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
