"""What inherited weights are worth: LEMONADE on scikit-learn's 8x8 digits, beside searches that train from scratch.

A real search with real trainings, small enough for one core: 1,797 images of handwritten digits (no download), of
which 1,000 train, 400 choose and 397 are read at the end; networks are those of :mod:`luciole.networks.chain`.
Every search trains for the same number of epochs in all (``EVALUATIONS`` x ``EPOCHS``):

* ``LEMONADE``: brief trainings, children begin with their parent's weights;
* ``without inheritance``: the same evolution, children begin from scratch;
* ``random``: networks drawn at random, brief trainings;
* ``random, longer``: ``LONGER`` times fewer of them, trained as much longer.

Training is that of :mod:`luciole.training`; its highest rate was chosen among 0.003, 0.01 and 0.03 by the validation
accuracy of ten random networks trained *from scratch* for two epochs (other networks than the search's), so it favours
the searches that do so. Validation accuracy chooses, test accuracy is read for the figures only. At last the network
chosen under each of ``LIMITS`` is trained anew, from scratch and longer: what its architecture alone is worth.

    luciole run images/lemonade
"""

import time
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Column, Sample, columns, draw, resting_on
from luciole.costs.energy import Meter
from luciole.datasets.splits import Parts
from luciole.datasets.windows import Normalisation
from luciole.efficiency.front import hypervolume
from luciole.errors import LucioleError, extra
from luciole.experiments.comparison import interval
from luciole.networks import chain as networks
from luciole.search import SEARCHERS, Budget, History, Objective
from luciole.shards import load_shards, run_shards
from luciole.spaces import Rows, chain
from luciole.training import Recipe, train

EVALUATIONS = 80  # brief trainings of one search
EPOCHS = 2  # of a brief training
LONGER = 10  # a long training has so many times the epochs
BATCH, RATE = 64, 0.03
SEEDS = 8
LIMITS = (2_000, 8_000)  # parameters
GRID = np.unique(np.geomspace(800, 25_000, 40).round().astype(int))  # parameters at which the front is read
METHODS = {  # label: searcher, whether children inherit, epochs of a training
    "LEMONADE": ("LEMONADE", True, EPOCHS),
    "without inheritance": ("LEMONADE", False, EPOCHS),
    "random": ("random", False, EPOCHS),
    "random, longer": ("random", False, LONGER * EPOCHS),
}
BOX, FLOOR = (700.0, 25_000.0), 0.7  # of the hypervolume: parameters on a logarithmic axis, accuracy above this share
BLIND = 10  # networks that an evolution draws before any accuracy is known
POINTS = 3.0  # by which an accuracy may differ when derived again
ROUNDING = "another kind of processor rounds sums otherwise, which training amplifies"
MODULES = (
    __name__,
    *("luciole.experiments.comparison", "luciole.datasets.windows"),
    *("luciole.search.lemonade", "luciole.search.nsga2", "luciole.search.random", "luciole.search.history"),
    *("luciole.search.searcher", "luciole.search.evaluated"),
    *("luciole.search.objective", "luciole.search.budget", "luciole.spaces.chain", "luciole.spaces.genes"),
    *("luciole.networks.chain", "luciole.training.loop"),
)


@cache
def digits() -> Parts:
    """The digits in three parts, always the same, normalised by the mean and deviation of the training part."""
    with extra("book"):
        from sklearn.datasets import load_digits  # on use: it takes a second

    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    images, labels = data.images[order].astype(np.float32)[:, None], data.target[order].astype(np.int64)
    normalisation = Normalisation.fit(images[:1_000].reshape(1_000, 1, -1))
    images = (images - images[:1_000].mean()) / images[:1_000].std()
    cut = [slice(0, 1_000), slice(1_000, 1_400), slice(1_400, None)]
    train_part, validation, test = ((images[part], labels[part]) for part in cut)
    return Parts(train_part, validation, test, normalisation)


class Trainer:
    """Trains what it is asked for, lets children begin with their parent's weights, and remembers all of them.

    Called with rows (n, 18) it returns their validation accuracies (%); an objective can be made of it.
    """

    def __init__(self, epochs: int, seed: int) -> None:
        self.recipe = Recipe(epochs=epochs, batch=BATCH, rate=RATE)
        self.seed = seed
        self.parents: dict[bytes, bytes] = {}
        self.trained: dict[bytes, networks.Chain] = {}
        self.test: dict[bytes, float] = {}  # accuracy (%), for the report only
        self.epochs: dict[bytes, int] = {}  # that the weights have seen, ancestors included

    def inherit(self, parents: Rows, children: Rows) -> None:
        """Note whose weights each child shall begin with."""
        for parent, child in zip(parents, children, strict=True):
            if parent.tobytes() not in self.trained:
                raise LucioleError(f"expected a parent that was trained, got {chain.words(parent)}")
            self.parents[child.tobytes()] = parent.tobytes()

    def __call__(self, rows: Rows) -> NDArray[np.float64]:
        """Train each genotype and return its validation accuracy (%)."""
        return np.array([self.one(row) for row in rows])

    def one(self, row: Rows) -> float:
        """Train one genotype (18,), and return its validation accuracy (%)."""
        key = row.tobytes()
        drawn = np.random.SeedSequence([self.seed, len(self.trained)]).generate_state(2).tolist()
        generator = torch.Generator().manual_seed(drawn[0])
        parent = self.parents.get(key)
        if parent is None:
            network = networks.build(row, generator)
        else:
            network = networks.morph(self.trained[parent], row, generator)
        record = train(network, digits(), self.recipe, torch.Generator().manual_seed(drawn[1]))
        self.trained[key] = network
        self.epochs[key] = self.recipe.epochs + (0 if parent is None else self.epochs[parent])
        self.test[key] = 100 * float(record.accuracy["test"][-1][0])
        return 100 * float(record.accuracy["validation"][-1][0])


