#!/usr/bin/env bash
# autorank 1.3.0: the same three methods come out best first or worst first, by which test it picked.
#
# What one would guess: the rows of `autorank(data).rankdf` are in one order, the best method first, and effect sizes
# are measured from it, whichever statistics were chosen.
# What happens: with the frequentist tests (parametric or not) the worst method stands in the first row and effects are
# measured from the worst, hence negative; with the Bayesian ones the best stands first and effects are positive.
# Why it matters: `rankdf.index[0]` is the winner of a comparison, or its loser, and nothing in the call says which.
#
# Expected output:
#   frequentist (parametric): weak, middle, strong; effects negative
#   frequentist (nonparametric): weak, middle, strong; effects negative
#   bayesian (as chosen): strong, middle, weak; effects positive
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/python" -m pip install -q autorank==1.3.0 numpy==2.4.6 pandas==3.1.1
cd "$place"
"$place/env/bin/python" -W ignore - <<'END'
import contextlib
import io
import sys

import numpy as np
import pandas as pd
from autorank import autorank

rng = np.random.default_rng(0)
base = rng.normal(size=20)
data = pd.DataFrame({"weak": base, "middle": base + 1, "strong": base + 2}) + 0.1 * rng.normal(size=(20, 3))
ways = {
    "frequentist (parametric)": {"force_mode": "parametric"},
    "frequentist (nonparametric)": {"force_mode": "nonparametric"},
    "bayesian (as chosen)": {"approach": "bayesian", "rope": 0.01, "nsamples": 500, "random_state": 0},
}
upwards = ["weak", "middle", "strong"]
wrong = 0
for way, settings in ways.items():
    with contextlib.redirect_stdout(io.StringIO()):
        table = autorank(data, alpha=0.05, verbose=False, **settings).rankdf
    effects = table["effect_size"].to_numpy(dtype=float)[1:]
    sign = "negative" if (effects < 0).all() else "positive" if (effects > 0).all() else "mixed"
    print(f"{way}: {', '.join(table.index)}; effects {sign}")
    expected = (upwards[::-1], "positive") if "bayesian" in way else (upwards, "negative")
    wrong += (list(table.index), sign) != expected
sys.exit(wrong > 0)
END
echo "as stated"
