"""Budgets, objectives, histories: the account, against slow bookkeeping."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.errors import LucioleError
from luciole.search import Budget, Guide, History, Objective, Run
from luciole.spaces import nb201


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"seconds": 0},
        {"seconds": -1},
        {"evaluations": 0},
        {"joules": float("nan")},
        {"seconds": float("inf")},
        {"seconds": "100"},
    ],
)
def test_budgets_without_a_limit_above_zero_are_refused(limits):
    with pytest.raises(LucioleError, match="expected a budget"):
        Budget(**limits)


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=40),
    st.floats(1, 60),
    st.sampled_from(["unique", "query"]),
    st.integers(1, 7),
)
@settings(max_examples=80, deadline=None)
def test_the_account_is_that_of_slow_bookkeeping(draws, limit, count, batch):
    rows = np.array(draws, dtype=np.int8)[:, None]
    objective = Objective(
        lambda rows: rows[:, 0] ** 2.0,
        seconds=lambda rows: 1.0 + rows[:, 0],
        joules=lambda rows: np.full(len(rows), 2.0),
        count=count,
    )
    run = Run(nb201, objective, Budget(seconds=limit))
    with run:
        for first in range(0, len(rows), batch):
            run.evaluate(rows[first : first + batch])

    spent, paid, seen, expected = 0.0, 0, set(), []
    for gene in draws:
        price = 0.0 if count == "unique" and gene in seen else 1.0 + gene
        if spent + price > limit:
            break
        spent, paid, seen = spent + price, paid + (price > 0), seen | {gene}
        expected.append((gene, gene**2, paid, spent, 2 * paid))
    if not expected:
        with pytest.raises(LucioleError, match="too small for the first"):
            _ = run.history
        return
    got = run.history
    assert [tuple(row) for row in np.column_stack([got.genotypes[:, 0], got.values, got.spent])] == expected
    assert (objective.evaluations, objective.seconds_spent, objective.joules_spent) == (paid, spent, 2.0 * paid)


def test_isomorphic_cells_are_paid_once_when_the_space_says_so():
    pair = np.array([[3, 0, 0, 0, 1, 0], [0, 0, 0, 3, 0, 0]], dtype=np.int8)
    objective = Objective(lambda rows: rows.sum(axis=1), key=nb201.canonical)
    first, second = objective(pair)
    assert first == second == 4
    assert objective.evaluations == 1


def test_joules_bind_like_seconds():
    objective = Objective(lambda rows: rows.sum(axis=1), seconds=lambda r: r[:, 0] * 0, joules=lambda r: r[:, 0] + 10)
    run = Run(nb201, objective, Budget(joules=35, seconds=1))
    with run:
        for gene in (1, 2, 3):
            run.evaluate(np.full((9, 6), gene, dtype=np.int8))
    assert run.history.joules.max() == 11 + 12


def test_real_time_stops_after_the_evaluation_that_crosses():
    def slow(rows):
        time.sleep(0.02 * len(rows))
        return rows[:, 0]

    run = Run(nb201, Objective(slow, count="query"), Budget(seconds=0.05))
    with run:
        run.evaluate(np.zeros((50, 6), dtype=np.int8))
    assert 1 <= len(run.history) <= 4
    assert run.history.seconds[-1] >= 0.05
    assert run.history.seconds[-2:-1].sum() < 0.05


def test_a_search_that_asks_nothing_new_ends_as_stalled():
    run = Run(nb201, Objective(lambda rows: rows[:, 0]), Budget(evaluations=5), patience=30)
    with run:
        while True:
            run.evaluate(np.zeros((1, 6), dtype=np.int8))
    assert run.history.stopped == "stalled"
    assert run.history.evaluations[-1] == 1


def test_another_exception_is_not_swallowed():
    with pytest.raises(ZeroDivisionError), Run(nb201, Objective(len), Budget(evaluations=1)):
        _ = 1 / 0


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.lists(st.floats(0, 40), max_size=5))
@settings(max_examples=60, deadline=None)
def test_traces_are_running_maxima(values, costs):
    n = len(values)
    spent = np.stack([np.arange(1, n + 1), np.arange(1, n + 1) * 1.5, np.zeros(n)], axis=1)
    history = History(np.arange(n)[:, None], np.array(values, dtype=float), spent)
    best, where = -1, []
    for position, one in enumerate(values):
        if one > best:
            best, at = one, position
        where.append(at)
    assert history.incumbents().tolist() == where
    assert history.trace().tolist() == [values[i] for i in where]
    assert history.best.tolist() == [where[-1]]
    for cost in costs:
        done = int(cost // 1.5)
        assert history.at(np.array([cost]))[0] == (-1 if done == 0 else where[min(done, n) - 1])
    frame = history.to_frame()
    assert list(frame.columns) == ["genotype", "value", "evaluations", "seconds", "joules", "best"]
    assert len(frame) == n


def test_a_guide_charges_each_class_once():
    guide = Guide(lambda rows: rows.sum(axis=1), seconds=2.0, key=nb201.canonical)
    run = Run(nb201, Objective(lambda rows: rows[:, 0], seconds=lambda rows: rows[:, 0] * 0.0), Budget(seconds=5))
    rows = np.array([[3, 0, 0, 0, 1, 0], [0, 0, 0, 3, 0, 0], [1, 1, 1, 1, 1, 1]], dtype=np.int8)
    with run:
        assert len(set(guide(run, rows)[:2])) == 1
        assert guide(run, rows).shape == (3,)
    assert run.objective.seconds_spent == 4.0
    with pytest.raises(LucioleError, match="price of zero or more"):
        Guide(lambda rows: rows, seconds=-1)


def test_bad_arguments_are_said():
    with pytest.raises(LucioleError, match="expected a Budget"):
        Run(nb201, Objective(len), 100)
    with pytest.raises(LucioleError, match="expected an Objective"):
        Run(nb201, len, Budget(evaluations=1))
    with pytest.raises(LucioleError, match="'unique' or 'query'"):
        Objective(len, count="all")
    with pytest.raises(LucioleError, match="charge of zero or more"):
        Objective(len).charge(seconds=-1)


def test_a_budget_of_joules_needs_an_objective_that_counts_them():
    rows = np.zeros((1, 6), dtype=np.int8)
    with pytest.raises(LucioleError, match="give it joules="):
        Run(nb201, Objective(lambda rows: rows.sum(axis=1)), Budget(joules=5.0))
    run = Run(
        nb201, Objective(lambda rows: rows.sum(axis=1), joules=lambda rows: np.ones(len(rows))), Budget(joules=5.0)
    )
    assert run.evaluate(rows).shape == (1,)