def play(method: str, seed: int, epochs: int) -> tuple[History, Trainer]:
    """Run one search of ``epochs`` epochs in all; those of one seed begin with the same random networks."""
    searcher, inherits, each = METHODS[method]
    trainer = Trainer(each, seed)
    settings: dict[str, Callable] = {}
    if searcher == "LEMONADE":
        settings["costs"] = log_costs
    if inherits:
        settings["inherit"] = trainer.inherit
    history = SEARCHERS[searcher](
        chain, Objective(trainer), Budget(evaluations=epochs // each), np.random.default_rng(seed), **settings
    )
    return history, trainer


def log_costs(rows: Rows) -> NDArray[np.float64]:
    """Logarithms of parameters and multiply-accumulates: (n, 2)."""
    return np.log10(np.column_stack([networks.parameters(rows), networks.macs(rows)]))


def work(task: tuple[str, int]) -> dict[str, NDArray]:
    """One search: genotypes in order, their accuracies (%), epochs in their weights, and the chosen ones trained anew.

    ``anew`` holds the test accuracy (%) for each of ``LIMITS``, NaN where no network is that small.
    """
    method, seed = task
    start = time.perf_counter()
    found = searched(method, seed, EVALUATIONS * EPOCHS)
    spent = time.perf_counter() - start
    return {
        **found,
        "anew": anew(seed, found["genotypes"], found["validation"]),
        "searched": np.array(spent, dtype=np.float32),  # seconds
        "took": np.array(time.perf_counter() - start, dtype=np.float32),
    }


def searched(method: str, seed: int, epochs: int) -> dict[str, NDArray]:
    """What a search of ``epochs`` epochs in all asked for: genotypes, accuracies (%), epochs in their weights."""
    history, trainer = play(method, seed, epochs)
    keys = [row.tobytes() for row in history.genotypes]
    return {
        "genotypes": history.genotypes,
        "validation": history.values.astype(np.float32),
        "test": np.array([trainer.test[key] for key in keys], dtype=np.float32),
        "epochs": np.array([trainer.epochs[key] for key in keys], dtype=np.int16),
    }


def anew(seed: int, rows: Rows, values: NDArray) -> NDArray[np.float32]:
    """Test accuracy (%) of what a search chooses under each of ``LIMITS``, trained from scratch and longer."""
    found = np.full(len(LIMITS), np.nan, dtype=np.float32)
    for place, position in enumerate(under(values, networks.parameters(rows), LIMITS)):
        if position >= 0:
            trainer = Trainer(LONGER * EPOCHS, seed + LIMITS[place])
            trainer.one(rows[position])
            found[place] = trainer.test[rows[position].tobytes()]
    return found


def under(values: NDArray, costs: NDArray, limits: NDArray | tuple[int, ...]) -> NDArray[np.int64]:
    """Position of the highest value that costs at most each limit, the cheapest if several; -1 where none does.

    >>> under(np.array([90.0, 95.0, 95.0]), np.array([10, 50, 40]), (5, 10, 100))
    array([-1,  0,  2])
    """
    order = np.lexsort((costs, -values))
    fits = costs[order][None, :] <= np.asarray(limits)[:, None]
    return np.where(fits.any(axis=1), order[fits.argmax(axis=1)], -1)


def summary(runs: Mapping[str, NDArray]) -> pd.DataFrame:
    """One row a method and limit of ``GRID``: mean test accuracy (%) of what validation chose, with its interval."""
    frames = []
    for method in METHODS:
        got = []
        for run in np.flatnonzero(runs["method"] == method):
            rows, values, test = one_run(runs, int(run))
            position = under(values, networks.parameters(rows), GRID)
            got.append(np.where(position < 0, 10.0, test[position]))  # nothing that small: a guess among ten digits
        table = np.array(got, dtype=float)
        low, high = interval(table)
        frames.append(
            pd.DataFrame(
                {"method": method, "parameters": GRID, "runs": len(table), "test": table.mean(axis=0), "low": low}
                | {"high": high, "sd": table.std(axis=0, ddof=1)}
            )
        )
    return pd.concat(frames, ignore_index=True)


def one_run(runs: Mapping[str, NDArray], run: int) -> tuple[Rows, NDArray, NDArray]:
    """Genotypes, validation and test accuracies (%) of one search, from the arrays of the result."""
    mine = runs["run"] == run
    return runs["genotypes"][mine], runs["validation"][mine], runs["test"][mine]


def quality(runs: Mapping[str, NDArray]) -> pd.DataFrame:
    """One row a search: method, seed, hypervolume of its front (test accuracy against parameters), accuracies anew.

    The front is chosen by validation accuracy; the box of the hypervolume is ``BOX`` by ``FLOOR`` to 1.
    """
    lines = []
    for run, (method, seed) in enumerate(zip(runs["method"], runs["seed"], strict=True)):
        rows, values, test = one_run(runs, run)
        costs = networks.parameters(rows)
        chosen = np.unique(under(values, costs, costs))
        volume = hypervolume(test[chosen] / 100, costs[chosen], costs=BOX, floor=FLOOR)
        anew = dict(zip((f"anew_{limit}" for limit in LIMITS), runs["anew"][run].tolist(), strict=True))
        lines.append({"method": str(method), "seed": int(seed), "hypervolume": volume, **anew})
    return pd.DataFrame(lines)


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Begin ``units`` searches again, and train anew what they chose; None: four searches, five seconds each.

    Only what a search trains before accuracies choose parents is trained again. The summary is derived from the
    committed searches, all of it.
    """
    if name == "images/lemonade":
        return _summarised(result.frame, resting_on(f"{name}_runs", rng).arrays, rng, units)
    runs, kept, now = result.arrays, [], []
    drawn = draw(rng, len(runs["method"]), units, 4)
    for run in drawn:
        seed = int(runs["seed"][run])
        found = searched(str(runs["method"][run]), seed, BLIND * EPOCHS)
        mine = np.flatnonzero(runs["run"] == run)
        begun = {column: runs[column][mine[: len(found["epochs"])]] for column in found}
        kept.append(begun | {"anew": runs["anew"][run]})
        now.append(found | {"anew": anew(seed, runs["genotypes"][mine], runs["validation"][mine])})
    compared = {}
    for column in now[0] if now else ():
        had, has = (np.concatenate([one[column] for one in side]) for side in (kept, now))
        exact = column in ("genotypes", "epochs")
        compared[column] = Column(had, has) if exact else Column(had, has, absolute=POINTS, why=ROUNDING)
    left = {
        "searched, took": "measured",
        f"all after {BLIND * EPOCHS} epochs": "accuracies choose the parents, and another processor rounds them",
    }
    named = [f"{runs['method'][run]}, seed {runs['seed'][run]}" for run in drawn]
    return Sample(named, len(runs["method"]), compared, MODULES, left)


def _summarised(
    frame: pd.DataFrame, runs: Mapping[str, NDArray], rng: np.random.Generator, units: int | None
) -> Sample:
    """Rows of the summary (None: all), derived from the committed searches."""
    drawn = draw(rng, len(frame), units, len(frame))
    kept, now = frame.iloc[drawn], summary(runs).iloc[drawn]
    names = [f"{one.method}, at most {one.parameters} parameters" for one in kept.itertuples()]
    exact = columns(kept, now[["method", "parameters", "runs"]])
    rounded = columns(kept, now[["test", "low", "high", "sd"]], relative=1e-9, why="sums are rounded in another order")
    return Sample(names, len(frame), exact | rounded, MODULES)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Run the searches that are missing; write ``images/lemonade_runs`` and ``images/lemonade`` once all are there."""
    tasks = [(method, seed) for seed in range(SEEDS) for method in METHODS]
    settings = {"evaluations": EVALUATIONS, "epochs": EPOCHS, "longer": LONGER, "batch": BATCH, "rate": RATE}
    plan = {
        **settings,
        "tasks_in_order": [list(task) for task in tasks],
        "limits": LIMITS,
        "code": {module: results.fingerprint(module) for module in MODULES},
    }
    folder = files.cache() / "images/lemonade"
    done = run_shards(work, tasks, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    if done < len(tasks):
        return
    shards = load_shards(folder)
    told = ("genotypes", "validation", "test", "epochs")
    runs: dict[str, NDArray] = {name: np.concatenate([shards[i][name] for i in range(done)]) for name in told}
    runs["run"] = np.repeat(np.arange(done, dtype=np.int16), [len(shards[i]["validation"]) for i in range(done)])
    runs |= {name: np.stack([shards[i][name] for i in range(done)]) for name in ("anew", "searched", "took")}
    runs["method"] = np.array([method for method, _ in tasks])
    runs["seed"] = np.array([seed for _, seed in tasks], dtype=np.int16)
    with Meter("FRA") as meter:
        Trainer(EPOCHS, 0)(chain.sample(np.random.default_rng(0), 10))
    spent = float(runs["took"].sum())
    for name, data in (("images/lemonade_runs", runs), ("images/lemonade", summary(runs))):
        results.write(
            name,
            data,
            function=run,
            parameters={**settings, "seeds": SEEDS, "methods": list(METHODS), "limits": list(LIMITS)},
            modules=MODULES,
            inputs={"digits": "sklearn.datasets.load_digits"},
            seconds=spent,
            joules=spent * meter.joules / meter.seconds,
            energy=f"{meter.mode}; mean power of ten trainings times the seconds",
        )
