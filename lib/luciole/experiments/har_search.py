"""Small sensor networks: a training recipe, a training-free search, and the networks found beside hand-made ones.

    luciole run har_search                     # goes on where it stopped

Protocol, the same for all models of a data set:

1. *Parts*: train, search-validation and test share no person; on UCI HAR the published test subjects. Constants of
   normalisation come from what is trained on. Test windows are read once a trained model, at the very end.
2. *Recipe*: candidates train one small reference network on UCI HAR; the best mean accuracy on the validation people,
   over seeds, is used for every network on every data set.
3. *Search*: under each limit of multiply-accumulates, the firefly search of chapter 5 climbs the merit that
   :mod:`luciole.sensor_search` makes of training-free scores. Its best designs train for a few epochs, and so do as
   many random ones; the validation people choose. The random ones also say how far the scores can be trusted.
4. *Final*: what was chosen and the hand-made networks train on train and validation together for a fixed number of
   epochs, over seeds. Nothing is stopped early, no epoch is chosen.

Costs: processor seconds of one thread; joules are an estimate, these seconds times a stated power.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import cache, partial

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from luciole import datasets, files, results
from luciole.augmentation import Augmentation
from luciole.costs.counts import count
from luciole.datasets import splits
from luciole.datasets.dataset import Dataset
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.networks.har_baselines import BASELINES
from luciole.search import Budget, Objective, luciole
from luciole.sensor_search import GUIDES, Fitness, leaders, score, small
from luciole.sensor_training import Learner, Report, Settings
from luciole.shards import load_shards, run_shards
from luciole.spaces import har1d
from luciole.training import Recipe
from luciole.window_features import features

log = logging.getLogger("luciole")

WATTS = 4.0  # of a busy thread: CodeCarbon's assumption where no counter can be read
SPLIT_SEED = 0  # of who is in which part
MODULES = tuple(
    f"luciole.{name}"
    for name in (
        "augmentation", "datasets.splits", "datasets.windows", "networks.har1d", "networks.har_baselines",
        "networks.initial", "search.luciole", "sensor_search", "sensor_training", "spaces.har1d", "window_features",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What is done on one data set."""

    load: Callable[[], Dataset]
    limits: tuple[int, ...]  # multiply-accumulates
    windows: int  # training windows of an epoch, at most
    top: int = 6  # designs of a search that are trained for a short while
    random: int = 8  # random designs that are
    epochs: int = 12  # of the final trainings


PLANS = {
    "uci_har": Plan(partial(datasets.load, "uci_har"), limits=(53_079, 1_000_000), windows=8192),
    "wisdm": Plan(partial(datasets.load, "wisdm"), limits=(53_079, 1_000_000), windows=4096, top=4, random=4),
}

REFERENCE = (3, 0, 0, 1, 0, 3, 3, 2, 0, 1, 0, 0, 2, 1, 1, 2)  # the design that recipes are tried on
TRIAL = Settings(Recipe(epochs=10, batch=64, rate=1e-2, weight_decay=1e-2), averaging=0.99)
SMOOTH = replace(TRIAL.recipe, smoothing=0.1)
RECIPES = {
    "averaged weights": TRIAL,
    "last weights": replace(TRIAL, averaging=0.0),
    "rotation 5": replace(TRIAL, augmentation=Augmentation(rotation=5)),
    "rotation 10": replace(TRIAL, augmentation=Augmentation(rotation=10)),
    "pace 0.1": replace(TRIAL, augmentation=Augmentation(speed=0.1)),
    "mixing 0.2": replace(TRIAL, augmentation=Augmentation(mixing=0.2)),
    "smoothing 0.1": replace(TRIAL, recipe=SMOOTH),
    "rotation 5, smoothing 0.1": replace(TRIAL, recipe=SMOOTH, augmentation=Augmentation(rotation=5)),
    "weight decay 0.1": replace(TRIAL, recipe=replace(TRIAL.recipe, weight_decay=0.1)),
}
RECIPE_SEEDS = (0, 1)
VARIANTS = ("as chosen", "no statistics", "not varied", "no statistics, not varied")  # of the reference design

