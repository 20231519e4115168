"""Lottery tickets: train, prune the smallest, set the survivors back to where they were, and again.

The survivors go back to their initial values, or (late rewinding) to those after some steps. Each round trains for the
whole schedule anew, so a ticket costs as many trainings as there are rounds, the first of them of every weight.
Source: Frankle and Carbin, ICLR 2019; late rewinding: Frankle, Dziugaite, Roy and Carbin, 2019.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from luciole.errors import LucioleError
from luciole.sparsity.importance import magnitude
from luciole.sparsity.masks import Masks, remaining, strongest
from luciole.sparsity.training import Account, Method, Run, train


@dataclass(frozen=True)
class Fixed(Method):
    """Train with masks that are given and stay."""

    masks: Masks

    def start(self, run: Run) -> None:
        run.set_masks(self.masks)


@dataclass(frozen=True)
class Ticket:
    """What a round gave: a trained network with the masks that it was trained with, and all that was spent so far."""

    network: nn.Module
    masks: Masks
    account: Account


def tickets(begin: Callable[[], Run], sparsities: Sequence[float], rewind: int = 0) -> Iterator[Ticket]:
    """Train once in full and then once for every sparsity, and give each trained network.

    ``begin`` gives a new run from the same initial weights. ``rewind``: steps after which survivors are
    fetched; 0 takes the initial values. Raises LucioleError for sparsities that do not rise.
    """
    if list(sparsities) != sorted(set(sparsities)) or 0.0 in sparsities:
        raise LucioleError(f"expected sparsities above 0 that rise, got {list(sparsities)}")
    spent = Account()
    values: dict | None = None
    sizes: dict[str, Tensor] = {}
    masks: Masks | None = None
    for sparsity in (0.0, *sparsities):
        run = begin()
        if masks is None:
            masks = run.masks
        else:
            present = {name: size.masked_fill(~masks[name], -1.0) for name, size in sizes.items()}
            masks = strongest(present, min(remaining(masks.total, sparsity, len(masks)), masks.kept))
        if values is not None:
            run.network.load_state_dict(values)
        method = Fixed(masks)
        if values is None:
            if rewind:
                train(run, method, until=rewind)
                run.whole()
            values = copy.deepcopy(run.network.state_dict())
        train(run, method)
        masks, sizes = run.masks, magnitude(run.network)
        spent.seconds += run.account.seconds
        spent.macs += run.account.macs
        spent.executed += run.account.executed
        spent.peak = max(spent.peak, run.account.peak)
        spent.total = max(spent.total, run.account.total)
        yield Ticket(run.network, masks, copy.copy(spent))
