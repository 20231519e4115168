"""One search under way: where exactly a budget ends it, what it records, and when it loses patience."""

import time
from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.errors import LucioleError
from luciole.search import Budget, Guide, History, Objective, Run
from luciole.spaces import nb201


def rows_of(*genes):
    return np.array(genes, dtype=np.int8)[:, None]


def first(rows):
    return rows[:, 0].astype(float)


def priced(**settings):
    """An objective whose genotypes cost their gene in seconds and twice that in joules."""
    return Objective(first, seconds=first, joules=lambda rows: 2 * first(rows), **settings)


def play(run, *batches):
    """Evaluate batch by batch until the budget ends the run; True if it did."""
    finished = False
    with run:
        for genes in batches:
            run.evaluate(rows_of(*genes))
        finished = True
    return not finished


@pytest.mark.parametrize("unit", ["evaluations", "seconds", "joules"])
@pytest.mark.parametrize("batch", [1, 2, 5])
def test_an_evaluation_that_ends_exactly_at_the_budget_counts_and_the_next_does_not(unit, batch):
    genes = [4, 3, 2, 1, 5]
    totals = {"evaluations": [1, 2, 3, 4, 5], "seconds": [4, 7, 9, 10, 15], "joules": [8, 14, 18, 20, 30]}[unit]
    batches = [genes[start : start + batch] for start in range(0, 5, batch)]
    for allowed, total in enumerate(totals, 1):
        exact = Run(nb201, priced(), Budget(**{unit: total}))
        assert play(exact, *batches) == (allowed < 5)
        assert exact.history.genotypes[:, 0].tolist() == genes[:allowed]
        assert getattr(exact.history, unit)[-1] == total
        assert exact.left[["evaluations", "seconds", "joules"].index(unit)] == 0
        if unit != "evaluations" and allowed > 1:
            less = Run(nb201, priced(), Budget(**{unit: total - 0.5}))
            assert play(less, *batches)
            assert len(less.history) == allowed - 1


def test_what_was_met_before_is_free_at_the_very_end():
    run = Run(nb201, priced(), Budget(seconds=7))
    assert play(run, [4, 3], [4, 3, 4], [3, 1])
    assert run.history.genotypes[:, 0].tolist() == [4, 3, 4, 3, 4, 3]
    assert run.history.seconds.tolist() == [4, 7, 7, 7, 7, 7]


def test_a_known_genotype_behind_one_that_is_too_dear_is_not_recorded():
    run = Run(nb201, priced(), Budget(seconds=5))
    assert play(run, [3], [4, 3, 1])
    assert run.history.genotypes[:, 0].tolist() == [3]
    assert run.objective.evaluations == 1


def test_a_run_counts_from_where_its_objective_stands():
    """Two searches may share an account: the second has its own budget, and its own history from zero."""
    objective = priced()
    play(Run(nb201, objective, Budget(seconds=9)), [4, 3, 2])
    run = Run(nb201, objective, Budget(seconds=6, joules=100, evaluations=50))
    assert run.left.tolist() == [50, 6, 100]
    assert play(run, [1, 5, 4, 6])
    assert run.history.spent.tolist() == [[1, 1, 2], [2, 6, 12], [2, 6, 12]]
    assert run.left.tolist() == [48, 0, 88]
    assert objective.spent.tolist() == [5, 15, 30]


@pytest.mark.parametrize(("seconds", "joules", "ends"), [(5, 10, False), (5.5, 10, True), (5, 10.5, True)])
def test_guidance_may_use_the_budget_up_but_not_pass_it(seconds, joules, ends):
    run = Run(nb201, priced(), Budget(seconds=6, joules=12))
    finished = False
    with run:
        run.evaluate(rows_of(1))
        run.charge(seconds=seconds, joules=joules)
        finished = True
    assert finished is not ends
    assert run.objective.spent.tolist() == [1, 1 + seconds, 2 + joules]
    assert len(run.history) == 1


def test_what_is_not_charged_costs_nothing():
    run = Run(nb201, priced(), Budget(seconds=6))
    run.charge(seconds=2)
    run.charge(joules=3)
    run.charge()
    assert run.objective.spent.tolist() == [0, 2, 3]


