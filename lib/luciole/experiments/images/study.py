"""Found cells and hand-made networks, trained from scratch by one recipe on small images.

On scikit-learn's 8x8 digits, MNIST, Fashion-MNIST and a part of CIFAR-10, and for each of :data:`SEEDS` seeds:

1. *Search*: luciole as in chapter 5 (its scores, its settings), classes of NAS-Bench-201 scored live, in a skeleton of
   8 channels and a cell a stage, on the images of the data set. "found here" is its cell; "found on CIFAR-10" the
   cell of the same seed's search there.
2. *Train*: both cells and a ResNet-like one in one skeleton, beside LeNet-5, a small convolutional network and a
   multilayer perceptron; all by one recipe.

How large and how long is a :class:`Setting`: :mod:`luciole.experiments.images.training` and
:mod:`luciole.experiments.images.training_full` have one each. Where one trains is told in the result: processor seconds
of one thread and an estimate of joules, or seconds of a GPU that several trainings share. What a data set that is not
at hand would give is left out.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from luciole import datasets, files, results
from luciole.attestation import Column, Sample, Unavailable, columns, draw
from luciole.costs import counts
from luciole.costs.energy import Meter
from luciole.datasets.dataset import TEST
from luciole.datasets.splits import Parts
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.experiments.firefly.ifa_nb201 import code
from luciole.experiments.har201.table import WATTS
from luciole.networks import Skeleton, build, small_cnn
from luciole.networks.initial import initialise
from luciole.scores import SCORES
from luciole.scores.passes import Passes
from luciole.search import Budget, Objective, luciole
from luciole.shards import load_shards, run_shards
from luciole.spaces import Rows, nb201
from luciole.training import Recipe, train
from luciole.training.image_variation import Varied

log = logging.getLogger("luciole")

DATASETS = ("digits", "mnist", "fashion", "cifar10")
MIRRORED = ("fashion", "cifar10")  # where a mirrored image is one of the same class
SEEDS = 3
SCORES_USED = ("l2_norm", "synflow", "progressivity")  # those of chapter 5; the last one alone sees the images
IMAGES = 16  # that a search sees
ALLOWED = 0.04  # share of images; .021 was seen on the 287 images that choose on the digits
ROUNDING = "another kind of processor rounds sums otherwise, which training amplifies"
LOWEST = -1e9  # stands for a score of minus infinity, among ranks
RESNET = nb201.parse("|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|none~2|")
MODULES = (  # whose code decides the numbers
    "luciole.datasets.images",
    "luciole.training.image_variation",
    "luciole.networks.initial",
    "luciole.networks.nb201",
    "luciole.networks.small_cnn",
    "luciole.scores.aznas",
    *(f"luciole.scores.{name}" for name in ("passes", "watched", "graph", "reparametrised")),
    "luciole.scores.saliency",
    "luciole.scores.synflow",
    "luciole.search.luciole",
    "luciole.search.rank_firefly",
    "luciole.spaces.nb201",
    "luciole.training.loop",
)


@dataclass(frozen=True)
class Setting:
    """How much is searched, and how large and how long networks are trained."""

    result: str  # its name, and that of the experiment
    coarser: int  # images of more than 8x8 are averaged over squares of this side
    trained: int  # images to train on at most
    held: int  # images of validation and of test at most
    scored: int  # classes that a search scores
    width: int  # channels of the trained skeleton
    cells: int  # in each of its stages
    varied: bool  # images moved by up to an eighth of their side, and mirrored where that makes sense
    recipe: Recipe
    device: str = "cpu"


@cache
def parts(setting: Setting, name: str) -> Parts:
    """Training, validation and test images of a data set under a setting, drawn once for all seeds."""
    data = datasets.load(name)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(data))
    tested = order[: len(data) // 5] if data.official is None else order[data.official[order] == TEST]
    others = np.setdiff1d(order, tested, assume_unique=True)
    others = others[rng.permutation(len(others))]
    held = min(setting.held, len(others) // 5)

    def smaller(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        n, channels, height, width = data.X[rows].shape
        side = setting.coarser if min(height, width) > 8 else 1
        blocks = data.X[rows].reshape(n, channels, height // side, side, width // side, side)
        return blocks.mean(axis=(3, 5), dtype=np.float32)

    chosen = {
        "train": others[held : held + setting.trained],
        "validation": others[:held],
        "test": tested[: setting.held],
    }
    pixels = {part: smaller(rows) for part, rows in chosen.items()}
    normal = Normalisation.fit(pixels["train"])
    found = {part: (normal(pixels[part]), data.y[rows]) for part, rows in chosen.items()}
    return Parts(found["train"], found["validation"], found["test"], normal)


def _generator(*seed: int) -> torch.Generator:
    state = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


def search(task: tuple[Setting, str, int]) -> dict[str, NDArray]:
    """Search on the images of a data set: the index of the cell, and the processor seconds that scoring took."""
    setting, name, seed = task
    images = parts(setting, name).train[0]
    batch = torch.from_numpy(images[np.random.default_rng(seed).integers(0, 1_000, IMAGES)])
    skeleton = Skeleton(inputs=images.shape[1], width=8, cells=1)
    known: dict[bytes, NDArray[np.float64]] = {}
    spent = 0.0

    def values(rows: Rows) -> NDArray[np.float64]:
        nonlocal spent
        start = time.process_time()
        classes = nb201.canonical(rows)
        for row in classes:
            if row.tobytes() not in known:
                network = build(nb201.prune(row), skeleton, _generator(seed, int(nb201.index(row))))
                seen = Passes(network, batch)
                known[row.tobytes()] = np.maximum([SCORES[one].of(seen) for one in SCORES_USED], LOWEST)
        spent += time.process_time() - start
        return np.array([known[row.tobytes()] for row in classes])

    def column(at: int) -> Callable[[Rows], NDArray[np.float64]]:
        return lambda rows: values(rows)[:, at]

    history = luciole.search(
        nb201,
        Objective(column(0), key=nb201.canonical),
        Budget(evaluations=setting.scored),
        np.random.default_rng([seed, 5]),
        criteria=[column(at) for at in range(1, len(SCORES_USED))],
    )
    return {"cell": np.array(int(nb201.index(history.best))), "seconds": np.array(spent)}


def plans(name: str, here: int, there: int) -> dict[str, int]:
    """What is trained on a data set: the name of each network, with the index of its cell (-1: none)."""
    cells = {"found here": here, "ResNet-like cell": int(nb201.index(RESNET))}
    if name != "cifar10":
        cells["found on CIFAR-10"] = there
    return cells | dict.fromkeys(("small CNN", "MLP", "LeNet-5"), -1)


def network(setting: Setting, name: str, label: str, cell: int, seed: int) -> nn.Module:
    """One network of :func:`plans` for a data set, with fresh weights."""
    channels, height, width = parts(setting, name).train[0].shape[1:]
    if cell >= 0:
        skeleton = Skeleton(inputs=channels, width=setting.width, cells=setting.cells)
        return build(nb201.all_cells()[cell], skeleton, _generator(seed, cell))
    if label == "small CNN":
        plain: nn.Module = small_cnn.small(10, channels, setting.width)
    elif label == "MLP":
        units = 16 * setting.width
        plain = nn.Sequential(
            nn.Flatten(), nn.Linear(channels * height * width, units), nn.ReLU(), nn.Linear(units, 10)
        )
    elif min(height, width) >= 12:
        plain = small_cnn.lenet(10, (height, width), channels)
    else:  # LeNet-5 needs 12 rows: each pixel becomes four
        plain = nn.Sequential(nn.Upsample(scale_factor=2), small_cnn.lenet(10, (2 * height, 2 * width), channels))
    return initialise(plain, _generator(seed))


def learn(task: tuple[Setting, str, int, str, int]) -> dict[str, NDArray]:
    """Train one network on one data set with one seed; seconds are of the processor, or of the clock beside a GPU."""
    setting, name, seed, label, cell = task
    data = parts(setting, name)
    made = network(setting, name, label, cell, seed)
    size = counts.count(made, data.train[0].shape[1:])
    if setting.varied:
        made = Varied(made, data.train[0].shape[-1] // 8, name in MIRRORED, _generator(seed, 1))
    clock = time.process_time if setting.device == "cpu" else time.perf_counter
    start = clock()
    record = train(made, data, setting.recipe, torch.Generator().manual_seed(seed), setting.device)
    return {
        "network": np.array(label),
        "cell": np.array(cell),
        "params": np.array(size.parameters),
        "macs": np.array(size.macs),
        "validation": np.array(float(record.accuracy["validation"][-1][0])),
        "test": np.array(float(record.accuracy["test"][-1][0])),
        "seconds": np.array(clock() - start),
    }


def absent() -> dict[str, str]:
    """Why each data set that cannot be read here cannot.

    Raises LucioleError without CIFAR-10, which cells are transferred from.
    """
    reasons = {}
    for name in DATASETS:
        try:
            datasets.load(name)
        except LucioleError as reason:
            reasons[name] = str(reason)
    if "cifar10" in reasons:
        raise LucioleError("trainings on images transfer cells from CIFAR-10, which is not here; see luciole.datasets")
    return reasons


def modules(setting: Setting) -> tuple[str, ...]:
    """Names of the modules whose code decides the numbers of a setting's result."""
    return (__name__, f"luciole.experiments.{setting.result.replace('/', '.')}", *MODULES)


