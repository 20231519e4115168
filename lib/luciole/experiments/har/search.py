"""Small sensor networks: a training recipe, a training-free search, and the networks found beside hand-made ones.

    luciole run har/search                     # goes on where it stopped

Protocol, the same for all models of a data set:

1. *Parts*: train, search-validation and test share no person; on UCI HAR the published test subjects. Constants of
   normalisation come from what is trained on. Test windows are read once a trained model, at the very end.
2. *Recipe*: candidates train one small reference network on UCI HAR; the best mean accuracy on the validation people,
   over seeds, is used for every network on every data set. How long to train is read off the same network.
3. *Search*: under each limit of multiply-accumulates, the firefly search of chapter 5 climbs the merit that
   :mod:`luciole.sensors.search` makes of training-free scores. Its best designs train for a few epochs, and so do as
   many random ones; the validation people choose. The random ones also say how far the scores can be trusted.
4. *Final*: what was chosen and the hand-made networks train on train and validation together for a fixed number of
   epochs, over seeds. Nothing is stopped early, no epoch is chosen.

Costs: processor seconds of one thread; joules are an estimate, these seconds times a stated power.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from luciole import files, results
from luciole.datasets import splits
from luciole.experiments.har import models, protocol
from luciole.networks import har1d as networks
from luciole.networks.statistics import KINDS
from luciole.search import Budget, Objective, luciole
from luciole.sensors.features import features
from luciole.sensors.search import Fitness, leaders, score, small
from luciole.sensors.training import Learner, Report, Settings
from luciole.shards import load_shards, run_shards
from luciole.spaces import har1d

log = logging.getLogger("luciole")

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
        "accuracy": np.array(report.accuracy),
        "macro_f1": np.array(report.macro_f1),
        "seconds": np.array(seconds),
        "macs": np.array(macs),
        "parameters": np.array(parameters),
        "subject": np.array(list(report.subjects)),
        "subject_accuracy": np.array(list(report.subjects.values())),
        "confusion": report.confusion,
    }


def _pieces(
    stage: str, work: Callable, tasks: list, plan: dict, workers: int, seconds: float | None
) -> list[dict] | None:
    """Run the tasks of a stage that are not done, and return all its shards in order, or None while some lack."""
    folder = files.cache() / "har_search" / stage
    code = {module: results.fingerprint(module) for module in protocol.MODULES}
    done = run_shards(work, tasks, folder, plan={"code": code, **plan}, workers=workers, seconds=seconds)
    shards = load_shards(folder)
    return [shards[number] for number in sorted(shards)] if done == len(tasks) else None


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Do all stages in order, each data set that is here; stop after ``seconds`` and go on there the next time.

    Stages depend on each other; the tasks of one are shared among ``workers`` processes of this machine.
    """
    deadline = time.monotonic() + seconds if seconds is not None else None

    def stage(name: str, work: Callable, tasks: list, plan: dict) -> list[dict] | None:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        return _pieces(name, work, tasks, plan, workers, left)

    tried = [(name, seed) for seed in protocol.RECIPE_SEEDS for name in protocol.RECIPES]
    pieces = stage("recipes", try_recipe, tried, {"recipes": json.loads(json.dumps(protocol.recipes()))})
    if pieces is None:
        return
    recipes = pd.DataFrame([{key: value.item() for key, value in piece.items()} for piece in pieces])
    recipe = str(recipes.groupby("recipe", sort=False)["accuracy"].mean().idxmax())
    models.write("har/recipes", recipes, try_recipe, {"chosen": recipe}, float(recipes["seconds"].sum()))
    here, absent = protocol.here()
    for line in absent:
        log.warning("the search leaves out %s", line)
    seeded = [(seed, name) for seed in protocol.RECIPE_SEEDS for name in here]
    cut = [(name, variant, recipe, seed) for seed, name in seeded for variant in protocol.VARIANTS]
    longer = [(name, recipe, epochs, seed) for seed, name in seeded for epochs in protocol.LENGTHS]
    sides: tuple[tuple[str, Callable, list], ...] = (("ablation", ablate, cut), ("lengths", lengthen, longer))
    for side, work, tasks in sides:
        pieces = stage(side, work, tasks, {"recipe": recipe, "datasets": here})
        if pieces is not None:
            table = pd.DataFrame([{key: value.item() for key, value in piece.items()} for piece in pieces])
            models.write(f"har/{side}", table, work, {"recipe": recipe}, float(table["seconds"].sum()))

    kept, chosen = [], {}
    for name in here:
        plan = protocol.PLANS[name]
        stated = {"recipe": recipe, "plan": [*plan.limits, plan.top, plan.random, protocol.SCORED]}
        searched = stage(f"{name}-search", search, [(name, limit) for limit in plan.limits], stated)
        if searched is None:
            return
        rows = [(int(one["limit"]), tuple(row.tolist())) for one in searched for row in one["rows"]]
        auditions = stage(f"{name}-auditions", audition, [(name, limit, recipe, row) for limit, row in rows], stated)
        if auditions is None:
            return
        table = models.candidates(name, searched, auditions)
        kept.append(table)
        chosen[name] = {protocol.found(limit): models.choose(table, limit) for limit in plan.limits}
    if not kept:
        return
    every = pd.concat(kept)
    models.write("har/candidates", every, audition, {"recipe": recipe}, float(every["seconds"].sum()))
    tasks = [  # seed by seed, so that a table of unfinished work has all models
        (name, model, seed, recipe, designs.get(model, ()))
        for seed in protocol.SEEDS
        for name, designs in chosen.items()
        for model in (*designs, *protocol.BASELINES, *protocol.CLASSICAL)
        if seed < protocol.FEWER.get(model, len(protocol.SEEDS))
    ]
    lengths: dict[str, object] = {name: [plan.windows, plan.epochs] for name, plan in protocol.PLANS.items()}
    stage("final", final, tasks, {"recipe": recipe, "plans": lengths})
    models.collect(recipe, final)
