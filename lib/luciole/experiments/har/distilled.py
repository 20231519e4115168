"""Whether the small network learns more from a stronger rival's probabilities, mixed with the labels (distillation).

    luciole run har/distilled

Fixed before any figure was read: seglearn, where a random forest was ahead of networks of this size; the network found
for UCI HAR under 53 k MACs, in whose search seglearn's people had no part; the groups of people, the recipe and the
augmentation of ``luciole design``, :data:`STEPS` steps. The forest's probabilities of a window come from forests that
never saw its person, so that they tell what is mistaken for what on new people (Hinton, Vinyals and Dean, 2015, soften
them by a temperature; a forest's are soft). A network learns from targets of which the share :data:`WEIGHTS` is the
forest's. It is kept where the best share above 0 gains more than twice its standard error over validation people;
the tested people then say what it is worth.
"""

import time

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from luciole import files, results, training
from luciole.attestation import Column, Sample, Unavailable, draw
from luciole.costs.busy import estimated
from luciole.datasets.dataset import Dataset
from luciole.design import rivals, tasks
from luciole.design.parts import Bench, part
from luciole.design.run import read
from luciole.errors import LucioleError, extra
from luciole.experiments.har import designed
from luciole.networks import har1d
from luciole.sensors.features import features
from luciole.sensors.training import Average, Learner
from luciole.shards import load_shards, run_shards

with extra("sensors"):
    from sklearn.model_selection import GroupKFold, cross_val_predict

NAME = "har/distilled"
DATASET, TEACHER = "seglearn", "random forest"
NETWORK = ("uci_har", "found, 53 k MACs")  # of har/models
WEIGHTS = (0.0, 0.5, 0.9)
STEPS, SEEDS = 600, 2
SIDES = ("validation", "test")
KEY = ["bench", "seed"]
MODULES = (
    *(__name__, "luciole.design.dealing", "luciole.design.parts", "luciole.design.rivals", "luciole.design.tasks"),
    *("luciole.sensors.features", "luciole.sensors.training", "luciole.networks.har1d"),
)


def genes() -> NDArray[np.int8]:
    """The network's genotype, of the committed models."""
    models = results.read("har/models", part=True).frame
    mine = models[(models["dataset"] == NETWORK[0]) & (models["model"] == NETWORK[1])]
    return np.array(mine["genotype"].iloc[0].split(), dtype=np.int8)


def taught_by(dataset: Dataset, rows: NDArray[np.int64], seed: int) -> Tensor:
    """The forest's probabilities of windows, each of forests that never saw its person: (n, classes)."""
    assert dataset.subject is not None
    who, y = dataset.subject[rows], dataset.y[rows]
    cut = GroupKFold(min(5, len(np.unique(who))))
    forest = rivals.ON_FEATURES[TEACHER](seed)
    told = cross_val_predict(forest, features(dataset.X[rows]), y, groups=who, cv=cut, method="predict_proba")
    targets = np.zeros((len(rows), dataset.classes), dtype=np.float32)
    targets[:, np.unique(y)] = told
    return torch.from_numpy(targets)


def fit(taught: Learner, network: nn.Module, targets: Tensor, generator: torch.Generator) -> None:
    """Train ``network`` as ``taught.fit`` does, on targets (n, classes) that need not be certain."""
    recipe, varied = taught.settings.recipe, taught.settings.augmentation.of(taught.normalisation, taught.axes)
    kept = Average(network, taught.settings.averaging)

    def loss(rows: Tensor) -> Tensor:
        logits = network(varied(taught.X[rows], generator))
        return functional.cross_entropy(logits, targets[rows], label_smoothing=recipe.smoothing)

    for _ in training.descend(network, recipe, len(taught.X), loss, generator, after=kept.add):
        pass
    kept.put()


def unit(task: tuple[int, int]) -> dict[str, NDArray]:
    """Train with every weight on one bench with one seed: what each recognises of everybody's windows."""
    (number, seed), begun = task, time.process_time()
    dataset = read(DATASET, {})
    bench = benches(dataset)[number]
    taught = tasks.learner(dataset, bench.train, STEPS)
    hard = functional.one_hot(taught.y, dataset.classes).float()
    soft = taught_by(dataset, bench.train, seed)
    told: list[tuple[float, int, int, int, int]] = []
    for weight in WEIGHTS:
        drawn = torch.Generator().manual_seed(seed)
        network = har1d.build(genes(), dataset.channels, dataset.classes, drawn)
        fit(taught, network, (1 - weight) * hard + weight * soft, torch.Generator().manual_seed(seed))
        for side, rows in enumerate((bench.validation, bench.test)):
            answers = taught.answers(network, dataset.X[rows]).argmax(axis=1)
            assert dataset.subject is not None
            told += [
                (weight, side, int(who), int((dataset.subject[rows] == who).sum()),
                 int((answers == dataset.y[rows])[dataset.subject[rows] == who].sum()))
                for who in np.unique(dataset.subject[rows])
            ]  # fmt: skip
    names = ("weight", "side", "person", "windows", "right")
    arrays = {name: np.array(column) for name, column in zip(names, zip(*told, strict=True), strict=True)}
    return {**arrays, "seconds": np.array(time.process_time() - begun)}


def benches(dataset: Dataset) -> list[Bench]:
    """Those that test somebody."""
    return [bench for bench in part(dataset).benches if len(bench.test)]


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` benches and seeds once more; None: one, half a minute."""
    groups = list(result.frame.groupby(KEY, sort=True))
    drawn = draw(rng, len(groups), units, 1)
    compared: dict[str, Column] = {}
    for at in drawn:
        (bench, seed), told = groups[at]
        try:
            now = unit((int(bench), int(seed)))
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        share = told["right"].to_numpy() / told["windows"].to_numpy(), now["right"] / now["windows"]
        compared[f"group {bench}, seed {seed}"] = Column(*share, absolute=0.05, why=designed.WHY)
    return Sample(list(compared), len(groups), compared, MODULES, {"windows": "of the data set"})


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Train what is left, and write what is finished: a row a bench, seed, weight, side and person."""
    planned = [(bench, seed) for bench in range(len(benches(read(DATASET, {})))) for seed in range(SEEDS)]
    plan = {"weights": WEIGHTS, "steps": STEPS, "code": {module: results.fingerprint(module) for module in MODULES}}
    folder = files.cache() / NAME
    run_shards(unit, planned, folder, plan=plan, workers=workers, scheduler=scheduler, seconds=seconds)
    shards = load_shards(folder)
    if not shards:
        return
    spent = sum(float(piece["seconds"]) for piece in shards.values())
    frames = [
        pd.DataFrame({name: column for name, column in piece.items() if column.ndim}).assign(bench=bench, seed=seed)
        for (bench, seed), piece in ((planned[at], piece) for at, piece in shards.items())
    ]
    results.write(
        NAME,
        pd.concat(frames, ignore_index=True).sort_values([*KEY, "weight", "side", "person"], ignore_index=True),
        function=run,
        parameters={"weights": list(WEIGHTS), "steps": STEPS, "seeds": SEEDS, "teacher": TEACHER},
        modules=MODULES,
        inputs={DATASET: "installed package seglearn", "har/models": "the network's genotype"},
        **estimated(spent),
        holds=(len(shards), len(planned)),
    )
