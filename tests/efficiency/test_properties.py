"""The referee: it passes what holds, and finds the fault in metrics that were given one."""

import numpy as np
import pytest

from luciole.efficiency import METRICS, PROPERTIES, merit, satisfied
from luciole.efficiency.metrics import Metric
from luciole.efficiency.properties import table


def test_the_proposed_family_holds_all_but_one_reading_of_the_exponent() -> None:
    held = table(seed=1) == ""
    assert list(held.columns[~held.loc["merit"]]) == ["halving_error"]
    assert list(held.columns[~held.loc["error_merit"]]) == ["halving_odds"]


def test_no_metric_in_use_holds_them_all() -> None:
    held = table(seed=2) == ""
    others = held.drop(["merit", "error_merit"])
    needed = others.drop(columns=["halving_error", "halving_odds"])
    assert not needed.all(axis=1).any()
    assert not held.loc["bcr", "floor"] and not held.loc["netscore", "near_the_top"]
    assert held.loc["bcr", ["monotone", "front", "unit_order"]].all()


def test_the_verdicts_do_not_hang_on_the_seed() -> None:
    assert ((table(seed=3) == "") == (table(seed=4) == "")).all(axis=None)


def planted(change) -> Metric:
    """Merit with a fault."""

    def function(accuracy, cost, reference, floor=0.0, **_):
        return change(merit(accuracy, cost, reference, floor=floor), np.asarray(accuracy), np.asarray(cost))

    return Metric(function, "max", "", "", settings=("reference", "floor"))


@pytest.mark.parametrize(
    ("broken", "change"),
    [
        ("monotone", lambda m, a, c: np.round(m, 2)),
        ("monotone", lambda m, a, c: np.where(a > 0.9, 0.9, m)),
        ("unit", lambda m, a, c: m * (1 - 1e-3 * (c > 1e4))),
        ("chance", lambda m, a, c: m * (0.5 + 0.5 * a)),
        ("floor", lambda m, a, c: np.maximum(m, 0.5 * (c < 10))),
        ("relative_cost", lambda m, a, c: m / (1 + c / 1e6)),
        ("near_the_top", lambda m, a, c: m * (1.2 - a)),
        ("halving_odds", lambda m, a, c: m * a),
        ("lifetime", lambda m, a, c: np.where(c > 1e8, 0.5, m)),
        ("bounded", lambda m, a, c: 2 * m),
        ("own_value", lambda m, a, c: m / m.sum()),
        ("front", lambda m, a, c: np.round(m, 1)),
        ("joules", lambda m, a, c: np.where(c < 1, 0.0, m)),
    ],
)
def test_a_planted_fault_is_found(broken: str, change) -> None:
    assert satisfied(planted(change), np.random.default_rng(0))[broken] != ""


def test_without_a_fault_none_is_found() -> None:
    found = satisfied(planted(lambda m, a, c: m), np.random.default_rng(0))
    assert {name for name, counterexample in found.items() if counterexample} == {"halving_error"}


def test_every_property_is_stated() -> None:
    assert set(satisfied(METRICS["bcr"], np.random.default_rng(0))) == set(PROPERTIES)
    assert all(len(prop.statement) > 15 for prop in PROPERTIES.values())
    assert {prop.number[0] for prop in PROPERTIES.values()} == set("123456789")
