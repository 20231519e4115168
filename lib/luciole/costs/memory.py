"""Peak memory of tensors, counted exactly and the same on every machine.

    >>> import torch
    >>> with PeakMemory() as memory:
    ...     x = torch.zeros(1000) + 1  # two live at once: the zeros and the sum, 4,000 bytes each
    >>> memory.peak
    8000

What is counted is the storage of live tensors that operations of the block made; scratch space inside an operation
and tensors made before the block are not. The resident size of a process would include the interpreter and
whatever the allocator keeps back, and depends on what ran before. The collector of cycles rests meanwhile: what is
alive would else hang on when it happened to run.
"""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class PeakMemory(TorchDispatchMode):
    """Follow the storages that the block's operations make; ``peak`` holds the most bytes alive at once."""

    def __init__(self) -> None:
        super().__init__()
        self.live = 0
        self.peak = 0
        self._known: dict[int, int] = {}  # identity of a storage -> its bytes
        self._inputs: set[int] = set()  # identities of living storages that no operation of the block made
        self._collecting = False  # whether cycles were collected before the block

    def __enter__(self) -> "PeakMemory":
        self._collecting = gc.isenabled()
        gc.disable()
        super().__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        if self._collecting:
            gc.enable()

    def __torch_dispatch__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        for tensor in tree_leaves((args, kwargs)):
            if isinstance(tensor, Tensor):
                self._leave_out(tensor)
        result = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._follow(tensor)
        return result

    def _leave_out(self, tensor: Tensor) -> None:
        storage, identity = tensor.untyped_storage(), _identity(tensor)
        if identity not in self._known and identity not in self._inputs:
            self._inputs.add(identity)
            weakref.finalize(storage, self._inputs.discard, identity)  # its address may then be a result's

    def _follow(self, tensor: Tensor) -> None:
        storage, identity = tensor.untyped_storage(), _identity(tensor)
        if identity in self._known or identity in self._inputs:  # a view, or a change in place
            return
        self._known[identity] = storage.nbytes()
        self.live += storage.nbytes()
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._forget, identity)

    def _forget(self, identity: int) -> None:
        self.live -= self._known.pop(identity, 0)


def _identity(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata


@torch.no_grad()
def peak_memory(network: nn.Module, batch: Tensor) -> int:
    """Bytes that one evaluation of ``batch`` needs at its peak: weights, buffers, the batch, and activations.

    >>> peak_memory(nn.Linear(100, 10, bias=False), torch.zeros(1, 100))  # (1000 + 100 + 10) values of 4 bytes
    4440
    """
    training = network.training
    try:
        with PeakMemory() as memory:
            network.eval()(batch)
    finally:
        network.train(training)
    tensors = [*network.parameters(), *network.buffers(), batch]
    fixed = {_identity(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}
    return memory.peak + sum(fixed.values())
