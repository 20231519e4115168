#!/usr/bin/env bash
# ptflops 0.7.5, thop 0.1.1, fvcore 0.1.5: one LSTM has 75,200, 73,600 and 0 multiply-accumulates; by hand it has 60,800.
#
# What one would guess: counters of multiply-accumulates agree on a plain LSTM (50 steps, 3 inputs, 16 units: four gates,
# each a product with the input and one with the state, 50 x 4 x 16 x (3 + 16) = 60,800), or say that they do not know it.
# What happens: ptflops and thop add biases, gates and products with the cell's state, each by a rule of its own; the
# other backend that ptflops offers says 0, as fvcore does (with a line in its log). thop calls the LSTM's parameters 0.
# Why it matters: tables of networks for sensors set recurrent networks beside convolutions under one name, "MACs".
#
# Expected output:
#   by hand 60800; ptflops 75200 (backend pytorch), 0 (aten); thop 73600, parameters 0; fvcore 0
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/python" -m pip install -q torch==2.13.0 numpy==2.4.6 ptflops==0.7.5 thop==0.1.1.post2209072238 \
  fvcore==0.1.5.post20221221 setuptools
cd "$place"
"$place/env/bin/python" -W ignore - <<'END'
import logging
import sys

import ptflops
import thop
import torch
from fvcore.nn import FlopCountAnalysis

logging.disable()
network, window = torch.nn.LSTM(3, 16, batch_first=True), torch.zeros(1, 50, 3)
by_hand = 50 * 4 * 16 * (3 + 16)
silent = {"as_strings": False, "print_per_layer_stat": False}
plain, aten = (ptflops.get_model_complexity_info(network, (50, 3), backend=name, **silent)[0] for name in ("pytorch", "aten"))
count, parameters = (int(x) for x in thop.profile(network, (window,), verbose=False))
fvcore = int(FlopCountAnalysis(network, window).total())
print(
    f"by hand {by_hand}; ptflops {plain} (backend pytorch), {aten} (aten); thop {count}, parameters {parameters};"
    f" fvcore {fvcore}"
)
sys.exit((by_hand, plain, aten, count, parameters, fvcore) != (60800, 75200, 0, 73600, 0, 0))
END
echo "as stated"
