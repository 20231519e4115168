#!/usr/bin/env bash
# scikit-posthocs 0.17.1: posthoc_wilcoxon pairs the values of two groups by the order of the rows.
#
# What one would guess: a signed-rank test of a long table with a column of folds pairs the folds, or refuses a table
# in which it cannot know the pairs; shuffling the rows of a table changes nothing.
# What happens: there is no argument for the fold. The i-th row of one group meets the i-th of the other, so the same
# table sorted otherwise (by accuracy, say, or as parallel workers finished) has another p-value, with no warning.
# Why it matters: a difference that holds in every one of 12 folds is then declared absent.
#
# Expected output:
#   rows by fold: p = 0.0005; the same rows shuffled: p = 0.3804
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/python" -m pip install -q scikit-posthocs==0.17.1 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1
cd "$place"
"$place/env/bin/python" -W ignore - <<'END'
import sys

import numpy as np
import pandas as pd
import scikit_posthocs

rng = np.random.default_rng(0)
first = rng.normal(size=12)
second = first + 0.3 + 0.01 * rng.normal(size=12)
table = pd.DataFrame({"method": ["a"] * 12 + ["b"] * 12, "fold": [*range(12)] * 2, "value": [*first, *second]})
shuffled = table.sample(frac=1, random_state=0)
by_fold, by_chance = (
    scikit_posthocs.posthoc_wilcoxon(rows, val_col="value", group_col="method").loc["a", "b"] for rows in (table, shuffled)
)
print(f"rows by fold: p = {by_fold:.4f}; the same rows shuffled: p = {by_chance:.4f}")
sys.exit(not (round(by_fold, 4) == 0.0005 and round(by_chance, 4) == 0.3804))
END
echo "as stated"
