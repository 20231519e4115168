"""A better firefly on NAS-Bench-201: the choice of its scores, its parts one by one, its rivals, its targets.

    luciole run firefly/luciole_nb201 --workers 2

1. **Scores** are those that ``nb201/scores`` computes from images for every class (its stage ``images``: one cell a
   stage, 32 images of 16x16), parameters and multiply-accumulates.
2. **The choice** of the scores whose ranks are added reads CIFAR-100 test accuracies: of all sets of one to three
   scores, that whose five highest cells have the best mean accuracy. So CIFAR-100 is not a test of it; CIFAR-10 is
   optimistic, since the candidates were widened after listings that showed it; ImageNet16-120 is clean.
3. **Runs**, with seeds that no choice has seen (from 1000 on): luciole whole and without each part, the rivals on
   the same ranks and the same number of scored classes, a limit on MACs, and a last stage of simulated training.
"""

import time
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from luciole import attestation, files, results, tables
from luciole.costs.energy import Meter
from luciole.errors import LucioleError
from luciole.experiments.firefly.ifa_nb201 import ADDED, DATASETS, code, digest, gather, summary
from luciole.experiments.firefly.plans_nb201 import MODULES, PLANS, play, train_best
from luciole.experiments.nb201 import stages
from luciole.networks import counts
from luciole.networks.skeleton import NB201_C10
from luciole.scores.aggregate import log_rank
from luciole.shards import load_shards, run_shards
from luciole.spaces import nb201

FIRST_SEED, SEEDS = 1_000, 100
RUN_SHARDS = "nb201_luciole_runs"
TRAIN_SECONDS = 3_000.0


def finite(column: NDArray) -> NDArray[np.float64]:
    """Replace what is not finite by less than all else."""
    held = np.isfinite(column)
    return np.where(held, column, column[held].min() - 1).astype(np.float64)


@cache
def _scored() -> tuple[dict[str, NDArray[np.float64]], float]:
    scored = stages.stage("images", folder=files.cache() / "nb201/scores" / "images", seconds=0.0)
    if not scored.complete:
        raise LucioleError("expected the stage 'images' of nb201_scores, found a part; luciole run nb201/scores first")
    return {name: finite(values[0]) for name, values in scored.values.items()}, float(scored.shared.mean()) / 1e3


def candidates() -> dict[str, NDArray[np.float64]]:
    """Every score that sets are chosen from, by class (6466,), in the order of classes()."""
    rows = nb201.all_cells()[nb201.classes()]
    return {
        **_scored()[0],
        "params": counts.parameters(rows, NB201_C10).astype(float),
        "macs": counts.macs(rows, NB201_C10, 32).astype(float),
    }


def charged() -> float:
    """Seconds of one core that all scores of a class took together, building the network included."""
    return _scored()[1]


def choose(scores: Mapping[str, NDArray], accuracy: NDArray, most: int = 3) -> dict[str, NDArray]:
    """Rank the sets of one to ``most`` scores by the mean accuracy (15625,) of their five highest classes.

    A class is high when the logarithms of its ranks add up high. Returns arrays of one entry a set, the best first:
    "names", joined by " + ", and "mean".
    """
    mine = accuracy[nb201.classes()]
    logs = {name: log_rank([values]) for name, values in scores.items()}
    found = []
    for size in range(1, most + 1):
        for names in combinations(scores, size):
            top = np.argsort(-np.sum([logs[name] for name in names], axis=0), kind="stable")[:5]
            found.append((float(mine[top].mean()), " + ".join(names)))
    found.sort(key=lambda one: -one[0])
    return {"names": np.array([names for _, names in found]), "mean": np.array([mean for mean, _ in found])}


def account(
    name: str, seed: int, scores: Mapping[str, NDArray], chosen: Sequence[str], table: tables.Table, seconds: float
) -> tuple[int, int, int]:
    """Run one plan once: the cell it chooses, that after the last stage, and how many cells that stage trained.

    ``seconds`` is what scoring a class took, charged to the last stage.
    """
    history = play(name, seed, scores, chosen)
    left = TRAIN_SECONDS - PLANS[name].scored * seconds
    return int(nb201.index(history.best)), *train_best(history, table["c10_val12"], table["c10_cost12_s"], left)


MOVED = {  # plans whose committed runs do not all come out again, and why
    "IFA without noise, 150": "fireflies that do not move tie with themselves; since a tie is no improvement, so that "
    "every search ends, about one run in thirty ends elsewhere"
}


def run_plan(task: tuple[str, tuple[str, ...]]) -> dict[str, NDArray]:
    """Run one plan for all seeds: the official index of the cell each chooses (1, seeds), and the seconds it took.

    "trained" is the choice after the last stage, with what the 3,000 s leave once the scored classes are charged;
    "trainings" how many cells that stage trained.
    """
    name, chosen = task
    scores, table = candidates(), tables.nb201()
    best, trained, trainings = np.zeros((3, 1, SEEDS), dtype=np.int16)
    start = time.perf_counter()
    for k in range(SEEDS):
        best[0, k], trained[0, k], trainings[0, k] = account(name, FIRST_SEED + k, scores, chosen, table, charged())
    seconds = np.array([time.perf_counter() - start])
    return {"best": best, "trained": trained, "trainings": trainings, "seconds": seconds}


