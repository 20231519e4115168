"""Multiply-accumulates by hand, by ``luciole.costs.count`` and by the counters that people use.

    python benchmarks/counters.py

Those that are not installed are left out: fvcore, thop, ptflops, torchinfo, calflops; PyTorch's own is always there. No
layer here has a bias but the classifier of the cells, so that conventions about biases do not tell the counters apart.
"""

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import torch
from record import Row, record
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from luciole.costs.counts import count
from luciole.networks import NB201_C10, build

STEPS, INPUTS, UNITS, HIDDEN, SIDE = 50, 4, 16, 32, 12


class Functional(nn.Module):
    """A convolution without a module of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(UNITS, INPUTS, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv2d(x, self.weight, padding=1)


class Twice(nn.Module):
    """One layer that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(UNITS, UNITS, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(functional.relu(self.layer(x)))


def networks() -> Iterator[tuple[str, nn.Module, tuple[int, ...], int]]:
    """Name, network, shape of one example, and its multiply-accumulates by hand."""
    cell = build([3] * 6, NB201_C10, torch.Generator().manual_seed(0))
    blocks = sum(15 * 6 * 9 * (16 * 2**k) ** 2 * (32 // 2**k) ** 2 for k in range(3)) // 3
    between = sum((9 * 2 + 9 * 4 + 2) * (16 * 2**k) ** 2 * (32 // 2 ** (k + 1)) ** 2 for k in range(2))
    yield "NAS-Bench-201, all 3x3", cell, (3, 32, 32), blocks + between + 9 * 3 * 16 * 32**2 + 64 * 10 + 10
    places = SIDE**2
    separable = nn.Sequential(
        nn.Conv2d(UNITS, UNITS, 3, padding=1, groups=UNITS, bias=False), nn.Conv2d(UNITS, HIDDEN, 1, bias=False)
    )
    yield "depthwise and pointwise", separable, (UNITS, SIDE, SIDE), places * (9 * UNITS + UNITS * HIDDEN)
    yield "functional convolution", Functional(), (INPUTS, SIDE, SIDE), places * 9 * INPUTS * UNITS
    yield "one layer twice", Twice(), (UNITS,), 2 * UNITS**2
    for kind, gates in ((nn.LSTM, 4), (nn.GRU, 3)):
        by_hand = STEPS * gates * UNITS * (INPUTS + UNITS)
        yield kind.__name__, kind(INPUTS, UNITS, batch_first=True), (STEPS, INPUTS), by_hand
    encoder = nn.TransformerEncoderLayer(UNITS, 2, HIDDEN, batch_first=True, bias=False)
    attention = STEPS * 4 * UNITS**2 + 2 * STEPS**2 * UNITS  # four projections; queries by keys, weights by values
    yield "transformer encoder layer", encoder, (STEPS, UNITS), attention + 2 * STEPS * UNITS * HIDDEN


def of_torch(network: nn.Module, example: Tensor) -> float:
    with FlopCounterMode(display=False) as counter:
        network(example)
    return counter.get_total_flops() / 2


def of_fvcore(network: nn.Module, example: Tensor) -> float:
    from fvcore.nn import FlopCountAnalysis

    return float(FlopCountAnalysis(network, example).total())


def of_thop(network: nn.Module, example: Tensor) -> float:
    import thop

    return float(thop.profile(network, (example,), verbose=False)[0])


def of_ptflops(network: nn.Module, example: Tensor) -> float:
    import ptflops

    shape = tuple(example.shape[1:])
    return float(ptflops.get_model_complexity_info(network, shape, as_strings=False, print_per_layer_stat=False)[0])


def of_torchinfo(network: nn.Module, example: Tensor) -> float:
    import torchinfo

    return float(torchinfo.summary(network, input_data=example, verbose=0).total_mult_adds)


def of_calflops(network: nn.Module, example: Tensor) -> float:
    import calflops

    silent: dict[str, Any] = {"output_as_string": False, "print_results": False, "print_detailed": False}
    return float(calflops.calculate_flops(network, args=[example], **silent)[1])


COUNTERS: dict[str, Callable[[nn.Module, Tensor], float]] = {
    "torch": of_torch,
    "fvcore": of_fvcore,
    "thop": of_thop,
    "ptflops": of_ptflops,
    "torchinfo": of_torchinfo,
    "calflops": of_calflops,
}


def theirs(counter: Callable[[nn.Module, Tensor], float], network: nn.Module, example: Tensor) -> float | None:
    """What a counter says, silently; None where it fails."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return counter(network.eval(), example)
    except Exception as error:  # a counter may fail in any way; that is an answer
        print(f"{counter.__name__}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
        return None


def run() -> list[Row]:
    here = [name for name in COUNTERS if find_spec(name)]
    if missing := [name for name in COUNTERS if name not in here]:
        print(f"not installed, left out: {', '.join(missing)}")
    rows = []
    for name, network, shape, by_hand in networks():
        ours = count(network, shape).macs
        for counter in here:
            said = theirs(COUNTERS[counter], network, torch.zeros(1, *shape))
            what = f"multiply-accumulates of {name}; by hand {by_hand}{'; the counter fails' if said is None else ''}"
            peer, key = f"{counter} {version(counter).split('+')[0]}", f"counters.{name}.{counter}"
            rows.append(Row(key, what, ours, "MACs", "as by hand", ours == by_hand, said, peer))
    return rows


if __name__ == "__main__":
    logging.disable()
    warnings.simplefilter("ignore")
    record(run())
