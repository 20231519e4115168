"""Benchmarks time their calls in turns and keep the best round, by a clock that the test moves."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))
import clock


@pytest.fixture
def moved(monkeypatch):
    """What was called, in order; each call of a name moves the clock by the next of its durations."""
    now, order = [100.0], []

    def call(name, durations):
        left = iter(durations)

        def work():
            order.append(name)
            now[0] += next(left)

        return work

    monkeypatch.setattr(clock.time, "process_time", lambda: now[0])
    return order, call


def test_the_best_round_of_each_counts_and_they_take_turns(moved):
    order, call = moved
    best = clock.fastest({"one": call("one", (3.0, 2.0, 5.0)), "other": call("other", (1.0, 4.0, 0.5))}, 3)
    assert best == {"one": 2.0, "other": 0.5}
    assert order == ["one", "other"] * 3


def test_a_round_is_the_mean_of_its_calls_and_the_warming_one_is_left_out(moved):
    order, call = moved
    assert clock.fastest({"one": call("one", (50.0, 3.0, 5.0, 90.0, 1.0, 6.0))}, 2, times=2, warm=True) == {"one": 3.5}
    assert len(order) == 6
