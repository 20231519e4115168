"""The latency predictor, with a clock that charges each layer what the test says."""

import numpy as np
import pytest
import torch
from torch import nn

from luciole.costs import latency, predictor
from luciole.costs.predictor import LatencyTable, measure_table
from luciole.errors import LucioleError
from luciole.networks import Skeleton, build
from luciole.spaces import nb201

SMALL = Skeleton(inputs=2, classes=3, width=4, cells=2, dims=1, stem="conv1", reduction="pool")


class Metronome:
    """Time passes only in convolutions and in pooling: one second a value of their output."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(latency.time, "perf_counter", lambda: self.now)
        for kind in (nn.Conv1d, nn.AvgPool1d):
            forward = kind.forward

            def charged(layer: nn.Module, x: torch.Tensor, forward=forward) -> torch.Tensor:
                y = forward(layer, x)
                self.now += y.numel()
                return y

            monkeypatch.setattr(kind, "forward", charged)


def test_where_latency_is_additive_the_prediction_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    Metronome(monkeypatch)
    table = measure_table(SMALL, 16, batch=3, repeats=1, generator=torch.Generator().manual_seed(0))
    rows = nb201.sample(np.random.default_rng(0), 12)
    for row, predicted in zip(rows, table.predict(rows), strict=True):
        network = build(row, SMALL, torch.Generator().manual_seed(1))
        whole = latency.measure_latency(network, torch.zeros(3, 2, 16), repeats=1).median
        assert predicted == pytest.approx(whole)


def test_on_a_real_clock_more_convolutions_take_longer() -> None:
    table = measure_table(Skeleton(width=16, cells=1), 32, repeats=5, generator=torch.Generator().manual_seed(0))
    assert table.fixed > 0 and (table.operations >= 0).all()
    assert table.predict([[3] * 6]) > table.predict([[1] * 6])
    assert table.predict(np.zeros((2, 3, 6), int)).shape == (2, 3)


def test_bad_input_is_refused() -> None:
    with pytest.raises(LucioleError, match="batch of at least 1"):
        measure_table(SMALL, 16, batch=0, generator=torch.Generator())
    with pytest.raises(LucioleError):
        LatencyTable(SMALL, 1, np.zeros(5), 0.0).predict([[9] * 6])
    assert predictor.EVERY_OPERATION[:5] == tuple(range(len(nb201.OPS)))
