"""Fronts and hypervolumes against the definitions, looped over."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from luciole.efficiency import hypervolume, knee, pareto_front
from luciole.errors import LucioleError

models = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=1, max_size=25)


@given(models)
def test_the_front_is_what_no_other_model_dominates(pairs) -> None:
    a, c = np.array(pairs, dtype=float).T
    a /= 20
    slow = [
        i
        for i in range(len(a))
        if not any(a[j] >= a[i] and c[j] <= c[i] and (a[j] > a[i] or c[j] < c[i]) for j in range(len(a)))
    ]
    found = pareto_front(a, c)
    assert sorted(found.tolist()) == slow
    assert (np.diff(c[found]) >= 0).all()


@given(models, st.booleans())
def test_hypervolume_is_the_share_of_the_box_that_is_dominated(pairs, log) -> None:
    a, c = np.array(pairs, dtype=float).T
    a /= 20
    found = hypervolume(a, c, costs=(1.0, 20.0), floor=0.1, log=log)
    # Slow: a fine grid of the box, each point dominated or not.
    axis = np.geomspace(1, 20, 301) if log else np.linspace(1, 20, 301)
    middle = np.sqrt(axis[1:] * axis[:-1]) if log else (axis[1:] + axis[:-1]) / 2
    heights = np.array([max(a[c <= x], default=0.0) for x in middle])
    slow = np.clip((heights - 0.1) / 0.9, 0, None).mean()
    assert found == pytest.approx(slow, abs=0.012)


def test_a_model_outside_the_box_counts_not_at_all_or_as_on_its_edge() -> None:
    assert hypervolume([0.9], [200.0], costs=(1.0, 100.0), floor=0.1) == 0
    assert hypervolume([0.05], [10.0], costs=(1.0, 100.0), floor=0.1) == 0
    assert hypervolume([1.0], [0.01], costs=(1.0, 100.0), floor=0.1) == pytest.approx(1.0)


def test_the_knee_of_a_bent_front() -> None:
    cost = np.geomspace(1, 1000, 7)
    accuracy = np.array([0.1, 0.5, 0.8, 0.9, 0.93, 0.95, 0.96])
    assert knee(accuracy, cost) == 2
    with pytest.raises(LucioleError, match="at least three"):
        knee([0.5, 0.9], [1.0, 2.0])


def test_bad_boxes_are_refused() -> None:
    with pytest.raises(LucioleError, match="range"):
        hypervolume([0.5], [1.0], costs=(5.0, 5.0), floor=0.0)
    with pytest.raises(LucioleError, match="above 0"):
        hypervolume([0.5], [1.0], costs=(0.0, 5.0), floor=0.0)
    with pytest.raises(LucioleError, match="shapes"):
        pareto_front([0.5, 0.6], 1.0)


def test_the_front_of_an_empty_set_is_empty() -> None:
    assert len(pareto_front([], [])) == 0
