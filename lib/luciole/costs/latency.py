"""How long a network takes to answer: warmed up, repeated, the median with its interval, threads stated.

    >>> import torch
    >>> latency = measure_latency(torch.nn.Linear(8, 2), torch.zeros(1, 8), repeats=20)
    >>> 0 < latency.low <= latency.median <= latency.high
    True

Times on a shared machine have a long right tail, so the median and the order statistics that enclose it are
reported, never the mean: the interval needs no assumption on the shape of the distribution. Where other programs
compete for the processor, a long pass is interrupted and a short one is not, which no median mends: the clock "cpu"
counts only the time that this process had the processor.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import quantile_test
from torch import Tensor, nn

from luciole.errors import LucioleError


@dataclass(frozen=True)
class Latency:
    """Seconds for one batch: median of ``repeats`` runs and the 95 % interval of that median."""

    median: float
    low: float
    high: float
    batch: int  # examples in the batch
    threads: int
    repeats: int
    device: str
    clock: str  # "wall", what a user waits, or "cpu", the processor time of this process

    @property
    def per_example(self) -> float:
        """Seconds for one example of the batch (the inverse of the throughput)."""
        return self.median / self.batch


def median_interval(times: object, level: float = 0.95) -> tuple[float, float, float]:
    """Return the median and its distribution-free interval: order statistics by the binomial law.

    Below six values no such interval reaches 95 %, and the extremes are returned. Source: SciPy's quantile_test.

    >>> median_interval([3.0, 1.0, 2.0])
    (2.0, 1.0, 3.0)
    """
    values: NDArray[np.float64] = np.asarray(times, dtype=np.float64)
    if not len(values):
        raise LucioleError("expected at least one time, got none")
    interval = quantile_test(values, p=0.5).confidence_interval(level)
    low, high = (values.min(), values.max()) if np.isnan(interval.low) else interval
    return float(np.median(values)), float(low), float(high)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@torch.inference_mode()
def measure_latency(
    network: nn.Module,
    batch: Tensor,
    *,
    repeats: int = 50,
    warmup: int = 5,
    threads: int = 1,
    clock: Literal["wall", "cpu"] = "wall",
) -> Latency:
    """Measure the forward pass of ``network`` in evaluation mode on ``batch`` (B, ...), where both already are.

    ``warmup`` passes are run and forgotten; a GPU is waited for around each pass. The number of PyTorch threads
    is set for the measurement and restored, as is the network's mode. ``clock`` is what a user waits ("wall") or the
    processor time of this process ("cpu", for one thread on a busy machine; it sees nothing of a GPU). Raises
    LucioleError for fewer than one repeat or thread, another clock, and the clock "cpu" on a GPU.
    """
    for name, value in (("repeats", repeats), ("threads", threads)):
        if value < 1:
            raise LucioleError(f"expected {name} of at least 1, got {value}")
    if clock not in ("wall", "cpu") or (clock == "cpu" and batch.device.type != "cpu"):
        raise LucioleError(f"expected the clock wall, or cpu for a network on the CPU, got {clock} on {batch.device}")
    now = time.perf_counter if clock == "wall" else time.process_time
    training = network.training
    network.eval()
    times = []
    try:
        with _threads(threads):
            for _ in range(warmup):
                network(batch)
            for _ in range(repeats):
                _wait(batch)
                begin = now()
                network(batch)
                _wait(batch)
                times.append(now() - begin)
    finally:
        network.train(training)
    median, low, high = median_interval(times)
    return Latency(median, low, high, len(batch), threads, repeats, str(batch.device), clock)


def _wait(batch: Tensor) -> None:
    if batch.device.type == "cuda":
        torch.cuda.synchronize(batch.device)
