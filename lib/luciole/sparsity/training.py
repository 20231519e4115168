"""Train a network while its weights come and go: one loop for every method of this room.

    run = Run(network, x, y, Settings(epochs=8), seed=0)
    train(run, Gradual(sparsity=0.95))
    run.masks.kept, run.account.peak, run.account.total

A :class:`Method` is told before the first step, after each backward pass and after each step; what it changes are the
masks of the :class:`luciole.sparsity.run.Run`.
"""

import math
import time

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity.masks import Masks
from luciole.sparsity.run import Account, Run, Settings

__all__ = ["Account", "Method", "Run", "Settings", "accuracy", "begin", "note", "train"]

EVALUATION = 1000  # examples at a time


class Method:
    """What is done beside plain training; the plain one does nothing."""

    lean = True  # train the narrower dense network where there is one

    def start(self, run: Run) -> None:
        """Before the first step."""

    def loss(self, run: Run, x: Tensor, y: Tensor) -> Tensor:
        """Loss of a batch."""
        return functional.cross_entropy(run.answer(x), y)

    def graded(self, run: Run) -> None:
        """After the backward pass, before the step: ``run.active`` have gradients."""

    def stepped(self, run: Run) -> None:
        """After a step; ``run.step`` counts it."""


def train(run: Run, method: Method, until: int | None = None) -> Account:
    """Train ``run`` by ``method`` up to step ``until`` (its end), and return its account.

    Raises LucioleError when the loss is no longer finite.
    """
    started = time.process_time()
    begin(run, method)
    last = run.steps if until is None else min(until, run.steps)
    while run.step < last:
        rows = run.rows()
        run.trained.train()
        for group in run.optimiser.param_groups:
            group["lr"] = run.rate * group.get("share", 1.0)
        loss = method.loss(run, run.x[rows], run.y[rows])
        run.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        method.graded(run)
        run.mask_gradients()
        run.optimiser.step()
        run.charge()
        run.step += 1
        if run.step % 50 == 0 and not math.isfinite(float(loss.detach())):
            raise LucioleError(f"the training loss is not finite at step {run.step}; lower the rate")
        method.stepped(run)
    if run.step == run.steps:
        run.finish()
    run.account.seconds += time.process_time() - started
    return run.account


def begin(run: Run, method: Method) -> None:
    """What ``method`` does before the first step, and the first note; nothing in a run that goes on."""
    if run.step == 0:
        method.start(run)
        if not run.history:
            run.set_masks(run.masks, method.lean)
            note(run, run.masks)


def note(run: Run, masks: Masks) -> None:
    """Write down how many weights are present, and how many of them came and went since the last note."""
    before: dict[str, Tensor] | None = run.kept.get("noted")
    grown = removed = 0
    if before is not None:
        grown = sum(int((masks[name] & ~before[name]).sum()) for name in masks)
        removed = sum(int((before[name] & ~masks[name]).sum()) for name in masks)
    run.kept["noted"] = dict(masks)
    run.history.append((run.step, masks.kept, grown, removed))


@torch.no_grad()
def accuracy(network: nn.Module, x: Tensor, y: Tensor) -> float:
    """Share of the examples that ``network`` answers rightly, in evaluation mode."""
    network.eval()
    right = sum(
        int((network(x[first : first + EVALUATION]).argmax(dim=1) == y[first : first + EVALUATION]).sum())
        for first in range(0, len(x), EVALUATION)
    )
    return right / len(x)
