#!/usr/bin/env bash
# pymoo 0.6.2: when a small discrete space is used up, ask() of NSGA-II gives None, while has_next() still says True.
#
# What one would guess: in the ask-and-tell loop, `while algorithm.has_next(): batch = algorithm.ask()` either gets a
# batch (perhaps with individuals seen before) or ends, since has_next() turns False when nothing new can be proposed.
# What happens: with duplicates eliminated, the first ask() after every point was told returns None. The documented
# loop then fails inside the evaluator, and a loop that skips None never ends before its other limit.
# Why it matters: search spaces of networks are discrete, and small ones are used up within a budget.
#
# Expected output:
#   4 points, of which asked: 4, then None; has_next() says True
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/python" -m pip install -q pymoo==0.6.2 numpy==2.4.6
cd "$place"
"$place/env/bin/python" -W ignore - <<'END'
import sys

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.repair.rounding import RoundingRepair
from pymoo.operators.sampling.rnd import IntegerRandomSampling


class FourPoints(Problem):
    """Two binary variables and two objectives that contradict each other."""

    def __init__(self):
        super().__init__(n_var=2, n_obj=2, xl=0, xu=1, vtype=int)

    def _evaluate(self, x, out, *args, **kwargs):
        out["F"] = np.column_stack([x.sum(axis=1), 2 - x.sum(axis=1)])


rounded = {"vtype": float, "repair": RoundingRepair()}
algorithm = NSGA2(
    pop_size=8, sampling=IntegerRandomSampling(), crossover=SBX(**rounded), mutation=PM(**rounded),
    eliminate_duplicates=True,
)
problem = FourPoints()
algorithm.setup(problem, termination=("n_gen", 50), seed=1)
first = algorithm.ask()
algorithm.evaluator.eval(problem, first)
algorithm.tell(infills=first)
second = algorithm.ask()
print(f"4 points, of which asked: {len(first)}, then {second}; has_next() says {algorithm.has_next()}")
sys.exit(not (len(first) == 4 and second is None and algorithm.has_next()))
END
echo "as stated"
