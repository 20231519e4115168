"""Quality against cost: the metrics in use, the one proposed here, and what each of them guarantees.

>>> sorted(METRICS)[:3]
['accuracy_per_log_cost', 'bcr', 'error_cost']
"""

from luciole.efficiency.front import hypervolume, knee, pareto_front
from luciole.efficiency.league import agreement, crown, crowned_by_exponent, exchange_range, league
from luciole.efficiency.limits import cost_span
from luciole.efficiency.merit import error_merit, interval, merit, skill, wrong_per_right
from luciole.efficiency.metrics import (
    METRICS,
    Metric,
    accuracy_per_log_cost,
    bcr,
    error_cost,
    mnasnet,
    netscore,
    rank_sum,
)
from luciole.efficiency.properties import PROPERTIES, satisfied
from luciole.efficiency.rounding import ratio_prints_as

__all__ = [
    "METRICS",
    "PROPERTIES",
    "Metric",
    "accuracy_per_log_cost",
    "agreement",
    "bcr",
    "cost_span",
    "crown",
    "crowned_by_exponent",
    "error_cost",
    "error_merit",
    "exchange_range",
    "hypervolume",
    "interval",
    "knee",
    "league",
    "merit",
    "mnasnet",
    "netscore",
    "pareto_front",
    "rank_sum",
    "ratio_prints_as",
    "satisfied",
    "skill",
    "wrong_per_right",
]
