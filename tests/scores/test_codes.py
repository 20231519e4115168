"""Scores on binary codes, against loops over units and pairs."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

from luciole.errors import LucioleError
from luciole.scores.icd import icd, icd_relu
from luciole.scores.naswot import naswot
from luciole.scores.samples import linear_regions
from luciole.scores.swap import regularised, swap


def codes_of(inputs):
    return [(x.detach().flatten(1) > 0).numpy().astype(int) for x in inputs]


def slow_icd(codes):
    samples = len(codes[0])
    total = 0.0
    for i in range(samples):
        squared = 0.0
        for code in codes:
            for k in range(code.shape[1]):
                squared += (code[i, k] - sum(code[j, k] for j in range(samples)) / samples) ** 2
        total += math.sqrt(squared)
    return total / samples


def test_icd_is_the_distance_over_the_inputs_of_every_module(case, watched):
    network, batch, _ = case
    _, calls = watched(network, batch)
    assert icd(network, batch) == pytest.approx(slow_icd(codes_of(x for _, _, x, _ in calls)), rel=1e-6)


def test_icd_relu_and_naswot_read_the_relus(case, watched):
    network, batch, _ = case
    codes = codes_of(x for _, module, x, _ in watched(network, batch)[1] if isinstance(module, nn.ReLU))
    assert icd_relu(network, batch) == pytest.approx(slow_icd(codes), rel=1e-6)
    rows = np.concatenate(codes, axis=1)
    kernel = np.array([[sum(a == b for a, b in zip(one, other, strict=True)) for other in rows] for one in rows])
    sign, logarithm = np.linalg.slogdet(kernel.astype(float))
    assert sign == 1
    assert naswot(network, batch) == pytest.approx(logarithm, rel=1e-9)
    assert swap(network, batch) == len({tuple(column) for column in rows.T})
    assert linear_regions(network, batch) == len({tuple(row) for row in rows})


def test_relus_that_the_output_does_not_depend_on_do_not_count():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.relu, self.idle = nn.Linear(3, 4), nn.Linear(4, 2), nn.ReLU(), nn.ReLU()

        def forward(self, x):
            self.idle(self.a(x) * 7)
            return self.b(self.relu(self.a(x)))

    network, batch = Idle(), torch.randn(5, 3)
    busy = nn.Sequential(network.a, network.relu, network.b)
    for score in (naswot, icd_relu, swap):
        assert score(network, batch) == score(busy, batch)
    assert icd(network, batch) > icd(busy, batch)  # the released ICD reads every module that is called


@pytest.mark.parametrize("samples", [1, 2, 64, 65, 70])
def test_swap_counts_patterns_of_any_batch_size(samples):
    network = nn.Sequential(nn.Linear(4, 50), nn.ReLU(), nn.Linear(50, 2))
    batch = torch.randn(samples, 4)
    active = (network[0](batch) > 0).numpy()
    assert swap(network, batch) == len({tuple(column) for column in active.T})


def test_identical_samples_are_the_worst_for_naswot():
    network = nn.Sequential(nn.Linear(4, 50), nn.ReLU(), nn.Linear(50, 2))
    batch = torch.randn(3, 4)
    assert math.isfinite(naswot(network, batch))
    assert naswot(network, torch.cat([batch, batch[:1]])) == -math.inf


def test_without_a_kink_codes_are_refused_and_for_one_sample_the_results_are_defined():
    smooth, batch = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)), torch.randn(3, 4)
    for score in (naswot, icd_relu, swap, linear_regions):
        with pytest.raises(LucioleError, match="only on Tanh"):
            score(smooth, batch)
        with pytest.raises(LucioleError, match="nor on any other"):
            score(nn.Linear(4, 2), batch)
    assert icd(smooth, batch) > 0
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    assert naswot(network, batch[:1]) == pytest.approx(math.log(8))
    assert icd(network, batch[:1]) == 0


def test_a_recurrent_cell_counts_at_every_call(watched):
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.out = nn.GRUCell(3, 4), nn.Linear(4, 2)

        def forward(self, x):  # (B, steps, 3)
            state = x.new_zeros(len(x), 4)
            for step in range(x.shape[1]):
                state = self.cell(x[:, step], state)
            return self.out(state)

    network, batch = Recurrent(), torch.randn(6, 4, 3)
    _, calls = watched(network, batch)
    assert sum(name == "cell" for name, *_ in calls) == 4
    assert icd(network, batch) == pytest.approx(slow_icd(codes_of(x for _, _, x, _ in calls)), rel=1e-6)


def test_more_units_spread_codes_further():
    """ICD is about the root of the summed Bernoulli variances, so it grows with the number of units."""
    batch = torch.randn(100, 4)
    values = [icd_relu(nn.Sequential(nn.Linear(4, n), nn.ReLU(), nn.Linear(n, 2)), batch) for n in (10, 40, 160, 640)]
    assert all(later > 1.4 * earlier for earlier, later in itertools.pairwise(values))


def test_regularised_swap_peaks_at_its_centre():
    values = regularised(np.full(3, 8.0), np.array([1.0, 2.0, 4.0]), centre=2.0, spread=1.0)
    assert values[1] == 8 and values[0] == pytest.approx(8 / math.e) and values[2] == pytest.approx(8 / math.e**4)
    with pytest.raises(LucioleError, match="positive spread"):
        regularised(values, values, centre=0.0, spread=0.0)
