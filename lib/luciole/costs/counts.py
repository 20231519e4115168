"""Parameters and multiply-accumulates of any torch network, counted while it runs.

    >>> import torch
    >>> from luciole.networks import NB201_C10, build
    >>> network = build([3] * 6, NB201_C10, torch.Generator().manual_seed(0))
    >>> counts = count(network, (3, 32, 32))
    >>> counts.parameters, counts.macs, counts.fpo == 2 * counts.macs
    (1531546, 220119690, True)

Convention: a multiply-accumulate (MAC) is one multiplication with its addition, in convolutions, matrix products,
recurrent cells and linear layers, whose bias counts one a value as in NAS-Bench-201; normalisation, pooling,
activations, softmax and sums are not counted. Floating point operations (FPO, what Green AI reports) are twice that.
For the cells of NAS-Bench-201 the closed form of :mod:`luciole.networks.counts` gives the same figures a whole space at
a time.

What is computed counts, whoever wrote it: every call of a torch function is seen, and within those that are made of
others (attention, recurrent layers, ``einsum``) every operation, so that they, functional convolutions and layers of
one's own are counted from the sizes of what they multiply:

    >>> count(torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (5, 8)).macs
    3240
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from luciole.errors import LucioleError, lacked

_RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell")
_UNKNOWN = ("_trilinear", "_cdist_forward", "_pdist_forward", "_fft_r2c", "_fft_c2r", "_fft_c2c", "_embedding_bag")
_FREE = {  # functions that are called often and multiply nothing by the convention; others are looked into
    *("batch_norm", "relu", "relu_", "avg_pool1d", "avg_pool2d", "max_pool1d", "max_pool2d", "boolean_dispatch"),
    *("adaptive_avg_pool1d", "adaptive_avg_pool2d", "__get__", "add", "__add__", "__radd__", "__iadd__", "mul", "cat"),
    *("flatten", "mean", "sum", "view", "reshape", "permute", "transpose", "size", "zeros_like", "dropout", "dim"),
}


@dataclass(frozen=True)
class Counts:
    """What one example costs: ``layers`` maps the names of the counted layers to their MACs."""

    parameters: int  # trainable
    macs: int  # multiply-accumulates for one example
    layers: dict[str, int]

    @property
    def fpo(self) -> int:
        """Floating point operations for one example: two a multiply-accumulate."""
        return 2 * self.macs


def parameters(network: nn.Module) -> int:
    """Count trainable parameters, each once however often it is used.

    >>> parameters(nn.Linear(3, 2))
    8
    """
    return sum(weight.numel() for weight in network.parameters() if weight.requires_grad)


def _convolution(args: Sequence[Any], out: Tensor) -> int:
    x, weight, transposed = args[0], args[1], args[6]
    return (x if transposed else out).numel() * prod(weight.shape[1:])  # a transposed one spreads each input value


def _product(args: Sequence[Any], out: Tensor) -> int:
    return out.numel() * args[0].shape[-1]


def _added(args: Sequence[Any], out: Tensor) -> int:
    """A product and what is added to it: a bias, one a value, as in a linear layer; a matrix is no bias."""
    return out.numel() * (args[1].shape[-1] + (args[0].ndim == 1))


_RULES: dict[str, Callable[[Sequence[Any], Tensor], int]] = {
    "convolution": _convolution,
    **dict.fromkeys(("mm", "bmm", "mv", "dot", "vdot"), _product),
    **dict.fromkeys(("addmm", "baddbmm", "addmv", "_addmm_activation"), _added),
}


class _Operations(TorchDispatchMode):
    """Adds up the products among the operations that run below autograd."""

    def __init__(self, biases: bool):
        super().__init__()
        self.macs = 0
        self.biases = biases

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func._schema.name.removeprefix("aten::").removesuffix("_")
        if rule := _RULES.get(name):
            self.macs += _product(args[1:], out) if rule is _added and not self.biases else rule(args, out)
        elif name in _UNKNOWN:
            raise LucioleError(f"no rule counts {name}; add one to costs/counts.py")
        return out


class _Functions(TorchFunctionMode):
    """Adds up what each call of a torch function costs, under the name of the module whose parameter it is given."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.macs: Counter[str] = Counter()
        self.owners = {id(one): name for name, module in network.named_modules() for one in module.parameters(False)}

    def owner(self, args: Sequence[Any]) -> str:
        """Name of the module that the first of these parameters belongs to; "" where there is none."""
        for one in args:
            if isinstance(one, Tensor) and id(one) in self.owners:
                return self.owners[id(one)]
            if isinstance(one, list | tuple) and (found := self.owner(one)):
                return found
        return ""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        if name in _FREE:
            return func(*args, **kwargs)
        if name in ("conv1d", "conv2d", "conv3d"):
            out = func(*args, **kwargs)
            weight = args[1] if len(args) > 1 else kwargs["weight"]
            macs = out.numel() * prod(weight.shape[1:])
        elif name == "linear":
            out = func(*args, **kwargs)
            weight = args[1] if len(args) > 1 else kwargs["weight"]
            biased = (args[2] if len(args) > 2 else kwargs.get("bias")) is not None
            macs = out.numel() * (weight.shape[-1] + biased)
        else:
            recurrent = name in _RECURRENT
            with _Operations(biases=not recurrent) as within, _step_by_step() if recurrent else nullcontext():
                out = func(*args, **kwargs)
            macs = within.macs
        if macs:
            self.macs[self.owner((*args, *kwargs.values()))] += macs
        return out


@contextmanager
def _step_by_step() -> Iterator[None]:
    """Let recurrent layers run as the products that they are made of, not as one operation."""
    fused = torch.backends.mkldnn.set_flags(False)[0]
    try:
        with torch.backends.cudnn.flags(enabled=False):
            yield
    finally:
        torch.backends.mkldnn.set_flags(fused)


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Let attention run as the products that it is made of, not as one operation."""
    fused = torch.backends.mha.get_fastpath_enabled()
    try:
        torch.backends.mha.set_fastpath_enabled(False)
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)


@torch.no_grad()
def count(network: nn.Module, example: Sequence[int] | Tensor) -> Counts:
    """Count what ``network`` costs on one example: its shape without the batch dimension, or a batch of one.

    One forward pass in evaluation mode is run; the network is left in the mode it was in. A layer that is used twice
    counts twice. Products of no layer's parameters (of queries with keys) stand under the name "". Raises LucioleError
    for an operation that multiplies and has no rule (``nn.Bilinear``, ``cdist``, a Fourier transform), rather than
    counting it as free, for scripted code, which cannot be seen, and for an example that the network does not accept.
    """
    if hidden := [name for name, one in network.named_modules() if isinstance(one, torch.jit.ScriptModule)]:
        raise LucioleError(f"expected modules of Python to count, got scripted code ({hidden[0] or 'the network'})")
    weight = next(network.parameters(), torch.empty(0))
    if not isinstance(example, Tensor):
        example = torch.zeros(1, *example, dtype=weight.dtype, device=weight.device)
    modes = [(module, module.training) for module in network.modules()]
    try:
        network.eval()
        with _plain_attention(), _Functions(network) as counted:
            network(example)
    except Exception as error:  # a stranger's forward may raise anything
        if lacked(error) or isinstance(error, LucioleError):
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise LucioleError(
            f"the network does not accept an example of shape {tuple(example.shape)}: {reason}"
        ) from error
    finally:
        for module, mode in modes:
            module.training = mode
    return Counts(parameters(network), sum(counted.macs.values()), dict(counted.macs))