def test_charges_stand_in_the_history_of_what_comes_after():
    run = Run(nb201, priced(), Budget(seconds=100))
    with run:
        run.evaluate(rows_of(2))
        run.charge(seconds=3, joules=1)
        run.evaluate(rows_of(1, 4))
    assert run.history.spent.tolist() == [[1, 2, 4], [2, 6, 7], [3, 10, 15]]


def test_the_budget_that_binds_first_ends_the_search():
    for limits, expected in (
        ({"evaluations": 2, "seconds": 100, "joules": 100}, 2),
        ({"evaluations": 9, "seconds": 6, "joules": 100}, 3),
        ({"evaluations": 9, "seconds": 100, "joules": 3}, 1),
    ):
        run = Run(nb201, priced(), Budget(**limits))
        assert play(run, [1, 2, 3, 4])
        assert len(run.history) == expected and run.history.stopped == "budget"


def test_a_budget_too_small_for_anything_is_said():
    run = Run(nb201, priced(), Budget(seconds=3))
    assert play(run, [4, 1])
    with pytest.raises(LucioleError, match="at least one evaluation"):
        _ = run.history


def test_values_come_back_in_order_and_rows_are_copies():
    run = Run(nb201, priced(), Budget(seconds=50))
    rows = rows_of(4, 1, 4, 2)
    values = run.evaluate(rows)
    rows[:] = 0
    assert values.tolist() == run.history.values.tolist() == [4, 1, 4, 2]
    assert run.history.genotypes[:, 0].tolist() == [4, 1, 4, 2]
    assert run.evaluate(np.array([3], dtype=np.int8)).tolist() == [3]  # one row need not be a population


