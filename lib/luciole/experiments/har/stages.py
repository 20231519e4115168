"""What :mod:`luciole.experiments.har.search` does a task at a time: a recipe, a search, a short or a final training."""

import time
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from luciole.datasets import splits
from luciole.experiments.har import protocol
from luciole.networks import har1d as networks
from luciole.networks.statistics import KINDS
from luciole.search import Budget, Objective, luciole
from luciole.sensors.features import features
from luciole.sensors.search import Fitness, leaders, score, small
from luciole.sensors.training import Learner, Report, Settings
from luciole.spaces import har1d

Row = protocol.Row


def on_reference(name: str, settings: Settings, seed: int, kinds: tuple[str, ...] | None = KINDS) -> dict[str, NDArray]:
    """Train the reference design, with these kinds of statistics or none; how well it knows the validation people."""
    dataset, split = protocol.data(name)
    learner = Learner.of(dataset, split.train, settings)
    generator = torch.Generator().manual_seed(seed)
    network = networks.build(protocol.REFERENCE, dataset.channels, dataset.classes, generator, kinds)
    seconds = learner.fit(network, torch.Generator().manual_seed(seed))
    report = learner.judge(network, dataset, split.validation)
    return {
        "seed": np.array(seed),
        "accuracy": np.array(report.accuracy),
        "macro_f1": np.array(report.macro_f1),
        "seconds": np.array(seconds),
    }


def try_recipe(task: tuple[str, int]) -> dict[str, NDArray]:
    """Train the reference design on UCI HAR by one recipe and seed."""
    name, seed = task
    return {"recipe": np.array(name)} | on_reference("uci_har", protocol.RECIPES[name], seed)


def ablate(task: tuple[str, str, str, int]) -> dict[str, NDArray]:
    """Train the reference design without some of its statistics."""
    name, variant, recipe, seed = task
    measured = on_reference(name, protocol.RECIPES[recipe], seed, protocol.VARIANTS[variant])
    return {"dataset": np.array(name), "variant": np.array(variant)} | measured


def lengthen(task: tuple[str, str, int, int]) -> dict[str, NDArray]:
    """Train the reference design for so many epochs of as many windows as the final trainings see."""
    name, recipe, epochs, seed = task
    chosen = protocol.RECIPES[recipe]
    windows = min(protocol.PLANS[name].windows, len(protocol.data(name)[1].train))
    settings = replace(chosen, recipe=replace(chosen.recipe, epochs=epochs, windows=windows))
    return {"dataset": np.array(name), "epochs": np.array(epochs)} | on_reference(name, settings, seed)


def search(task: tuple[str, int]) -> dict[str, NDArray]:
    """Search under one limit, no network trained: the leaders, and random designs to hold them against."""
    name, limit = task
    dataset, split = protocol.data(name)
    rng = np.random.default_rng([protocol.SPLIT_SEED, limit])
    learner = Learner.of(dataset, split.train, protocol.TRIAL)
    started = time.process_time()
    batch = learner.sample(32, rng)[0]
    fitness = Fitness(batch, dataset.classes, limit, rng)
    history = luciole.search(
        har1d,
        Objective(fitness, key=har1d.canonical),
        Budget(evaluations=protocol.SCORED),
        rng,
        allowed=fitness.allowed,
    )
    seconds = time.process_time() - started
    best = leaders(history, protocol.PLANS[name].top)
    others = small(
        np.random.default_rng([limit, 1]),
        protocol.PLANS[name].random,
        dataset.channels,
        dataset.classes,
        dataset.length,
        limit,
    )
    rows = np.concatenate([best, others])
    return {
        "limit": np.array(limit),
        "rows": rows,
        "searched": np.arange(len(rows)) < len(best),
        "merit": fitness(rows),
        "skill": fitness.skill(rows),
        "macs": fitness.macs(rows),
        "scored": np.array(len(history) + len(fitness.sample)),
        "seconds": np.array(seconds),
        "trace": history.trace(),
    }


def audition(task: tuple[str, int, str, Row]) -> dict[str, NDArray]:
    """Train one design for a short while by one recipe; accuracy on the validation people, and its scores."""
    name, limit, recipe, row = task
    dataset, split = protocol.data(name)
    chosen = protocol.RECIPES[recipe]
    brief = replace(chosen, recipe=replace(chosen.recipe, epochs=protocol.SHORT.epochs, windows=protocol.SHORT.windows))
    learner = Learner.of(dataset, split.train, brief)
    network = networks.build(row, dataset.channels, dataset.classes, torch.Generator().manual_seed(0))
    seconds = learner.fit(network, torch.Generator().manual_seed(0))
    report = learner.judge(network, dataset, split.validation)
    batch, labels = learner.sample(32, np.random.default_rng(limit))
    return {
        "row": np.array(row, dtype=np.int8),
        "limit": np.array(limit),
        "accuracy": np.array(report.accuracy),
        "macro_f1": np.array(report.macro_f1),
        "seconds": np.array(seconds),
        "scores": np.array(score(np.array(row, dtype=np.int8), batch, dataset.classes, protocol.WATCHED, labels)),
    }


def final(task: tuple[str, str, int, str, Row]) -> dict[str, NDArray]:
    """Train one model on train and validation, and read the test people once."""
    name, model, seed, recipe, row = task
    dataset, split = protocol.data(name)
    rows = protocol.everyone(split)
    plan, chosen = protocol.PLANS[name], protocol.RECIPES[recipe]
    kept: dict[str, NDArray] = {}
    if model in protocol.CLASSICAL:
        started = time.process_time()
        classifier = protocol.CLASSICAL[model](seed).fit(features(dataset.X[rows]), dataset.y[rows])
        seconds = time.process_time() - started
        answers = classifier.predict(features(dataset.X[split.test]))
        report = Report.of(answers, dataset.y[split.test], splits.groups(dataset)[split.test], dataset.classes)
        macs = parameters = -1
    else:
        longer = replace(chosen.recipe, epochs=plan.epochs, windows=min(plan.windows, len(rows)))
        learner = Learner.of(dataset, rows, replace(chosen, recipe=longer))
        network = protocol.build(model, row, dataset, seed)
        seconds = learner.fit(network, torch.Generator().manual_seed(seed))
        report = learner.judge(network, dataset, split.test)
        macs, parameters = protocol.cost(model, row, dataset)
        if seed == protocol.SEEDS[0]:
            kept = {f"weight {part}": value.numpy() for part, value in network.state_dict().items()}
            kept |= {"mean": learner.normalisation.mean, "deviation": learner.normalisation.deviation}
    return kept | {
        "dataset": np.array(name),
        "model": np.array(model),
        "seed": np.array(seed),
        "row": np.array(row, dtype=np.int8),
        "seconds": np.array(seconds),
        "macs": np.array(macs),
        "parameters": np.array(parameters),
        **told(report),
    }


def told(report: Report) -> dict[str, NDArray]:
    """What a report says, as a shard holds it."""
    return {
        "accuracy": np.array(report.accuracy),
        "macro_f1": np.array(report.macro_f1),
        "subject": np.array(list(report.subjects)),
        "subject_accuracy": np.array(list(report.subjects.values())),
        "confusion": report.confusion,
    }
