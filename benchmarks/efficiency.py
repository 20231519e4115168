"""Metrics and Pareto front over a million models, and what the energy meter costs a training.

    python benchmarks/efficiency.py              # six minutes, most of it the meter beside a training
    python benchmarks/efficiency.py --seconds 15 --only meter

Peers, in the same run: pymoo's non-dominated sorting for the front, and the same training without a meter. All times
are of the processor, on one thread, so that other programs on the machine do not change them.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
from clock import fastest
from record import Row, record

MODELS = 1_000_000
PEER_MODELS = 20_000
MINUTE = 60  # seconds of the training whose overhead is reported

TRAINING = """
import json, resource, sys, time
import torch
from luciole.costs.energy import Meter
from luciole.networks import Skeleton, build

torch.set_num_threads(1)
seconds, long = float(sys.argv[1]), float(sys.argv[2])
network = build([3, 1, 2, 4, 3, 1], Skeleton(cells=1, width=8), torch.Generator().manual_seed(0))
optimiser = torch.optim.SGD(network.parameters(), lr=0.01)
x, y = torch.rand(8, 3, 16, 16), torch.randint(10, (8,))  # small: in the cache, out of other programs' way

def processor():
    own, child = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + child.ru_utime + child.ru_stime

def train():
    # seconds of processor a step, of all threads
    begun, steps = processor(), 0
    while processor() - begun < long:
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(x), y).backward()
        optimiser.step()
        steps += 1
    return (processor() - begun) / steps

def metered():
    # the same under a meter, and what starting and stopping the meter took
    begun = processor()
    with Meter("FRA"):
        started, spent = processor(), 0
        step = train()
        ended = processor()
    return step, started - begun + processor() - ended

train()  # warm up
_, first = metered()  # what CodeCarbon does once a process is in here
pairs = []
for number in range(int(seconds / long)):
    # bare, metered, metered, bare, ...: what drifts slowly falls on both alike
    if number % 2:
        (under, switched), bare = metered(), train()
    else:
        bare, (under, switched) = train(), metered()
    pairs.append((bare, under, switched))
print(json.dumps({"first": first, "pairs": pairs}))
"""


def best_of(repeats: int, work: Callable[..., object], *arguments: object, **settings: object) -> float:
    """Processor seconds of the fastest of some runs."""
    return fastest({"work": partial(work, *arguments, **settings)}, repeats)["work"]


def million() -> list[Row]:
    """Every metric, the front and the hypervolume over a million models; the front beside pymoo's sorting."""
    from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

    from luciole.efficiency import METRICS, hypervolume, pareto_front

    rng = np.random.default_rng(0)
    cost = rng.lognormal(15, 1, MODELS)
    accuracy = 1 - 0.9 * rng.uniform(0.3, 1, MODELS) * (cost / cost.min()) ** -0.1
    context = {"reference": float(np.median(cost)), "floor": 0.1, "chance": 0.1}
    rows = []
    for name, metric in METRICS.items():
        took = best_of(3, metric, accuracy, cost, **context)
        rows.append(_row(f"metric_{name}", f"{name} of {MODELS:,} models", took))
    few = slice(PEER_MODELS)
    points = np.column_stack([cost[few], -accuracy[few]])
    peer = NonDominatedSorting()
    same = set(peer.do(points, only_non_dominated_front=True)) == set(pareto_front(accuracy[few], cost[few]))
    assert same, "the two fronts differ"
    theirs = best_of(3, peer.do, points, only_non_dominated_front=True)
    ours = best_of(3, pareto_front, accuracy[few], cost[few])
    rows.append(_row("front", f"Pareto front of {MODELS:,} models", best_of(3, pareto_front, accuracy, cost)))
    what = f"Pareto front of {PEER_MODELS:,} models"
    rows.append(Row("efficiency.front_peer", what, ours, "s", "no slower", ours <= theirs, theirs, "pymoo"))
    box = (float(cost.min()), float(cost.max()))
    took = best_of(3, hypervolume, accuracy, cost, costs=box, floor=0.1)
    return [*rows, _row("hypervolume", f"hypervolume of {MODELS:,} models", took)]


def _row(key: str, what: str, took: float) -> Row:
    return Row(f"efficiency.{key}", f"{what}, processor seconds, best of 3", took, "s", "below 1 s", took < 1)


def meter(seconds: float, long: float) -> list[Row]:
    """One training in short slices, every other one under a meter, of ``seconds`` in all of each kind.

    Two trainings of a minute cannot be told apart to 2 % where the machine's own speed drifts by more than that;
    neighbouring slices can. The overhead of a minute is what the meter adds to a step (the median over the pairs,
    with a bootstrap interval) and what it takes to start and stop it once, as the first meter of a process does.
    The target is met where the upper end of the interval is below it.
    """
    command = [sys.executable, "-c", TRAINING, str(seconds), str(long)]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    bare, under, switched = np.array(said["pairs"]).T
    ratio = 100 * (under / bare - 1)
    drawn = np.random.default_rng(0).integers(len(ratio), size=(10_000, len(ratio)))
    low, high = (float(end) for end in np.percentile(np.median(ratio[drawn], axis=1), [2.5, 97.5]))
    start = 100 * said["first"] / MINUTE
    over = float(np.median(ratio)) + start
    what = (
        f"a training of {MINUTE} s with the meter over the same without: {np.median(ratio):+.2f} % a step "
        f"(95 % interval {low:+.2f} to {high:+.2f} %, {len(ratio)} pairs of neighbouring slices of {long:g} s) and "
        f"{said['first']:.2f} s to start and stop the first meter of a process (later ones {np.median(switched):.2f} s)"
    )
    return [Row("efficiency.meter", f"{what}; processor time", over, "%", f"below 2 % of {MINUTE} s", high + start < 2)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180.0, help="processor seconds of training, of each kind")
    parser.add_argument("--slice", type=float, default=1.5, help="processor seconds between switching the meter")
    parser.add_argument("--only", choices=("million", "meter"), help="one of the two parts")
    asked = parser.parse_args()
    record(
        [
            *(million() if asked.only != "meter" else []),
            *(meter(asked.seconds, asked.slice) if asked.only != "million" else []),
        ]
    )
