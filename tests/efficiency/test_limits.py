"""How far a crown's cost can move, against the definition and against the crowns of merit."""

import numpy as np
import pytest

from luciole.efficiency import cost_span, crowned_by_exponent
from luciole.errors import LucioleError


def test_no_crown_of_merit_leaves_the_bound() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        cost = np.exp(rng.uniform(0, 5, 200))
        accuracy = np.clip(0.5 + 0.08 * np.log(cost) + rng.normal(0, 0.02, 200), 0.2, 0.99)
        anywhere, on_front = cost_span(accuracy, cost, 0.1)
        crowned = crowned_by_exponent(accuracy, cost, np.geomspace(1.5, 1e4, 60).tolist(), floor=0.1)
        accurate = [i for i in crowned if (accuracy > accuracy[i]).sum() < 20]
        assert accurate and cost[accurate].max() / cost[accurate].min() <= on_front <= anywhere


def test_ties_share_a_rank() -> None:
    accuracy, cost = [0.9, 0.9, 0.8], [1.0, 3.0, 100.0]
    assert cost_span(accuracy, cost, 0.4) == (3.0, 1.0)
    assert cost_span(accuracy, cost, 1.0) == (100.0, 1.0)


@pytest.mark.parametrize("share", [0.0, 0.1, 1.1])
def test_a_share_without_models_is_refused(share) -> None:
    with pytest.raises(LucioleError, match="expected a share of 3 models"):
        cost_span([0.1, 0.2, 0.3], [1.0, 2.0, 3.0], share)
