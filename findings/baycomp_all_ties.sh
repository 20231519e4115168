#!/usr/bin/env bash
# baycomp 1.0.3: of two methods with the same figure on every data set, the first is better with probability 0.68.
#
# What one would guess: ten data sets, ten exact ties: the Bayesian signed-rank test says one half for each side, and
# whatever it says turns around when the two are exchanged.
# What happens: without a region of equivalence (rope=0, the default), every sample of the posterior is a half up to
# rounding, and the side that the rounding leaves larger is counted as the winner: about 0.68 for whichever method is
# named first, 0.00 for "equal", 0.32 for the other. With the smallest rope the same ties are all "equal".
# Why it matters: networks found by two searchers of a tabular benchmark tie exactly and often.
#
# Expected output (the figures vary a little, since rounding decides them):
#   first better: 0.68; after exchanging the two, first better: 0.68; with a rope of 0.001, equal: 1.00
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/python" -m pip install -q baycomp==1.0.3 numpy==2.4.6 scipy==1.17.1 matplotlib==3.11.2
cd "$place"
"$place/env/bin/python" -W ignore - <<'END'
import sys

import baycomp
import numpy as np

one, other = np.full(10, 0.8), np.full(10, 0.8)
there, _, _ = baycomp.two_on_multiple(one, other)
back, _, _ = baycomp.two_on_multiple(other, one)
_, equal, _ = baycomp.two_on_multiple(one, other, rope=0.001)
print(
    f"first better: {there:.2f}; after exchanging the two, first better: {back:.2f};"
    f" with a rope of 0.001, equal: {equal:.2f}"
)
sys.exit(not (there > 0.6 and back > 0.6 and equal > 0.99))
END
echo "as stated"