def chosen(setting: Setting, name: str, seed: int, label: str) -> int:
    """The cell of a network of :func:`plans`, searched anew where a search finds it; -1: it has none."""
    searched = {"found here": name, "found on CIFAR-10": "cifar10"}.get(label)
    found = int(search((setting, searched, seed))["cell"]) if searched else -1
    return plans(name, found, found)[label]


def rederive(
    setting: Setting, result: results.Result, rng: np.random.Generator, units: int | None, proposed: int
) -> Sample:
    """Search and count what ``units`` rows of a setting's result say, and train again; None: ``proposed`` rows.

    Rows of a data set that is not here are not drawn. What a GPU trained for long is not trained again.
    """
    try:
        missing = absent()
    except LucioleError as reason:
        raise Unavailable(str(reason)) from None
    trains = result.provenance.parameters["device"] == "cpu"
    left = {"seconds, scoring_seconds": "measured"} | missing
    left |= {"joules": "estimated from seconds"} if trains else {"validation, test": "of long trainings on a GPU"}
    frame = result.frame[~result.frame["dataset"].isin(list(missing))]
    kept = frame.iloc[draw(rng, len(frame), units, proposed)]
    told = list(kept[["dataset", "seed", "network", "cell"]].itertuples(index=False, name=None))
    now = []
    for name, seed, label, cell in told:
        if trains:
            made = {key: value.item() for key, value in learn((setting, name, seed, label, cell)).items()}
        else:
            size = counts.count(network(setting, name, label, cell, seed), parts(setting, name).train[0].shape[1:])
            made = {"params": size.parameters, "macs": size.macs}
        now.append(made | {"cell": chosen(setting, name, seed, label)})
    fresh = pd.DataFrame(now, columns=["cell", "params", "macs", *(("validation", "test") if trains else ())])
    compared: dict[str, Column] = columns(kept, fresh[["cell", "params", "macs"]])
    compared |= columns(kept, fresh.iloc[:, 3:], absolute=ALLOWED, why=ROUNDING)
    named = [f"{label} on {name}, seed {seed}" for name, seed, label, _ in told]
    return Sample(named, len(result.frame), compared, modules(setting), left)


