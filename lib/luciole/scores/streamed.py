"""ICD and NASWOT in one pass that keeps nothing: the same values as those of their modules, for less time and memory.

    >>> import torch
    >>> from luciole.networks import Skeleton, build
    >>> from luciole.scores.icd import icd
    >>> network = build([3, 3, 3, 1, 2, 3], Skeleton(cells=1), torch.Generator().manual_seed(0))
    >>> batch = torch.randn(10, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    >>> abs(icd_streamed(network, batch) - icd(network, batch)) < 1e-3
    True

What is spared, without a change of the value: no graph for gradients is built; an input is coded when its module is
called and let go; a tensor that several modules see (a container and its first child) is coded once; codes stay in
one buffer. :func:`quicken` spares more: 3x3 poolings of stride 1 take the maximum along rows, then along columns, which
processors do many at a time, and channels lie innermost in memory, which halves the time of narrow convolutions (their
sums run in another order then: a unit within rounding of zero may count otherwise). The distances are sums of integers
here and exact: with s_k samples of B active in unit k,

    B^2 sum_k (b_ik - s_k / B)^2 = B sum_k b_ik (B - 2 s_k) + sum_k s_k^2.

:func:`streamed` gives ICD over all modules, ICD over ReLUs and NASWOT from one such pass.
"""

import weakref
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from luciole.errors import LucioleError
from luciole.scores.passes import check_batch
from luciole.scores.watched import untouched

MOST_UNITS = 1 << 24  # of a sum of integers that single precision holds exactly


class SlidingMax(nn.Module):
    """Maximum over each 3x3 neighbourhood, (B, C, H, W) to the same shape: ``nn.MaxPool2d(3, 1, 1)``, no gradient.

    >>> x = torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(0))
    >>> torch.equal(SlidingMax()(x), nn.MaxPool2d(3, stride=1, padding=1)(x))
    True
    """

    def forward(self, x: Tensor) -> Tensor:
        for axis in (3, 2):
            n = x.shape[axis] - 1
            wider = x.clone()
            for to, by in ((0, 1), (1, 0)):
                part = wider.narrow(axis, to, n)
                torch.maximum(part, x.narrow(axis, by, n), out=part)
            x = wider
        return x


def quicken(network: nn.Module) -> nn.Module:
    """Return the network, changed in place to compute the same faster: poolings slide, channels lie innermost.

    Every 3x3 max-pooling of stride 1 becomes a :class:`SlidingMax`; the layout of the weights spreads to what they
    are applied to.
    """
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d) and (child.kernel_size, child.stride, child.padding) == (3, 1, 1):
                setattr(module, name, SlidingMax())
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class Coder:
    """What the calls of a network's modules add up to: hook :meth:`see` before each.

    ``total`` and ``rectified`` (B,) are B^2 times the squared distance of each sample's code to the mean code, over all
    modules and over ReLUs; with ``kernel``, ``agreements`` (B, B) counts the ReLU units on which two samples agree.
    """

    def __init__(self, samples: int, kernel: bool = False):
        self.samples = samples
        self.total, self.rectified = np.zeros((2, samples))
        self.agreements = np.zeros((samples, samples)) if kernel else None
        self._seen: dict[int, tuple[weakref.ref[Tensor], NDArray[np.float64]]] = {}
        self._bits, self._code = np.empty(0, dtype=bool), np.empty(0, dtype=np.float32)

    def see(self, module: nn.Module, args: tuple[Any, ...]) -> None:
        """Add what a module is called with; what is not one tensor of B samples is passed over."""
        if not (args and isinstance(args[0], Tensor) and args[0].ndim and len(args[0]) == self.samples):
            return
        held = self._seen.get(id(args[0]))
        if held is None or held[0]() is not args[0] or isinstance(module, nn.ReLU):
            x = args[0]  # units in the order in which they lie in memory: a sum over them does not care
            innermost = x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last)
            code, active = self._coded((x.permute(0, 2, 3, 1) if innermost else x).numpy())
            pull = (code @ (self.samples - 2 * active)).astype(np.float64)
            held = weakref.ref(args[0]), self.samples * pull + np.square(active, dtype=np.float64).sum()
            self._seen[id(args[0])] = held
            if isinstance(module, nn.ReLU):
                self.rectified += held[1]
                if self.agreements is not None:
                    counts = code.sum(axis=1)
                    self.agreements += code.shape[1] - counts[:, None] - counts + 2 * (code @ code.T)
        self.total += held[1]

    def _coded(self, x: NDArray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the codes (B, units) and how many samples are active in each unit; valid until the next call."""
        units = x[0].size
        if units * self.samples >= MOST_UNITS:
            raise LucioleError(f"expected fewer than {MOST_UNITS // self.samples} units a module, got {units}")
        if len(self._bits) < x.size:
            self._bits, self._code = np.empty(x.size, dtype=bool), np.empty(x.size, dtype=np.float32)
        bits, code = (buffer[: x.size].reshape(self.samples, units) for buffer in (self._bits, self._code))
        np.greater(x, 0, out=bits.reshape(x.shape))
        np.copyto(code, bits)
        small = np.uint8 if self.samples < 256 else np.int32
        return code, np.add.reduce(bits.view(np.uint8), axis=0, dtype=small).astype(np.float32)


def _coder(network: nn.Module, batch: Tensor, kernel: bool) -> Coder:
    check_batch(network, batch, None)
    coder = Coder(len(batch), kernel)
    handles = [module.register_forward_pre_hook(coder.see) for module in network.modules()]
    try:
        with untouched(network, seed=0), torch.inference_mode():
            network(batch)
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise LucioleError(f"the network does not accept a batch of shape {tuple(batch.shape)}: {reason}") from error
    finally:
        for handle in handles:
            handle.remove()
    return coder


def icd_streamed(network: nn.Module, batch: Tensor) -> float:
    """Return the ICD of ``network`` on ``batch`` over the inputs of all modules, as :func:`luciole.scores.icd.icd`.

    Training mode, one forward pass. The network must not change a module's input in place but by a ReLU. Raises
    LucioleError for a batch that the network does not accept.
    """
    return float(np.sqrt(_coder(network, batch, kernel=False).total).mean()) / len(batch)


def streamed(network: nn.Module, batch: Tensor) -> tuple[float, float, float]:
    """Return ICD over all modules, ICD over ReLUs, and NASWOT (minus infinity for a singular kernel).

    As :func:`icd_streamed`; every ReLU counts, so the output must depend on each (as in the pruned cells here).
    """
    coder = _coder(network, batch, kernel=True)
    assert coder.agreements is not None
    values = np.linalg.eigvalsh(coder.agreements)
    singular = values[0] <= values[-1] * len(values) * np.finfo(float).eps
    naswot = -np.inf if singular else float(np.log(values).sum())
    everywhere, rectified = (float(np.sqrt(of).mean()) / len(batch) for of in (coder.total, coder.rectified))
    return everywhere, rectified, naswot