class Clock:
    """Real time that passes only when the objective works."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def objective(self, count="query"):
        def slow(rows):
            self.now += float(rows[:, 0].sum())
            return first(rows)

        return Objective(slow, count=count)


@pytest.mark.parametrize(("limit", "made"), [(4, 1), (4.5, 2), (7, 2), (7.5, 3), (9, 3), (9.5, 4), (10.5, 4)])
def test_in_real_time_what_crosses_the_line_is_the_last(monkeypatch, limit, made):
    """Its length is not known before; the clock is looked at before each row, also of one batch."""
    clock = Clock(monkeypatch)
    run = Run(nb201, clock.objective(), Budget(seconds=limit))
    assert play(run, [4, 3, 2, 1]) is (made < 4)
    assert run.history.seconds.tolist() == [4, 7, 9, 10][:made]


def test_real_time_does_not_bind_a_budget_of_evaluations(monkeypatch):
    clock = Clock(monkeypatch)
    run = Run(nb201, clock.objective(), Budget(evaluations=3))
    assert play(run, [4, 2], [3, 5])
    assert run.history.seconds.tolist() == [3, 6, 9]  # the seconds of a call are shared among its rows
    assert run.history.joules.tolist() == [0, 0, 0]


def test_what_is_answered_from_memory_takes_no_real_time(monkeypatch):
    clock = Clock(monkeypatch)
    run = Run(nb201, clock.objective("unique"), Budget(seconds=5))
    assert play(run, [4], [4], [4], [2], [4])
    assert run.history.seconds.tolist() == [4, 4, 4, 6]


@pytest.mark.parametrize("patience", [5, 6, 7])
def test_patience_is_counted_in_genotypes_since_the_last_that_was_paid(patience):
    run = Run(nb201, priced(), Budget(evaluations=100), patience=patience)
    assert not play(run, [1], [1, 1], [1, 1], [2, 1, 1], [2, 2])
    with run:
        while True:
            run.evaluate(rows_of(1, 2))
    assert run.history.stopped == "stalled"
    free = {5: 4, 6: 4, 7: 6}[patience]  # two at a time, after the two that were counted already
    assert len(run.history) == 10 + free


def test_what_costs_nothing_of_what_is_limited_tries_patience():
    """New genotypes too: a budget that they cannot spend would never end the search."""
    free = Objective(first, seconds=lambda rows: 0 * first(rows), count="query")
    run = Run(nb201, free, Budget(seconds=1), patience=10)
    with run:
        while True:
            run.evaluate(rows_of(1, 2, 3))
    assert run.history.stopped == "stalled" and len(run.history) == 12
    both = Run(nb201, free, Budget(seconds=1, evaluations=30), patience=10)
    with both:
        while True:
            both.evaluate(rows_of(1, 2, 3))
    assert both.history.stopped == "budget" and len(both.history) == 30


def test_what_a_guide_is_paid_brings_the_budget_nearer():
    free = Objective(first, seconds=lambda rows: 0 * first(rows))
    run = Run(nb201, free, Budget(seconds=10), patience=3)
    guide = Guide(first, seconds=1.0)
    with run:
        for gene in range(20):
            guide(run, rows_of(gene))
            run.evaluate(rows_of(0))
    assert run.history.stopped == "budget" and len(run.history) == 10


def test_a_loop_that_finds_nothing_ends():
    run = Run(nb201, priced(), Budget(evaluations=5), patience=4)
    idled = 0
    with run:
        run.evaluate(rows_of(1))
        while True:
            idled += 1
            run.idle()
    assert run.history.stopped == "stalled" and idled == 4
    patient = Run(nb201, priced(), Budget(evaluations=5))
    idled = 0
    with patient:
        patient.idle(1_999)
        idled = 1_999
        patient.idle()
        idled = 2_000
    assert idled == 1_999
    with run:
        run.evaluate(rows_of(2))  # something new: patience begins anew
        run.idle(3)
        idled = 0
        run.idle()
        idled = 1
    assert idled == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Run(nb201, Objective(first), Budget(joules=5.0)), "counts joules for a budget of joules alone"),
        (lambda: Run(nb201, priced(), Budget(seconds=1), needs=("fly",)), "operator 'fly', which the space luciole"),
        (lambda: Run(SimpleNamespace(), priced(), Budget(seconds=1), needs=("sample",)), "the space SimpleNamespace"),
        (lambda: Run(nb201, priced(), 12_000), r"expected a Budget, got 12000; write Budget\("),
        (lambda: Run(nb201, first, Budget(seconds=1)), "expected an Objective, got function; wrap it"),
    ],
)
def test_bad_arguments_are_said(call, message):
    with pytest.raises(LucioleError, match=message):
        call()


@pytest.mark.parametrize("limits", [{"joules": 5.0, "seconds": 3}, {"joules": 5.0, "evaluations": 2}])
def test_joules_beside_another_limit_need_not_be_counted(limits):
    assert Run(nb201, Objective(first), Budget(**limits)).evaluate(rows_of(1)).tolist() == [1]


def test_only_the_end_of_the_budget_is_swallowed():
    for error in (KeyboardInterrupt, ValueError, LucioleError("x")):
        with pytest.raises(error if isinstance(error, type) else type(error)), Run(nb201, priced(), Budget(seconds=1)):
            raise error


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=25))
@settings(max_examples=60, deadline=None)
def test_a_history_answers_in_every_unit(rows):
    """``at`` and ``best`` against a walk through the columns; steps that cost nothing are included at their cost."""
    values = np.array([value for value, _ in rows], dtype=float)
    spent = np.cumsum([[1, step, 2 * step] for _, step in rows], axis=0).astype(float)
    history = History(np.arange(len(rows), dtype=np.int8)[:, None], values, spent)
    for column, unit in enumerate(("evaluations", "seconds", "joules")):
        assert getattr(history, unit).tolist() == spent[:, column].tolist()
        for cost in (-1.0, 0.0, 1.0, 2.5, spent[-1, column], spent[-1, column] + 1):
            within = [place for place in range(len(rows)) if spent[place, column] <= cost]
            best = max(within, key=lambda place: (values[place], -place)) if within else -1
            assert history.at(np.array([cost]), unit).tolist() == [best]
    assert history.at(np.array([4.0])).tolist() == history.at(np.array([4.0]), "seconds").tolist()
    assert history.best_value == values.max() == history.trace()[-1]
    assert history.best.tolist() == [int(np.argmax(values))]
    assert len(history) == len(rows)


def test_a_frame_holds_what_the_history_does():
    history = History(
        np.array([[1, 2], [3, 4]], dtype=np.int8), np.array([5.0, 4.0]), np.array([[1, 2.5, 3], [2, 4.5, 6]])
    )
    assert history.to_frame().to_dict("list") == {
        "genotype": [(1, 2), (3, 4)],
        "value": [5.0, 4.0],
        "evaluations": [1, 2],
        "seconds": [2.5, 4.5],
        "joules": [3.0, 6.0],
        "best": [5.0, 5.0],
    }
    assert history.to_frame()["evaluations"].dtype == np.int64
    assert history.stopped == "budget"
    with pytest.raises(FrozenInstanceError):
        history.values = history.values[::-1]
