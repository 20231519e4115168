"""The ladder: its order depends on what was measured alone, so that more time never ends with a worse design."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole.design import ladder


def _climbed(trainings, accuracy, width):
    measured, order = {}, []
    while len(order) < trainings:
        for place in ladder.following(measured, width):
            measured[place] = accuracy(place)
            order.append(place)
    return measured, order


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 5))
def test_twice_the_time_goes_on_where_half_of_it_ends(seed, width):
    worth = np.random.default_rng(seed).random((500, ladder.RUNGS))

    def accuracy(place):
        return float(worth[place])

    half, order = _climbed(60, accuracy, width)
    whole, longer = _climbed(120, accuracy, width)
    assert longer[: len(order)] == order and len(set(longer)) == len(longer)
    assert max(whole.values()) >= max(half.values())


def test_the_best_third_of_a_rung_goes_up_and_no_other():
    _, order = _climbed(40, lambda place: 1 - place[0] / 100, 1)
    for design, rung in order:
        if rung:
            assert order.index((design, rung - 1)) < order.index((design, rung))
    starts = sum(rung == 0 for _, rung in order)
    assert sum(rung == 1 for _, rung in order) <= starts / ladder.ETA


def test_of_equals_the_design_that_costs_least_is_best():
    assert ladder.best({(0, 0): 0.9, (1, 0): 0.9, (2, 3): 0.8}, {0: 20.0, 1: 10.0, 2: 1.0}) == (1, 0)
    assert ladder.best({(0, 0): 0.9, (0, 1): 0.9}, {0: 20.0}) == (0, 1)


def test_the_longest_training_that_may_go_up_does_so_first_and_it_is_the_best_of_its_rung():
    measured = {(design, 0): 0.1 * (design % 4) for design in range(9)} | {(3, 1): 0.2, (7, 1): 0.9, (2, 1): 0.4}
    assert ladder.following(measured) == [(7, 2)]
    del measured[7, 1], measured[2, 1]
    assert ladder.following(measured, 2) == [(7, 1), (2, 1)]
    assert ladder.following(measured, 3)[-1] == (9, 0)