WATCHED = (*GUIDES, "naswot", "swap", "zen", "grad_norm", "params", "macs")  # scores whose worth is measured
SCORED = 300  # designs that a search scores
SHORT = Recipe(epochs=5, windows=4096)  # of the short trainings, the rest as the recipe chosen

SEEDS = (0, 1, 2, 3, 4)
FEWER = {"random forest": 3, "logistic regression": 1}  # seeds of one that varies little, and of one that draws nothing
SLOW = ("1-D CNN", "TinyHAR-like", "Inception (small)", "DeepConvLSTM (small)")  # minutes each
SLOW_SEEDS = (0, 1)  # after everything else
CLASSICAL: dict[str, Callable[[int], ClassifierMixin]] = {
    "random forest": lambda seed: RandomForestClassifier(100, random_state=seed),
    "logistic regression": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=300)),
}

Row = tuple[int, ...]


@cache
def data(name: str) -> tuple[Dataset, splits.Split]:
    """A data set and its parts; LucioleError where it is not here."""
    dataset = PLANS[name].load()
    return dataset, splits.by_subject(dataset, seed=SPLIT_SEED)


def everyone(split: splits.Split) -> NDArray[np.int64]:
    """Train and validation together: what the final models learn from."""
    return np.sort(np.concatenate([split.train, split.validation]))


def try_recipe(task: tuple[str, int]) -> dict[str, NDArray]:
    """Train the reference design by one recipe and seed; accuracy on the validation people of UCI HAR."""
    name, seed = task
    dataset, split = data("uci_har")
    learner = Learner.of(dataset, split.train, RECIPES[name])
    network = networks.build(REFERENCE, dataset.channels, dataset.classes, torch.Generator().manual_seed(seed))
    seconds = learner.fit(network, torch.Generator().manual_seed(seed))
    report = learner.judge(network, dataset, split.validation)
    return {
        "recipe": np.array(name),
        "seed": np.array(seed),
        "accuracy": np.array(report.accuracy),
        "macro_f1": np.array(report.macro_f1),
        "seconds": np.array(seconds),
    }


def ablate(task: tuple[str, str, int]) -> dict[str, NDArray]:
    """Train the reference design on UCI HAR without some of what it has; accuracy on the validation people."""
    variant, recipe, seed = task
    dataset, split = data("uci_har")
    bare, unvaried = "no statistics" in variant, "not varied" in variant
    settings = replace(RECIPES[recipe], augmentation=Augmentation()) if unvaried else RECIPES[recipe]
    row = (*REFERENCE[:-1], 0) if bare else REFERENCE
    learner = Learner.of(dataset, split.train, settings)
    network = networks.build(row, dataset.channels, dataset.classes, torch.Generator().manual_seed(seed))
    seconds = learner.fit(network, torch.Generator().manual_seed(seed))
    report = learner.judge(network, dataset, split.validation)
    return {
        "variant": np.array(variant),
        "seed": np.array(seed),
        "accuracy": np.array(report.accuracy),
        "macro_f1": np.array(report.macro_f1),
        "seconds": np.array(seconds),
    }


def search(task: tuple[str, int]) -> dict[str, NDArray]:
    """Search under one limit, no network trained: the leaders, and random designs to hold them against."""
    name, limit = task
    dataset, split = data(name)
    rng = np.random.default_rng([SPLIT_SEED, limit])
    learner = Learner.of(dataset, split.train, TRIAL)
    started = time.process_time()
    batch = learner.sample(32, rng)[0]
    fitness = Fitness(batch, dataset.classes, limit, rng)
    history = luciole.search(
        har1d,
        Objective(fitness, key=har1d.canonical),
        Budget(evaluations=SCORED),
        rng,
        allowed=fitness.allowed,
    )
    seconds = time.process_time() - started
    best = leaders(history, PLANS[name].top)
    others = small(
        np.random.default_rng([limit, 1]), PLANS[name].random, dataset.channels, dataset.classes, dataset.length, limit
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
    dataset, split = data(name)
    chosen = RECIPES[recipe]
    brief = replace(chosen, recipe=replace(chosen.recipe, epochs=SHORT.epochs, windows=SHORT.windows))
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
        "scores": np.array(score(np.array(row, dtype=np.int8), batch, dataset.classes, WATCHED, labels)),
    }


