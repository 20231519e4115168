"""How fast scores are: ``python benchmarks/scores.py [--peer PATH] [--cells 12]``.

Without arguments: milliseconds of each score of the library in the study's cheap setting. With ``--peer``, the
path of a checkout of the code of NASWOT's authors (BayesWatch/nas-without-training; it needs the package yacs), their
own program ``score_networks.py`` is run, unchanged, on random cells in their setting (width 16, 5 cells a stage,
32 x 32, batch 128). Only what it reads from outside is put in its place: the list of networks (built by their code) and
the batch. The same network objects and the same batch are then scored by ``luciole.scores``, in the same process, on
one thread. Times are processor seconds, building the networks left out on both sides.

The values must agree, up to one thing that the comparison found: their program hooks every module with "ReLU" in the
name of its class, so a ``ReLUConvBN`` is counted beside the ReLU inside it, and all units but those of the last ReLU
count twice. The check counts them twice too, and demands equality.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from record import Row, record

from luciole import results
from luciole.experiments.nb201 import costs as nb201_costs
from luciole.scores.comparison import gap
from luciole.scores.quality import tau
from luciole.spaces import nb201
from luciole.tables import nb201 as table

SETTINGS = {
    **dict.fromkeys(("images", "noise"), "1 cell a stage, 16x16"),
    "deep": "5 cells a stage, 16x16, lean",
    "regions": "1 cell a stage, width 1, 3x3, lean",
}

PEER = """
import json, os, runpy, sys, time, types
checkout, cells, scratch = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
sys.path.insert(0, checkout)
import numpy as np, torch
from models import get_cell_based_tiny_net
torch.set_num_threads(1)

generator = torch.Generator().manual_seed(0)
batch = torch.randn(128, 3, 32, 32, generator=generator)
labels = torch.randint(10, (128,), generator=generator)
networks, spent = [], []

class Space:  # what their program iterates over: (name, network)
    def __len__(self):
        return len(cells)
    def __iter__(self):
        for number, cell in enumerate(cells):
            torch.manual_seed(number)
            network = get_cell_based_tiny_net(
                {"name": "infer.tiny", "C": 16, "N": 5, "arch_str": cell, "num_classes": 1}
            )
            networks.append(network)
            start = time.process_time()
            yield number, network
            spent.append(time.process_time() - start)
    def get_final_accuracy(self, *ignored):
        return 0.0

stub = lambda name, **members: sys.modules.__setitem__(name, types.SimpleNamespace(**members))
stub("nasspace", get_search_space=lambda args: Space())
stub("datasets", get_data=lambda *ignored: [(batch.clone(), labels)])
sys.argv = ["score_networks.py", "--GPU", "", "--batch_size", "128", "--save_loc", scratch]
stdout, sys.stdout = sys.stdout, open(os.devnull, "w")
space = runpy.run_path(os.path.join(checkout, "score_networks.py"))
sys.stdout = stdout
theirs = space["scores"]

from luciole.scores import SCORES
from luciole.scores.naswot import kernel
from luciole.scores.passes import Passes
ours, took, twice = [], [], []
for network in networks:
    for module in network.modules():  # their hooks would go on counting
        module._forward_hooks.clear()
        module._backward_hooks.clear()
    start = time.process_time()
    ours.append(SCORES["naswot"](network, batch))
    took.append(time.process_time() - start)
    codes = Passes(network, batch).codes
    doubled = 2 * kernel(codes, len(batch)) - kernel(codes[-1:], len(batch))
    twice.append(np.linalg.slogdet(doubled)[1])
print(json.dumps({"peer": spent, "ours": took, "peer_scores": list(theirs), "our_scores": ours, "twice": twice}))
"""


def against_peer(path: Path, cells: int) -> list[Row]:
    """Time both on the same networks; stop if the values disagree."""
    rows = nb201.sample(np.random.default_rng(0), cells)
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [sys.executable, "-c", PEER, str(path), json.dumps(nb201.format(rows)), scratch],
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        )
    if done.returncode:
        raise SystemExit(f"the peer failed: {done.stderr.strip().splitlines()[-1]}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    theirs, ours = np.array(found["peer_scores"]), np.array(found["twice"])
    comparable = np.isfinite(found["our_scores"])
    gap = np.abs(theirs[comparable] - ours[comparable]) / np.abs(theirs[comparable])
    print(f"{comparable.sum()} of {cells} cells comparable; largest relative difference of the values {gap.max():.1e}")
    if gap.max() > 1e-6:
        raise SystemExit(f"the values disagree: {theirs[comparable]} and {ours[comparable]}")
    ms, peer = 1e3 * float(np.mean(found["ours"])), 1e3 * float(np.mean(found["peer"]))
    classes = len(nb201.classes())
    setting = f"NASWOT, width 16, 5 cells a stage, 32x32, batch 128, mean of {cells} random cells, one thread, CPU time"
    return [
        Row(
            "scores.naswot", setting, ms, "ms", "at least 2 times faster a cell", peer >= 2 * ms, peer, "authors' code"
        ),
        Row(
            "scores.naswot_space",
            f"{setting}; times {classes} classes for us, {nb201.SIZE} cells for the peer",
            ms * classes / 6e4,
            "min",
            "at least 4 times faster for the whole space",
            peer * nb201.SIZE >= 4 * ms * classes,
            peer * nb201.SIZE / 6e4,
            "authors' code",
        ),
        cheap(peer),
    ]


def cheap(peer: float) -> Row:
    """Compare the study's setting with the peer's, tau by paired bootstrap over the cells of the settings result."""
    frame = results.read("nb201/settings").frame.query("score == 'naswot'")
    groups = {key: part.sort_values("index") for key, part in frame.groupby(["cells", "side", "batch"])}
    whole, part = groups[(5, 32, 128)], groups[(1, 16, 32)]
    truth = table().role("test").astype(float)[whole["index"]]
    one, other = part["value"].to_numpy(), whole["value"].to_numpy()
    low, high = gap(one, other, truth, np.random.default_rng(0), 1000)
    ms = float(part["milliseconds"].mean())
    return Row(
        "scores.naswot_cheap",
        f"NASWOT, 1 cell a stage, 16x16, batch 32; tau {tau(one, truth):.3f}, authors' setting {tau(other, truth):.3f} "
        f"on the same {len(truth)} cells, difference {low:+.3f} to {high:+.3f} (95 % interval)",
        ms,
        "ms",
        "at least 50 times faster, tau not lower (interval reaches 0)",
        bool(peer >= 50 * ms and high >= 0),
        peer,
        "authors' code, their setting",
    )


def each_score() -> list[Row]:
    """Cost of each score and combination in the study's settings."""
    frame, _ = nb201_costs.costs(20)
    alone = "computed alone on one thread, CPU time"
    return [
        Row(
            f"scores.{row.inputs}.{row.score.replace(' ', '_')}",
            f"batch {row.batch}, {SETTINGS[row.inputs]}, {alone}",
            row.milliseconds,
            "ms",
            "below 50 ms",
            bool(row.milliseconds < 50),
        )
        for row in frame.itertuples()
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=Path, help="checkout of BayesWatch/nas-without-training")
    parser.add_argument("--cells", type=int, default=12)
    given = parser.parse_args()
    record(against_peer(given.peer, given.cells) if given.peer else each_score())
