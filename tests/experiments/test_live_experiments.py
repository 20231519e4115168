"""The experiments that score or train networks live: samples, settings, and that one task gives what it promises."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from luciole import attestation
from luciole.datasets.splits import Parts
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments.firefly import icd_accuracy
from luciole.experiments.firefly import icd_recurrent as recurrent_icd
from luciole.experiments.firefly import luciole_har201 as har201_luciole
from luciole.experiments.firefly import luciole_nb101 as nb101_luciole
from luciole.experiments.images import study as image_study
from luciole.experiments.images import training as image_training
from luciole.experiments.images import training_full as image_training_full
from luciole.scores.passes import Passes
from luciole.spaces import nb101, nb201
from luciole.training import Recipe


def test_samples_of_icd_accuracy_are_parts_of_one_order():
    cells, few = (icd_accuracy.sample(icd_accuracy.SETTINGS[name]) for name in ("cells", "released"))
    assert len(np.unique(cells)) == 2_000 and (cells[: len(few)] == few).all()
    classes = icd_accuracy.sample(icd_accuracy.SETTINGS["other images"])
    assert set(classes.tolist()) <= set(nb201.classes().tolist())


def test_a_setting_changes_what_it_says():
    first = {name: icd_accuracy.sample(setting)[:2] for name, setting in icd_accuracy.SETTINGS.items()}
    names = [name for name, setting in icd_accuracy.SETTINGS.items() if setting.space == "nb201"]
    values = [icd_accuracy.score(icd_accuracy.SETTINGS[name], first[name]) for name in names]
    assert all(one.shape == (2, 3) for one in values)
    assert len({float(one[0, 0]) for one in values}) == len(names)


def test_luciole_on_graphs_scores_each_class_once_and_the_last_stage_only_gains(data_folder):
    scorer = nb101_luciole.Scorer()
    rows, fitness = nb101_luciole.play(0, scorer, 22)
    assert len(rows) == 22 == len(scorer.known) == len(np.unique(nb101.digests(rows), axis=0))
    one, five, twenty = nb101_luciole.best_trained(rows, fitness)
    assert one <= five <= twenty


def test_blocks_of_a_graph_are_its_stem_cells_and_poolings():
    network = nb101_luciole.networks.build(
        nb101.sample(np.random.default_rng(0), 1)[0], torch.Generator().manual_seed(0), stem=4
    )
    seen = nb101_luciole.Graph(network, torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert [one.shape[1] for one in seen.blocks] == [4] * 5 + [8] * 4 + [16] * 3
    assert len(Passes(network, seen.batch).blocks) == 10  # by flow, a pooling belongs to the block before it


@pytest.fixture
def toy(monkeypatch):
    """Two classes of tiny images for every data set, and a search and a training that take no time."""
    rng = np.random.default_rng(0)
    y = np.arange(1_100) % 10
    X = (rng.normal(size=(1_100, 1, 14, 14)) + y[:, None, None, None]).astype(np.float32)
    part = (X, y)
    monkeypatch.setattr(image_study, "parts", lambda setting, name: Parts(part, part, part, Normalisation.fit(X)))
    return replace(image_training_full.FULL, scored=25, recipe=Recipe(epochs=1, batch=64, windows=64), cells=1, width=4)


def test_image_training_searches_and_trains_every_network(toy):
    found = image_study.search((toy, "mnist", 0))
    assert 0 <= found["cell"] < 15_625 and found["seconds"] > 0
    assert "found on CIFAR-10" not in image_study.plans("cifar10", 1, 1)
    plans = image_study.plans("mnist", int(found["cell"]), 12)
    assert plans.pop("found on CIFAR-10") == 12
    assert set(plans) == {"found here", "ResNet-like cell", "small CNN", "MLP", "LeNet-5"}
    for label, cell in plans.items():
        trained = image_study.learn((toy, "mnist", 0, label, cell))
        assert trained["params"] > 0 and trained["macs"] > 0 and 0 <= trained["test"] <= 1
        assert (cell >= 0) == ("cell" in label or "found" in label)


@pytest.mark.check  # a quarter of a minute
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_rows_of_image_training_are_derived_again_and_an_altered_one_is_named(toy, monkeypatch, device):
    toy = replace(toy, device="cpu")
    cell = int(image_study.search((toy, "mnist", 1))["cell"])
    plan = image_study.plans("mnist", cell, int(image_study.search((toy, "cifar10", 1))["cell"]))
    rows = [
        {"dataset": "mnist", "seed": 1}
        | {key: value.item() for key, value in image_study.learn((toy, "mnist", 1, label, cell)).items()}
        for label, cell in plan.items()
    ]
    frame = pd.DataFrame([*rows, rows[0] | {"dataset": "fashion"}])
    kept = SimpleNamespace(frame=frame, provenance=SimpleNamespace(parameters={"device": device}))
    monkeypatch.setattr(image_study, "absent", lambda: {"fashion": "fashion is not here"})
    monkeypatch.setattr(image_training, "SHORT", toy)
    for name in ("search", "learn"):  # each is done again once
        monkeypatch.setattr(image_study, name, cache(getattr(image_study, name)))

    def again(units=6):
        sample = image_training.rederive("images/training", kept, np.random.default_rng(0), units)
        assert "fashion" in sample.left and sample.of == 7
        return attestation.sentence(sample, "images/training")

    assert f"{30 if device == 'cpu' else 18} numbers of 6 of 7 units" in again()
    for column, by in (("cell", 1), ("macs", 1), *((("test", 0.1),) if device == "cpu" else ())):
        frame.loc[2, column] += by
        with pytest.raises(LucioleError, match=f"{column} of .* on mnist, seed 1 is|found here on mnist"):
            again()
        frame.loc[2, column] -= by


def test_without_cifar10_no_training_on_images_is_compared(monkeypatch):
    def absent():
        raise LucioleError("cells are transferred from CIFAR-10, which is not here")

    monkeypatch.setattr(image_study, "absent", absent)
    assert "nothing was compared: cells are" in attestation.again("images/training_full")


def test_lenet_sees_the_small_digits_enlarged():
    made = image_study.network(image_training.SHORT, "digits", "LeNet-5", -1, 0)
    assert made(torch.zeros(2, 1, 8, 8)).shape == (2, 10)


def test_a_recurrent_cell_is_scored_and_learns(monkeypatch):
    numbers, symbols, what = recurrent_icd.text()
    assert "scikit-learn" in what and int(numbers.max()) == symbols - 1
    monkeypatch.setattr(recurrent_icd, "STEPS", 12)
    monkeypatch.setattr(recurrent_icd, "WINDOW", 8)
    found = recurrent_icd.learn(recurrent_icd.cells()[0], 0)
    assert found["icd"] > 0 and found["loss"] < np.log(symbols) and found["params"] > 0


def test_windows_are_followed_by_what_comes_next():
    x, y = recurrent_icd.windows(torch.arange(100), torch.tensor([0, 40]))
    assert (y == x + 1).all() and x[1, 0] == 40


def sentence(module, result, units):
    """What a reader is told when the result is derived again."""
    return attestation.sentence(module.rederive("", result, np.random.default_rng(0), units), "it")


def test_cells_at_their_settings_are_scored_again(monkeypatch):
    small = {"base": icd_accuracy.Setting("nb201", 2, batch=9), "cells": icd_accuracy.Setting("nb101", 0, batch=9)}
    monkeypatch.setattr(icd_accuracy, "SETTINGS", small)
    monkeypatch.setattr(icd_accuracy, "_source", lambda: "made up")
    cells = icd_accuracy.sample(small["base"])
    kept = {"cells, base": cells, "values, base": icd_accuracy.score(small["base"], cells)}
    kept |= {"cells, cells": np.empty(0, int), "values, cells": np.empty((0, 3))}
    inputs = {"images": icd_accuracy.icd_batch.images(9, 8)[1], "table": "made up"}
    result = SimpleNamespace(arrays=kept, provenance=SimpleNamespace(inputs=inputs))
    assert "8 numbers of 2 of 2 units" in sentence(icd_accuracy, result, 5)
    kept["values, base"] = kept["values, base"] * [1, 1.01, 1]
    with pytest.raises(LucioleError, match=r"values of cell \d+ at base is|values of place"):
        sentence(icd_accuracy, result, 1)
    inputs["images"] = "others"
    with pytest.raises(attestation.Unavailable, match="the scores were on others"):
        sentence(icd_accuracy, result, 1)


def test_recurrent_cells_are_scored_and_trained_again(monkeypatch):
    monkeypatch.setattr(recurrent_icd, "STEPS", 1)
    trained = recurrent_icd.shard((1, 3))
    kept = {"rows": recurrent_icd.cells()[[3]], "seed": np.array([1]), "cell": np.array([3])}
    kept |= {name: values[None] for name, values in trained.items()}
    result = SimpleNamespace(arrays=kept, provenance=SimpleNamespace(inputs={"text": recurrent_icd.text()[2]}))
    assert "27 numbers of 1 of 1 units" in sentence(recurrent_icd, result, 4)
    for name, by in (("icd", 1), ("loss", 0.1), ("params", 1), ("rows", 1)):
        altered = SimpleNamespace(arrays=kept | {name: kept[name] + by}, provenance=result.provenance)
        with pytest.raises(LucioleError, match=f"{name} of cell 3 under seed 1 is"):
            sentence(recurrent_icd, altered, 4)


def test_searches_of_graphs_are_run_again(monkeypatch, data_folder):
    for name, value in (("SCORED", 3), ("TRAINED", (1,)), ("STEM", 4)):
        monkeypatch.setattr(nb101_luciole, name, value)
    play = nb101_luciole.play
    monkeypatch.setattr(nb101_luciole, "play", lambda seed, scorer: play(seed, scorer, 3))
    found = nb101_luciole.shard(2)
    kept = {"seed": np.array([2])} | {name: values[None] for name, values in found.items()}
    inputs = {"images": nb101_luciole.icd_batch.images(16, 8)[1], "table": nb101_luciole._table().source}
    result = SimpleNamespace(arrays=kept, provenance=SimpleNamespace(inputs=inputs))
    assert "of 1 of 1 units" in sentence(nb101_luciole, result, 1)
    for name, by in (("rows", 1), ("fitness", 0.01), ("luciole", 0.01), ("networks", 1)):
        altered = SimpleNamespace(arrays=kept | {name: kept[name] + by}, provenance=result.provenance)
        with pytest.raises(LucioleError, match=f"{name} of seed 2 is"):
            sentence(nb101_luciole, altered, 1)
    inputs["table"] = "another"
    with pytest.raises(attestation.Unavailable, match="accuracies were those of the another"):
        sentence(nb101_luciole, result, 1)


def test_searches_by_the_sensors_scores_are_run_again(monkeypatch):
    cells = {"luciole": 5, "random search": 6, "random cell": 7, "networks": 8}
    monkeypatch.setattr(har201_luciole, "shard", lambda seed: {k: np.array(v + seed) for k, v in cells.items()})
    monkeypatch.setattr(har201_luciole.protocol, "data", lambda name: None)
    kept = {"seed": np.array([3])} | {name: np.array([value + 3]) for name, value in cells.items()}
    could = {"cells that could be chosen": int(har201_luciole.trained().sum())}
    result = SimpleNamespace(arrays=kept, provenance=SimpleNamespace(parameters=could))
    assert "4 numbers of 1 of 1 units" in sentence(har201_luciole, result, 1)
    kept["random search"] = kept["random search"] + 1
    with pytest.raises(LucioleError, match="random search of seed 3 is 9 now, committed 10"):
        sentence(har201_luciole, result, 1)
    could["cells that could be chosen"] = 7
    with pytest.raises(attestation.Unavailable, match="7 cells could be chosen then"):
        sentence(har201_luciole, result, 1)