def final(task: tuple[str, str, int, str, Row]) -> dict[str, NDArray]:
    """Train one model on train and validation, and read the test people once."""
    name, model, seed, recipe, row = task
    dataset, split = data(name)
    rows = everyone(split)
    plan, chosen = PLANS[name], RECIPES[recipe]
    kept: dict[str, NDArray] = {}
    if model in CLASSICAL:
        started = time.process_time()
        classifier = CLASSICAL[model](seed).fit(features(dataset.X[rows]), dataset.y[rows])
        seconds = time.process_time() - started
        answers = classifier.predict(features(dataset.X[split.test]))
        report = Report.of(answers, dataset.y[split.test], splits.groups(dataset)[split.test], dataset.classes)
        macs = parameters = -1
    else:
        longer = replace(chosen.recipe, epochs=plan.epochs, windows=min(plan.windows, len(rows)))
        learner = Learner.of(dataset, rows, replace(chosen, recipe=longer))
        network = build(model, row, dataset, seed)
        seconds = learner.fit(network, torch.Generator().manual_seed(seed))
        report = learner.judge(network, dataset, split.test)
        macs, parameters = cost(model, row, dataset)
        if seed == SEEDS[0]:
            kept = {f"weight {part}": value.numpy() for part, value in network.state_dict().items()}
            kept |= {"mean": learner.normalisation.mean, "deviation": learner.normalisation.deviation}
    return kept | {
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


def build(model: str, row: Row, dataset: Dataset, seed: int) -> nn.Module:
    """A network by the name of a hand-made one, or from the genotype found."""
    generator = torch.Generator().manual_seed(seed)
    if model in BASELINES:
        return BASELINES[model](dataset.channels, dataset.classes, dataset.length, generator)
    return networks.build(row, dataset.channels, dataset.classes, generator)


def cost(model: str, row: Row, dataset: Dataset) -> tuple[int, int]:
    """Multiply-accumulates and parameters of a network."""
    if model in BASELINES:
        counted = count(build(model, row, dataset, 0), (dataset.channels, dataset.length))
        return counted.macs, counted.parameters
    parameters, macs = networks.counts(np.array(row), dataset.channels, dataset.classes, dataset.length)
    return int(macs[0]), int(parameters[0])


def trained(name: str, model: str) -> tuple[nn.Module, Normalisation]:
    """The network found for a data set, with the weights of the first seed as the committed result holds them.

    Raises LucioleError when there is none of that name.
    """
    table, held = results.read("har_models").frame, results.read("har_models_weights").arrays
    rows = table[(table["dataset"] == name) & (table["model"] == model)]
    prefix = f"{name}/{model}/"
    if rows.empty or f"{prefix}mean" not in held:
        known = sorted({"/".join(key.split("/")[:2]) for key in held})
        raise LucioleError(f"no trained network {prefix[:-1]!r}; there are: {', '.join(known)}")
    row = tuple(int(gene) for gene in rows["genotype"].iloc[0].split())
    state = {
        key.removeprefix(f"{prefix}weight "): torch.from_numpy(value)
        for key, value in held.items()
        if key.startswith(f"{prefix}weight ")
    }
    classes = len(state["classifier.bias"])
    network = networks.build(row, len(held[f"{prefix}mean"]), classes, torch.Generator().manual_seed(0))
    network.load_state_dict(state)
    return network.eval(), Normalisation(held[f"{prefix}mean"], held[f"{prefix}deviation"])


def found(limit: int) -> str:
    """What the design found under a limit is called."""
    return f"found, {limit / 1e6:g} M MACs" if limit >= 1e6 else f"found, {limit / 1e3:.0f} k MACs"


def _pieces(stage: str, work: Callable, tasks: list, plan: dict, seconds: float | None) -> list[dict] | None:
    """Run the tasks of a stage that are not done, and return all its shards in order, or None while some lack."""
    folder = files.cache() / "har_search" / stage
    code = {module: results.fingerprint(module) for module in MODULES}
    done = run_shards(work, tasks, folder, plan={"code": code, **plan}, seconds=seconds)
    shards = load_shards(folder)
    return [shards[number] for number in sorted(shards)] if done == len(tasks) else None


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Do all stages in order, each data set that is here; stop after ``seconds`` and go on there the next time.

    The stages are short and depend on each other, so they run in this process whatever ``workers`` says.
    """
    deadline = time.monotonic() + seconds if seconds is not None else None

    def left() -> float | None:
        return None if deadline is None else max(0.0, deadline - time.monotonic())

    tried = [(name, seed) for seed in RECIPE_SEEDS for name in RECIPES]
    pieces = _pieces("recipes", try_recipe, tried, {"recipes": json.loads(json.dumps(_told()))}, left())
    if pieces is None:
        return
    recipes = pd.DataFrame([{key: value.item() for key, value in piece.items()} for piece in pieces])
    recipe = str(recipes.groupby("recipe", sort=False)["accuracy"].mean().idxmax())
    _write("har_recipes", recipes, try_recipe, {"chosen": recipe}, float(recipes["seconds"].sum()))
    cut = [(variant, recipe, seed) for seed in RECIPE_SEEDS for variant in VARIANTS]
    pieces = _pieces("ablation", ablate, cut, {"recipe": recipe}, left())
    if pieces is not None:
        table = pd.DataFrame([{key: value.item() for key, value in piece.items()} for piece in pieces])
        _write("har_ablation", table, ablate, {"recipe": recipe}, float(table["seconds"].sum()))

    def slow(name: str, seed: int) -> None:
        tasks = [(name, model, seed, recipe, ()) for model in SLOW if model in BASELINES]
        stated = {"recipe": recipe, "plan": [PLANS[name].windows, PLANS[name].epochs]}
        _pieces(f"{name}-slow-{seed}", final, tasks, stated, left())

    kept, models = [], []
    for name, plan in PLANS.items():
        try:
            data(name)
        except LucioleError as reason:
            log.warning("the search leaves out %s: %s", name, reason)
            continue
        stated = {"recipe": recipe, "plan": [*plan.limits, plan.windows, plan.epochs]}
        searched = _pieces(f"{name}-search", search, [(name, limit) for limit in plan.limits], stated, left())
        if searched is None:
            break
        rows = [(int(one["limit"]), tuple(row.tolist())) for one in searched for row in one["rows"]]
        auditions = _pieces(
            f"{name}-auditions", audition, [(name, limit, recipe, row) for limit, row in rows], stated, left()
        )
        if auditions is None:
            break
        table = candidates(name, searched, auditions)
        kept.append(table)
        chosen = {found(limit): choose(table, limit) for limit in plan.limits}
        tasks = [
            (name, model, seed, recipe, chosen.get(model, ()))
            for seed in SEEDS
            for model in (*chosen, *BASELINES, *CLASSICAL)
            if model not in SLOW and seed < FEWER.get(model, len(SEEDS))
        ]
        _pieces(f"{name}-final", final, tasks, stated, left())
        models.append(name)
    if kept:
        every = pd.concat(kept)
        _write("har_candidates", every, audition, {"recipe": recipe}, float(every["seconds"].sum()))
    for seed in SLOW_SEEDS:
        for name in models:
            slow(name, seed)
    if models:
        collect(models, recipe)


def _told() -> dict[str, dict]:
    return {name: asdict(settings) for name, settings in RECIPES.items()}


def candidates(name: str, searched: list[dict], auditions: list[dict]) -> pd.DataFrame:
    """One row a design that was trained for a short while."""
    rows = []
    told = [(one, place) for one in searched for place in range(len(one["rows"]))]
    for (one, place), piece in zip(told, auditions, strict=True):
        rows.append(
            {
                "dataset": name,
                "limit": int(one["limit"]),
                "searched": bool(one["searched"][place]),
                "genotype": " ".join(map(str, piece["row"].tolist())),
                "merit": float(one["merit"][place]),
                "skill": float(one["skill"][place]),
                "macs": int(one["macs"][place]),
                "accuracy": float(piece["accuracy"]),
                "macro_f1": float(piece["macro_f1"]),
                "seconds": float(piece["seconds"]),
                "search_seconds": float(one["seconds"]),
                "scored": int(one["scored"]),
                **dict(zip(WATCHED, piece["scores"].tolist(), strict=True)),
            }
        )
    return pd.DataFrame(rows)


def choose(table: pd.DataFrame, limit: int) -> Row:
    """The design of a search that the validation people's accuracy prefers after the short training."""
    mine = table[(table["limit"] == limit) & table["searched"]]
    best = int(mine["accuracy"].to_numpy().argmax())
    return tuple(int(gene) for gene in mine["genotype"].iloc[best].split())


def collect(names: list[str], recipe: str) -> None:
    """Write all finished final trainings: one row a model and seed, and one a test person."""
    rows, people = [], []
    confusions: dict[str, NDArray] = {}
    weights: dict[str, NDArray] = {}
    for name in names:
        stages = ("final", *(f"slow-{seed}" for seed in SLOW_SEEDS))
        folders = [files.cache() / "har_search" / f"{name}-{stage}" for stage in stages]
        for piece in [piece for folder in folders for piece in load_shards(folder).values()]:
            model, seed = str(piece["model"]), int(piece["seed"])
            spent = float(piece["seconds"])
            row = {key: piece[key].item() for key in ("accuracy", "macro_f1", "macs", "parameters")}
            rows.append(
                {
                    "dataset": name,
                    "model": model,
                    "seed": seed,
                    "genotype": " ".join(map(str, piece["row"].tolist())),
                    **row,
                    "seconds": spent,
                    "joules": WATTS * spent,
                }
            )
            for who, accuracy in zip(piece["subject"].tolist(), piece["subject_accuracy"].tolist(), strict=True):
                people.append({"dataset": name, "model": model, "seed": seed, "subject": who, "accuracy": accuracy})
            key = f"{name}/{model}"
            confusions[key] = confusions.get(key, 0) + piece["confusion"]
            if piece["row"].size:  # of the networks found, the first seed's are small enough to keep
                parts = ("mean", "deviation", *(part for part in piece if part.startswith("weight ")))
                weights |= {f"{key}/{part}": piece[part] for part in parts if part in piece}
    table = pd.DataFrame(rows).sort_values(["dataset", "model", "seed"])
    spent = float(table["seconds"].sum())
    _write("har_models", table, final, {"recipe": recipe}, spent)
    _write("har_models_people", pd.DataFrame(people), final, {"recipe": recipe}, spent)
    _write("har_models_weights", weights, final, {"recipe": recipe}, spent)
    _write("har_models_confusion", confusions, final, {"recipe": recipe}, spent)


def _write(
    name: str, table: pd.DataFrame | dict[str, NDArray], function: Callable, parameters: dict, seconds: float
) -> None:
    stated = {
        "recipes": _told(),
        "short": asdict(SHORT),
        "scored": SCORED,
        "split_seed": SPLIT_SEED,
        "plans": {key: [*plan.limits, plan.windows, plan.epochs] for key, plan in PLANS.items()},
    }
    results.write(
        name,
        table,
        function=function,
        parameters=stated | parameters,
        modules=("luciole.experiments.har_search", *MODULES),
        inputs={key: f"{key}: prepared file, see luciole.datasets" for key in PLANS},
        seconds=seconds,
        joules=WATTS * seconds,
        energy=f"estimate: processor seconds of one thread, times {WATTS:g} W",
    )
