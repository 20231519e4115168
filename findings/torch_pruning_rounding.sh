#!/usr/bin/env bash
# torch-pruning 1.6.1: with channels rounded to multiples of eight, a higher ratio can prune nothing at all.
#
# What one would guess: round_to=8 keeps the multiple of eight nearest to what the ratio leaves, so that a higher ratio
# never leaves more channels than a lower one.
# What happens: what remains is rounded down. Of layers with 12 and 20 channels a quarter leaves 8 and 8, half leaves 12
# and 8, and nine tenths leave 12 and 20, that is everything: where rounding down leaves no channel, the layer is passed
# over as a whole, with no warning.
# Why it matters: small networks have few channels, and a sweep over ratios then reads an unpruned network as the
# most pruned one.
#
# Expected output:
#   ratio 0.25: (9, 15) channels, rounded (8, 8)
#   ratio 0.5: (6, 10) channels, rounded (12, 8)
#   ratio 0.9: (1, 1) channels, rounded (12, 20)
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/python" -m pip install -q torch==2.13.0 torch-pruning==1.6.1 numpy==2.4.6
cd "$place"
"$place/env/bin/python" -W ignore - <<'END'
import sys

import torch
import torch_pruning
from torch import nn


def remains(ratio, round_to):
    """Channels of the two convolutions after one step of magnitude pruning."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv1d(3, 12, 3, padding=1), nn.ReLU(), nn.Conv1d(12, 20, 3, padding=1), nn.ReLU(),
        nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(20, 5),
    )
    torch_pruning.pruner.MagnitudePruner(
        network, torch.zeros(1, 3, 32), importance=torch_pruning.importance.MagnitudeImportance(p=1),
        pruning_ratio=ratio, ignored_layers=[network[6]], round_to=round_to,
    ).step()
    return network[0].out_channels, network[2].out_channels


found = {ratio: (remains(ratio, None), remains(ratio, 8)) for ratio in (0.25, 0.5, 0.9)}
for ratio, (plain, rounded) in found.items():
    print(f"ratio {ratio}: {plain} channels, rounded {rounded}")
sys.exit(found != {0.25: ((9, 15), (8, 8)), 0.5: ((6, 10), (12, 8)), 0.9: ((1, 1), (12, 20))})
END
echo "as stated"
