"""What seeing a network's calls adds to a score: ``python benchmarks/tracing.py [cheap] [peers] [published]``.

Three things look at every call of a torch function: Zen, for the last map before the pooling; the scores of AZ-NAS on a
network of somebody else's, for the maps between its blocks; and the count of multiply-accumulates. Each is timed beside
itself without that: Zen with the maps of an earlier pass, expressivity with the blocks named by the caller, the count
beside the bare pass. In turns, on one thread, processor time, the best of some rounds.
"""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from clock import fastest
from record import Row, record
from torch import nn

from luciole.costs.counts import count
from luciole.networks import Skeleton, build
from luciole.scores import SCORES, graph
from luciole.spaces import nb201

SETTINGS = {  # cells a stage, side, batch, networks
    "cheap": (1, 16, 8, 6),
    "peers": (1, 16, 32, 6),
    "published": (5, 32, 64, 1),
}
ROUNDS = 6
MOST = 5  # per cent
Pair = tuple[Callable[[], Any], Callable[[], Any]]  # traced and not


def untraced(network: nn.Module, batch: torch.Tensor) -> Callable[[], float]:
    """The Zen score of a network whose maps are known."""
    seen: list[graph.Last] = []
    made = graph.Last

    def watch(*given: Any) -> graph.Last:
        seen.append(made(*given))
        return seen[-1]

    with patch.object(graph, "Last", watch):
        SCORES["zen"](network, batch)

    def run() -> float:
        left = iter(seen)
        with patch.object(graph, "Last", lambda *given: nullcontext(next(left))):
            return SCORES["zen"](network, batch)

    return run


def bare(network: nn.Module, example: torch.Tensor) -> None:
    """The pass that is counted, uncounted."""
    with torch.no_grad():
        network.eval()(example)


def added(pairs: list[Pair]) -> tuple[float, float]:
    """Milliseconds of the traced calls, and what they add to the others in per cent, all calls taken together."""
    calls = {(k, side): call for k, pair in enumerate(pairs) for side, call in enumerate(pair)}
    took = fastest(calls, ROUNDS, warm=True)
    traced, other = (sum(took[k, side] for k in range(len(pairs))) for side in (0, 1))
    return 1e3 * traced / len(pairs), 100 * (traced / other - 1)


def rows_of(name: str) -> list[Row]:
    """What tracing adds in one of the settings."""
    cells, side, samples, networks = SETTINGS[name]
    batch = torch.randn(samples, 3, side, side, generator=torch.Generator().manual_seed(0))
    drawn = nb201.prune(nb201.sample(np.random.default_rng(0), 4 * networks))
    rows = [row for row in drawn if (row != nb201.NONE).any()][:networks]
    asked: dict[str, tuple[str, list[Pair]]] = {
        "zen": (f"Zen beside itself with known maps; batch {samples}", []),
        "blocks": (f"expressivity, blocks found by flow, beside blocks that are named; batch {samples}", []),
        "count": ("count of multiply-accumulates, no score, beside the bare pass; one example", []),
    }
    for k, row in enumerate(rows):
        network = build(row, Skeleton(cells=cells), torch.Generator().manual_seed(k))
        blocks = ["0.stem", *(f"0.body.{one}" for one, _ in network.body.named_children())]
        score, known = partial(SCORES["zen"], network, batch), untraced(network, batch)
        if score() != known():
            raise SystemExit("Zen with known maps is another number")
        asked["zen"][1].append((score, known))
        flow = partial(SCORES["expressivity"], nn.Sequential(network), batch)
        asked["blocks"][1].append((flow, partial(flow, blocks=blocks)))
        asked["count"][1].append((partial(count, network, (3, side, side)), partial(bare, network, batch[:1])))
    found = []
    for key, (said, pairs) in asked.items():
        took, more = added(pairs)
        what = f"what tracing adds: {said}, {cells} a stage, width 16, {side}x{side}, random cells: {len(rows)}, "
        what += f"{took:.1f} ms a call, one thread, CPU time"
        found.append(Row(f"tracing.{key}.{name}", what, more, "%", f"at most {MOST} %", more <= MOST))
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    for setting in sys.argv[1:] or SETTINGS:
        record(rows_of(setting))
