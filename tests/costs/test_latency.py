"""Latency is timed on a clock the test controls; real times are for benchmarks."""

import numpy as np
import pytest
import torch
from torch import nn

from luciole.costs import latency
from luciole.costs.latency import measure_latency, median_interval
from luciole.errors import LucioleError


class Clock:
    """Each pass takes the next of the given durations; reading the clock takes no time."""

    def __init__(self, durations: list[float]) -> None:
        self.now, self.durations = 0.0, durations

    def perf_counter(self) -> float:
        return self.now

    def network(self) -> nn.Module:
        clock = self

        class Slow(nn.Module):
            def forward(self, x: torch.Tensor) -> torch.Tensor:
                clock.now += clock.durations.pop(0)
                assert not self.training and torch.is_inference_mode_enabled()
                return x

        return Slow()


def test_warm_up_is_forgotten_and_the_tail_does_not_move_the_median(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock([50.0, 40.0, 1.0, 2.0, 3.0, 100.0, 2.5])
    monkeypatch.setattr(latency.time, "perf_counter", clock.perf_counter)
    network = clock.network().train()
    found = measure_latency(network, torch.zeros(4, 1), repeats=5, warmup=2)
    assert (found.median, found.low, found.high) == (2.5, 1.0, 100.0)
    assert (found.batch, found.repeats, found.threads, found.device, found.clock) == (4, 5, 1, "cpu", "wall")
    assert found.per_example == 2.5 / 4
    assert network.training


def test_threads_are_set_and_restored() -> None:
    seen = []

    class Spy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(torch.get_num_threads())
            return x

    before = torch.get_num_threads()
    found = measure_latency(Spy(), torch.zeros(1, 1), repeats=2, warmup=0, threads=before + 1)
    assert seen == [before + 1] * 2 and found.threads == before + 1
    assert torch.get_num_threads() == before


def test_the_interval_covers_the_true_median_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    samples = rng.lognormal(size=(2000, 30))  # a long right tail, true median 1
    covered = 0
    for sample in samples:
        _, low, high = median_interval(sample)
        covered += low <= 1.0 <= high
    assert 0.94 <= covered / len(samples) <= 0.99


@pytest.mark.parametrize("bad", [{"repeats": 0}, {"threads": 0}])
def test_bad_input_is_refused(bad: dict[str, int]) -> None:
    with pytest.raises(LucioleError, match="at least 1"):
        measure_latency(nn.Identity(), torch.zeros(1, 1), **bad)
    with pytest.raises(LucioleError, match="clock"):
        measure_latency(nn.Identity(), torch.zeros(1, 1), clock="sun")
    with pytest.raises(LucioleError, match="at least one time"):
        median_interval([])


def test_the_cpu_clock_does_not_count_waiting() -> None:
    class Sleepy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            latency.time.sleep(0.05)
            return x

    assert measure_latency(Sleepy(), torch.zeros(1, 1), repeats=3, warmup=0, clock="cpu").median < 0.02
    assert measure_latency(Sleepy(), torch.zeros(1, 1), repeats=3, warmup=0).median >= 0.05
