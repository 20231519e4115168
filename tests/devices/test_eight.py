"""8-bit plans: sums stand apart from convolutions, and add as much at once as they can."""

from collections.abc import Callable

import numpy as np
from torch import nn

from luciole.datasets.windows import Normalisation
from luciole.devices import eight
from luciole.devices.lower import plan
from luciole.devices.plan import Convolution, Pool, Sum, Tensor, reads, writes

LENGTH = 40


def test_convolutions_write_bytes_and_nothing_else(constants: Normalisation, drawn: Callable[[int], nn.Module]) -> None:
    for number in range(8):
        ours = plan(drawn(number), constants, LENGTH)
        parted = list(eight._parted(ours.layers))
        known = {ours.window}
        for layer in parted:
            assert known.issuperset(reads(layer))
            known.update(writes(layer))
            if isinstance(layer, Convolution) and not layer.dense:
                assert layer.residuals == () and layer.rectified is None and layer.raw is not None
        assert known.issuperset(tensor for layer in ours.layers if isinstance(layer, Pool) for tensor in writes(layer))
        assert sum(layer.macs for layer in parted if isinstance(layer, Convolution)) == ours.macs


def test_one_sum_adds_what_two_convolutions_give() -> None:
    """A tensor that only a sum adds is not written: its bytes are added; one that is rectified too is written."""

    def convolution(where: str, source: Tensor, raw: Tensor, residuals: tuple[Tensor, ...] = ()) -> Convolution:
        weight, bias = np.ones((2, 2, 1), np.float32), np.zeros(2, np.float32)
        return Convolution(where, source, weight, bias, residuals=residuals, raw=raw)

    x, a, b, skip, end = (Tensor(name, 4, 2) for name in ("x", "a", "b", "skip", "end"))
    first, second = convolution("a", x, a), convolution("b", x, b, (a, skip))
    after = Sum((b,), raw=end)
    layers = list(eight._parted([first, second, after]))
    assert [type(one) for one in layers] == [Convolution, Convolution, Sum, Sum]
    assert [one.name for one in layers[2].residuals] == ["b_bytes", "a_bytes", "skip"] and layers[2].raw is b
    first.rectified = Tensor("a_relu", 4, 2)
    kept = [one for one in eight._parted([first, second, after]) if isinstance(one, Sum)]
    assert kept[0].raw is a and kept[0].rectified is first.rectified and kept[1].residuals[1:] == (a, skip)