def sums_of(found: Mapping[str, NDArray], table: tables.Table) -> dict[str, NDArray[np.float32]]:
    """Means and deviations of every accuracy at what the plans chose, as the result names them."""
    return {
        f"{name}_{stage}_{kind}": values
        for name in DATASETS
        for stage in ("best", "trained")
        for kind, values in summary(found[stage], table[f"{name}_test200"]).items()
    }


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Choose, run, and write the result ``firefly/luciole_nb201`` once all is whole.

    Raises LucioleError when the scores of ``nb201/scores`` are not there, or the table is not the original.
    """
    table = tables.nb201()
    choice = choose(candidates(), table["c100_test200"])
    chosen = tuple(str(choice["names"][0]).split(" + "))
    plan = {
        "plans": list(PLANS),
        "chosen": list(chosen),
        "seeds": SEEDS,
        "scores": digest(candidates()),
        "seconds a class": charged(),
        "table": table.sha256,
        "code": code(MODULES),
    }
    work = [(name, chosen) for name in PLANS]
    options: dict[str, Any] = {"workers": workers, "scheduler": scheduler, "seconds": seconds}
    if run_shards(run_plan, work, files.cache() / RUN_SHARDS, plan=plan, **options) < len(work):
        return
    found = gather(load_shards(files.cache() / RUN_SHARDS))
    sums = sums_of(found, table)
    with Meter("FRA") as meter:
        play("luciole, 1000", FIRST_SEED, candidates(), chosen)
    spent = float(found["seconds"].sum())
    results.write(
        "firefly/luciole_nb201",
        {
            **{f"score_{name}": values for name, values in candidates().items()},
            **{f"sets_{name}": values for name, values in choice.items()},
            **found,
            **sums,
            "plans": np.array(list(PLANS)),
            "score_seconds": np.array(charged()),
        },
        function=run,
        parameters={
            "seeds": SEEDS,
            "first seed": FIRST_SEED,
            "chosen": list(chosen),
            "time": "sum over all runs; the scores are those of nb201_scores, whose time stands there",
        },
        modules=[__name__, stages.__name__, *MODULES],
        inputs={"accuracies": table.source, "scores": digest(candidates())},
        seconds=spent,
        joules=spent * meter.joules / meter.seconds,
        energy=f"{meter.mode}; mean power of one run times the seconds",
    )


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> attestation.Sample:
    """Run drawn runs and score as many drawn classes again; a unit is a run or a class.

    The choice of scores and the sums over the committed runs are derived whole.
    """
    kept, scores, table = result.arrays, kept_scores(result), tables.nb201()
    stages.need_images()
    if table.source != result.provenance.inputs["accuracies"]:
        raise attestation.Unavailable(f"accuracies were {result.provenance.inputs['accuracies']}, here: {table.source}")
    plans, seeds = kept["best"].shape
    places = np.flatnonzero(np.repeat(~np.isin(kept["plans"], list(MOVED)), seeds))
    runs = places[attestation.draw(rng, len(places), units, 100)]
    at = attestation.draw(rng, len(nb201.classes()), units, 60)
    tasks = [(str(kept["plans"][run // seeds]), FIRST_SEED + int(run % seeds)) for run in runs]
    seconds = float(kept["score_seconds"])
    found = [account(*task, scores, chosen_scores(result), table, seconds) for task in tasks]
    ran = [f"run {seed} of {plan!r}" for plan, seed in tasks]
    columns = {
        one: attestation.Column(kept[one].ravel()[runs], [now[place] for now in found], rows=ran)
        for place, one in enumerate(("best", "trained", "trainings"))
        if tasks
    }
    classes = [f"class {index}" for index in nb201.classes()[at]]
    for one, values in _scored_again(scores, at).items() if classes else ():
        near = stages.tolerance(one, stages.ROUNDED * float(scores[one].std()))
        columns[f"score_{one}"] = attestation.Column(scores[one][at], values, **near, rows=classes)
    choice = choose(scores, table["c100_test200"])
    sets = choice["names"].tolist()
    columns["sets_names"] = attestation.Column(kept["sets_names"], choice["names"], rows=sets)
    columns["sets_mean"] = attestation.Column(kept["sets_mean"], choice["mean"], **ADDED, rows=sets)
    for one, sums in sums_of(kept, table).items():
        columns[one] = attestation.Column(kept[one], sums, **ADDED, rows=kept["plans"].tolist())
    left = {"seconds": "measured", "score_seconds": "measured, and charged again as it stands", **MOVED}
    of = plans * seeds + len(nb201.classes())
    return attestation.Sample([*ran, *classes], of, columns, (__name__, stages.__name__, *MODULES), left)


def _scored_again(scores: Mapping[str, NDArray], at: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Scores of the classes at these places, computed now; what is not finite is the least, as on record."""
    rows = nb201.all_cells()[nb201.classes()[at]]
    now = {name: values[0] for name, values in stages.stage("images", nb201.classes()[at]).values.items()}
    now |= {"params": counts.parameters(rows, NB201_C10), "macs": counts.macs(rows, NB201_C10, 32)}
    return {name: np.where(np.isfinite(now[name]), now[name], values.min()) for name, values in scores.items()}


def chosen_scores(result: results.Result) -> list[str]:
    """Names of the scores whose ranks guide the committed runs."""
    return str(result.arrays["sets_names"][0]).split(" + ")


def kept_scores(result: results.Result) -> dict[str, NDArray[np.float64]]:
    """Scores of the classes as the committed result holds them: name -> (6466,)."""
    return {
        name.removeprefix("score_"): values
        for name, values in result.arrays.items()
        if name.startswith("score_") and values.ndim
    }