def compute(setting: Setting, workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Search and train what is left under a setting, and write what is finished, a row a training."""
    missing, folder = absent(), files.cache() / setting.result
    for name, reason in missing.items():
        log.warning("the trainings on images leave out %s: %s", name, reason)
    names = [name for name in DATASETS if name not in missing]
    plan = {"datasets": names, "setting": asdict(setting) | {"recipe": repr(setting.recipe)}, "code": code(MODULES)}
    deadline = None if seconds is None else time.monotonic() + seconds
    first = not (folder / "training").exists()  # only then is the energy of this run that of all trainings

    def pieces(stage: str, work: Callable[[Any], dict[str, NDArray]], tasks: list[Any]) -> dict[Any, dict]:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        run_shards(work, tasks, folder / stage, plan=plan, workers=workers, scheduler=scheduler, seconds=left)
        return {tasks[at]: piece for at, piece in load_shards(folder / stage).items()}

    searches = [(setting, name, seed) for name in names for seed in range(SEEDS)]
    found = pieces("search", search, searches)
    if len(found) < len(searches):
        return
    cells = {(name, seed): int(piece["cell"]) for (_, name, seed), piece in found.items()}
    tasks = [
        (setting, name, seed, label, cell)
        for name, seed in cells
        for label, cell in plans(name, cells[name, seed], cells["cifar10", seed]).items()
    ]
    with Meter("FRA") as meter:
        trained = pieces("training", learn, tasks)
    if not trained:
        return
    table = pd.DataFrame(
        [
            {"dataset": name, "seed": seed, **{key: value.item() for key, value in piece.items()}}
            for (_, name, seed, _, _), piece in trained.items()
        ]
    )
    table["scoring_seconds"] = [
        float(found[setting, name, seed]["seconds"]) for name, seed in zip(table["dataset"], table["seed"], strict=True)
    ]
    scoring = float(sum(piece["seconds"] for piece in found.values()))
    spent = float(table["seconds"].sum()) + scoring
    joules: float | None = spent * WATTS
    energy = f"estimate: processor seconds times {WATTS:g} W a busy thread, no counter could be read"
    where, measured = "processor", first and len(trained) == len(tasks)
    if setting.device == "cpu":
        table["joules"] = table["seconds"] * WATTS
    else:
        where = torch.cuda.get_device_name()
        joules = meter.joules if measured else None
        energy = f"the trainings, several at a time: {meter.mode}" if joules else "not measured: done in several runs"
    results.write(
        setting.result,
        table,
        function=compute,
        parameters={
            **asdict(setting),
            "seeds": SEEDS,
            "scores": list(SCORES_USED),
            "images": IMAGES,
            "trained on": where,
            "workers": workers,
            "wall seconds of the trainings": meter.seconds if measured else None,
            "joules by part": meter.parts if setting.device != "cpu" and joules else {},
        },
        modules=modules(setting),
        holds=(len(trained), len(tasks)),
        inputs={name: datasets.load(name).source for name in names},
        seconds=spent,
        joules=joules,
        energy=energy,
    )
