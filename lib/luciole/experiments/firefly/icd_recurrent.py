"""Does ICD rank recurrent cells? Random cells trained briefly as character language models.

    luciole run firefly/icd_recurrent

"Valid for CNNs and RNNs" is said of ICD by its authors, with NAS-Bench-NLP; their figures could not be read. Here
:data:`CELLS` random cells (:mod:`luciole.spaces.recurrent`) learn to predict the next character of the descriptions
of data sets that the installed scikit-learn carries (BSD-3), the last tenth of the text kept for validation. ICD is
that of the released code: the inputs of all modules, each step counted, on :data:`SCORED` windows of the training
text. The first :data:`AGAIN` cells are trained twice, from other weights and in another order, to say how far the
losses themselves repeat.
"""

import hashlib
import time
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from luciole import attestation, files, results
from luciole.costs.energy import Meter
from luciole.experiments.firefly.ifa_nb201 import code
from luciole.networks import recurrent as networks
from luciole.scores.streamed import icd_streamed
from luciole.shards import load_shards, run_shards
from luciole.spaces import recurrent

CELLS, AGAIN = 48, 12
WIDTH, STEPS, BATCH, WINDOW, RATE = 48, 250, 64, 24, 3e-3
SCORED = 100  # windows that ICD is computed on, as released
TASKS = [(0, cell) for cell in range(CELLS)] + [(1, cell) for cell in range(AGAIN)]
MODULES = (
    "luciole.networks.initial",
    "luciole.networks.recurrent",
    *(f"luciole.scores.{name}" for name in ("passes", "watched", "graph", "reparametrised")),
    "luciole.scores.streamed",
    "luciole.spaces.recurrent",
)


@cache
def text() -> tuple[Tensor, int, str]:
    """The text as integers (n,), how many different characters it has, and what it is."""
    folder = resources.files("sklearn.datasets.descr")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".rst"))
    whole = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    symbols = sorted(set(whole))
    numbers = torch.tensor([symbols.index(letter) for letter in whole])
    digest = hashlib.sha256(whole.encode()).hexdigest()[:16]
    return numbers, len(symbols), f"descriptions of data sets in scikit-learn, {len(whole)} characters ({digest})"


def windows(part: Tensor, starts: Tensor) -> tuple[Tensor, Tensor]:
    """Return the windows that begin at ``starts``, (n, WINDOW), and the characters that follow, one place on."""
    places = starts[:, None] + torch.arange(WINDOW)
    return part[places], part[places + 1]


def scored(numbers: Tensor) -> Tensor:
    """The windows of the training text that ICD is computed on, (SCORED, WINDOW)."""
    learning = numbers[: len(numbers) * 9 // 10]
    return windows(learning, torch.linspace(0, len(learning) - WINDOW - 2, SCORED).long())[0]


def cells() -> NDArray[np.int8]:
    """The cells that are trained."""
    return recurrent.sample(np.random.default_rng(0), CELLS)


def learn(row: NDArray[np.int8], seed: int) -> dict[str, NDArray]:
    """Score and train one cell: ICD before training, validation loss (nats a character) after it."""
    numbers, symbols, _ = text()
    split = len(numbers) * 9 // 10
    learning, held = numbers[:split], numbers[split:]
    generator = torch.Generator().manual_seed(seed)
    network = networks.build(row, symbols, WIDTH, generator)
    began = time.process_time()
    icd = icd_streamed(network, scored(numbers))
    scoring = time.process_time() - began
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE, foreach=True)
    for _ in range(STEPS):
        x, y = windows(learning, torch.randint(split - WINDOW - 1, (BATCH,), generator=generator))
        loss = functional.cross_entropy(network(x).flatten(0, 1), y.flatten())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
    with torch.no_grad():
        x, y = windows(held, torch.arange(0, len(held) - WINDOW - 1, WINDOW))
        validation = float(functional.cross_entropy(network(x).flatten(0, 1), y.flatten()))
    return {
        "icd": np.array(icd),
        "loss": np.array(validation),
        "params": np.array(sum(weight.numel() for weight in network.parameters())),
        "scoring_seconds": np.array(scoring),
        "seconds": np.array(time.process_time() - began),
    }


def shard(task: tuple[int, int]) -> dict[str, NDArray]:
    """Train one cell under one seed."""
    seed, cell = task
    return learn(cells()[cell], 1_000 * seed + cell)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Train what is left and write what is finished as the result ``firefly/icd_recurrent``."""
    what = text()[2]
    settings = {"width": WIDTH, "steps": STEPS, "batch": BATCH, "window": WINDOW, "rate": RATE, "scored": SCORED}
    plan = {"text": what, **settings, "code": code(MODULES)}
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": seconds}
    run_shards(shard, TASKS, files.cache() / "firefly/icd_recurrent", plan=plan, **options)
    shards = load_shards(files.cache() / "firefly/icd_recurrent")
    if not shards:
        return
    done = sorted(shards)
    with Meter("FRA") as meter:
        network = networks.build(cells()[0], text()[1], WIDTH, torch.Generator().manual_seed(0))
        icd_streamed(network, scored(text()[0]))
    spent = float(sum(shards[task]["seconds"] for task in done))
    results.write(
        "firefly/icd_recurrent",
        {
            "rows": cells()[[TASKS[task][1] for task in done]],
            "seed": np.array([TASKS[task][0] for task in done]),
            "cell": np.array([TASKS[task][1] for task in done]),
            **{name: np.array([shards[task][name] for task in done]) for name in shards[done[0]]},
        },
        function=run,
        parameters=settings | {"cells planned": CELLS, "trained twice": AGAIN},
        modules=[__name__, *MODULES],
        inputs={"text": what},
        seconds=spent,
        joules=spent * meter.joules / meter.seconds,
        holds=(len(done), len(TASKS)),
        energy=f"{meter.mode}; mean power of scoring one cell times the processor seconds",
    )


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Score and train drawn cells again; a unit is a cell under a seed."""
    kept, what = result.arrays, text()[2]
    if what != result.provenance.inputs["text"]:
        raise attestation.Unavailable(f"the cells learnt the {result.provenance.inputs['text']}, here are {what}")
    drawn = attestation.draw(rng, len(kept["icd"]), units, 8)
    tasks = [(int(kept["seed"][at]), int(kept["cell"][at])) for at in drawn]
    trained = [shard(task) for task in tasks]
    why = "sums run in another order on other processors, and training carries that on"
    near: dict[str, dict[str, Any]] = {"icd": {"relative": 1e-4, "why": why}, "loss": {"relative": 1e-2, "why": why}}
    columns = {
        one: attestation.Column(kept[one][drawn], [found[one] for found in trained], **near.get(one, {}))
        for one in ("icd", "loss", "params")
    }
    columns["rows"] = attestation.Column(kept["rows"][drawn], cells()[kept["cell"][drawn]])
    return attestation.Sample(
        [f"cell {cell} under seed {seed}" for seed, cell in tasks],
        len(kept["icd"]),
        columns,
        (__name__, *MODULES),
        dict.fromkeys(("scoring_seconds", "seconds"), "measured processor time"),
    )
