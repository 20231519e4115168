"""Several seeds of one small network trained at once, each with masks of its own: what they share is every operation.

A small network's step is spent starting operations, not computing. Here the weights of K runs lie in one tensor each,
``torch.func.vmap`` computes all answers, and one optimiser moves all weights. The networks of the runs are views of
those tensors, so a method's events read and set masks on them as ever, run by run.

    runs = [Wide(network(seed), x, y, settings, seed) for seed in range(10)]
    train_together(runs, Gradual(sparsity=0.95))

The digits of a step are those of the same runs one by one up to rounding, about 1e-7 of a weight. A method that changes
the loss or the gradients of a step is refused, and the whole networks are trained, not the narrower ones of the units
on a path: where masks thin out units of a wide network, one by one is the faster way. A unit without any weight behind
a normalisation stands at the kink of a ReLU, where rounding decides whether its shift has a gradient: there the digits
part.
"""

import copy
import math
import time
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity import chain
from luciole.sparsity.run import Account, Run
from luciole.sparsity.training import Method, begin


class Wide(Run):
    """A run that trains its whole network, whatever units have no path."""

    def _narrow(self, units: dict[str, chain.Units]) -> None:
        return None


def train_together(runs: Sequence[Wide], method: Method, until: int | None = None) -> list[Account]:
    """Train ``runs`` by ``method`` up to step ``until`` (their end), all in each step, and return their accounts.

    Each account's seconds are an equal share of those of all. Raises LucioleError for runs that are not at one step of
    one clock, for a method that changes steps, and when a loss is no longer finite.
    """
    started = time.process_time()
    _check(runs, method)
    first = runs[0]
    for run in runs:
        if run.step == 0:
            begin(run, method)
    stack = _Stack(runs)
    last = first.steps if until is None else min(until, first.steps)
    while first.step < last:
        loss = stack.step()
        for place, run in enumerate(runs):
            run.charge()
            run.step += 1
            masks = run.masks
            method.stepped(run)
            if run.masks is not masks:
                stack.take(place)
        if first.step % 50 == 0 and not math.isfinite(loss):
            raise LucioleError(f"the training loss is not finite at step {first.step}; lower the rate")
    stack.part()
    seconds = (time.process_time() - started) / len(runs)
    for run in runs:
        if run.step == run.steps:
            run.finish()
        run.account.seconds += seconds
    return [run.account for run in runs]


def _check(runs: Sequence[Wide], method: Method) -> None:
    if not runs or any(
        (run.settings, run.step, run.steps) != (runs[0].settings, runs[0].step, runs[0].steps) for run in runs
    ):
        raise LucioleError(
            "expected runs with the same settings at the same step, got none or others; begin them alike"
        )
    if type(method).loss is not Method.loss or type(method).graded is not Method.graded:
        raise LucioleError(f"{type(method).__name__} changes the steps themselves; train its runs one by one")
    shapes = [{name: value.shape for name, value in run.network.state_dict().items()} for run in runs]
    if any(one != shapes[0] for one in shapes):
        raise LucioleError("expected runs of one network with weights of their own, got networks of other shapes")


class _Stack:
    """The weights of all runs, and the one optimiser that moves them; the runs' networks are views of these."""

    def __init__(self, runs: Sequence[Wide]) -> None:
        self.runs, self.settings = runs, runs[0].settings
        self.skeleton = copy.deepcopy(runs[0].network).to("meta")
        self.skeleton.train()
        self.shared = all(run.x is runs[0].x and run.y is runs[0].y for run in runs)
        self.weights, self.buffers = stack_module_state([run.network for run in runs])
        self.optimiser = runs[0].sgd(self.weights.values())
        self.momenta = {name: torch.zeros_like(weight) for name, weight in self.weights.items()}
        if self.settings.momentum:
            for name, weight in self.weights.items():
                self.optimiser.state[weight]["momentum_buffer"] = self.momenta[name]
        self.factors = {name: torch.ones_like(self.weights[name]) for name in runs[0].masks}
        for place, run in enumerate(runs):
            for name, parameter in run.network.named_parameters():
                parameter.data = self.weights[name].data[place]
            for name, buffer in run.network.named_buffers():
                buffer.data = self.buffers[name][place]
            self.take(place)

    def step(self) -> float:
        """One step of all runs; the sum of their losses."""
        rows = [run.rows() for run in self.runs]
        if self.shared:
            places = torch.stack(rows)
            x, y = self.runs[0].x[places], self.runs[0].y[places]
        else:
            x, y = (
                torch.stack(part)
                for part in zip(*((run.x[at], run.y[at]) for run, at in zip(self.runs, rows, strict=True)), strict=True)
            )
        self.optimiser.param_groups[0]["lr"] = self.runs[0].rate
        logits = vmap(self._answers)(self.weights, self.buffers, x)
        loss = functional.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum") / y.shape[1]
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        for name, factor in self.factors.items():
            self.weights[name].grad.mul_(factor)
        self.optimiser.step()
        return float(loss.detach())

    def _answers(self, weights: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor) -> Tensor:
        answers: Tensor = functional_call(self.skeleton, (weights, buffers), (x,))
        return answers

    def take(self, place: int) -> None:
        """Take over the masks of a run and what its optimiser remembers, after its method set them."""
        run = self.runs[place]
        for name, mask in run.masks.items():
            self.factors[name][place] = mask
        for name, parameter in run.network.named_parameters():
            mine = self.momenta[name][place]
            remembered = run.optimiser.state[parameter].get("momentum_buffer")
            if remembered is None:
                mine.zero_()
            else:
                mine.copy_(remembered)
            if self.settings.momentum:
                run.optimiser.state[parameter]["momentum_buffer"] = mine

    def part(self) -> None:
        """Give each run tensors of its own again."""
        for run in self.runs:
            for parameter in run.network.parameters():
                parameter.data = parameter.data.clone()
                held = run.optimiser.state[parameter]
                if "momentum_buffer" in held:
                    held["momentum_buffer"] = held["momentum_buffer"].clone()
            for buffer in run.network.buffers():
                buffer.data = buffer.data.clone()
