"""One training under masks: the network, its data, its clock, its account; it can be stopped and go on to the digit.

Absent weights are zero, their gradients are zeroed before the step, and what the optimiser remembered of them is
cleared when they go, so that neither momentum nor decay moves them. Where the network is a chain, what is trained is
the dense network of the units that lie on a path (:mod:`luciole.sparsity.chain`), so that seconds fall with units.

Every draw comes from the seed and the step, so a run that was stopped and goes on gives the digits of one that was not.
"""

import copy
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.sparsity import chain
from luciole.sparsity.masks import Masks, full, macs_per_weight, prunable


@dataclass(frozen=True)
class Settings:
    """How to train: stochastic gradient descent with Nesterov's momentum; the rate warms up and falls as a cosine."""

    epochs: float = 8.0
    batch: int = 250
    rate: float = 0.1  # highest
    momentum: float = 0.9
    decay: float = 1e-4  # of present weights
    warmup: float = 0.05  # share of the steps

    def __post_init__(self) -> None:
        if self.epochs <= 0 or self.batch < 1 or not 0 <= self.momentum < 1 or not 0 <= self.warmup < 1:
            raise LucioleError(
                "expected some epochs, a batch, and momentum and warm-up from 0 up to but not including 1, "
                f"got {self.epochs}, {self.batch}, {self.momentum} and {self.warmup}"
            )

    def rate_at(self, step: int, steps: int) -> float:
        """Learning rate of ``step`` of ``steps``."""
        done = (step + 0.5) / steps
        if done < self.warmup:
            return self.rate * done / self.warmup
        return self.rate * 0.5 * (1 + math.cos(math.pi * (done - self.warmup) / (1 - self.warmup)))


@dataclass
class Account:
    """What a training took; weights are those that can be absent, MACs those of products with present weights."""

    seconds: float = 0.0  # of processor time, evaluation left out
    macs: float = 0.0  # forward and backward, three a present weight, example and position
    executed: float = 0.0  # the same of the dense blocks that were really multiplied
    peak: int = 0  # most weights that were trained at once
    total: int = 0  # different weights that were ever trained


@dataclass
class _Lean:
    """The dense network of the units on a path, and where they stand in the whole one."""

    network: nn.Module
    units: dict[str, chain.Units]
    inputs: Tensor | None  # places of the inputs that are read, of a dense first layer or of channels
    flat: bool


@dataclass
class Run:
    """One training: the network, its masks, its data, its clock."""

    network: nn.Module
    x: Tensor  # (n, ...)
    y: Tensor  # (n,)
    settings: Settings
    seed: int = 0
    masks: Masks = field(init=False)
    account: Account = field(default_factory=Account)
    history: list[tuple[int, int, int, int]] = field(default_factory=list)  # step, present, grown, removed
    kept: dict[str, Any] = field(default_factory=dict)  # what a method must remember between events
    step: int = 0

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y) or len(self.x) < self.settings.batch:
            raise LucioleError(
                f"expected as many labels as examples and one batch of {self.settings.batch}, got {len(self.x)} "
                f"examples and {len(self.y)} labels"
            )
        self.masks = full(self.network)
        self.per_weight = macs_per_weight(self.network, self.x[:1])
        self.epoch_steps = len(self.x) // self.settings.batch
        self.steps = max(1, round(self.settings.epochs * self.epoch_steps))
        self._lean: _Lean | None = None
        self._charged: Masks | None = None
        self.cost = 0.0, 0.0
        self._ever = Masks({name: torch.zeros_like(mask) for name, mask in self.masks.items()})
        self.renew()

    # the clock

    @property
    def rate(self) -> float:
        """Learning rate of the coming step."""
        return self.settings.rate_at(min(self.step, self.steps - 1), self.steps)

    def learning_left(self, step: int | None = None) -> float:
        """Sum of the learning rates from ``step`` (the coming one) on, momentum's factor included."""
        first = self.step if step is None else step
        rates = (self.settings.rate_at(at, self.steps) for at in range(first, self.steps))
        return sum(rates) / (1 - self.settings.momentum)

    def draw(self, what: str) -> torch.Generator:
        """A generator for ``what`` is drawn at this step."""
        mixed = np.random.SeedSequence([self.seed, self.step, *what.encode()]).generate_state(1, np.uint64)[0]
        return torch.Generator().manual_seed(int(mixed % 2**63))

    # the data

    def rows(self) -> Tensor:
        """Places of the coming batch's examples."""
        epoch, at = divmod(self.step, self.epoch_steps)
        if self.kept.get("epoch") != epoch:
            order = torch.randperm(len(self.x), generator=torch.Generator().manual_seed(self.seed * 1_000_003 + epoch))
            self.kept |= {"epoch": epoch, "order": order}
        order = self.kept["order"]
        return order[at * self.settings.batch : (at + 1) * self.settings.batch]

    def sample(self, what: str, count: int) -> tuple[Tensor, Tensor]:
        """Some training examples, drawn."""
        rows = torch.randperm(len(self.x), generator=self.draw(what))[:count]
        return self.x[rows], self.y[rows]

    # the network

    @property
    def trained(self) -> nn.Module:
        """The network whose weights move: the whole one, or the narrower one of its units."""
        return self._lean.network if self._lean else self.network

    @property
    def active(self) -> dict[str, nn.Parameter]:
        """The weights that move, by their names in the whole network."""
        return prunable(self.trained)

    def answer(self, x: Tensor) -> Tensor:
        """Logits of a batch."""
        if self._lean and self._lean.inputs is not None:
            x = (x.flatten(1) if self._lean.flat else x)[:, self._lean.inputs]
        return self.trained(x)

    def renew(self) -> None:
        """Begin to move the parameters that the network has now, with nothing remembered."""
        self.optimiser = self.sgd(self.trained.parameters())
        self._factors = [self._slice(name, mask).to(self.x.dtype) for name, mask in self.masks.items()]
        self._partial = self.masks.kept < self.masks.total

    def sgd(self, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
        """The optimiser of these settings."""
        return torch.optim.SGD(
            parameters,
            lr=self.settings.rate,
            momentum=self.settings.momentum,
            nesterov=self.settings.momentum > 0,
            weight_decay=self.settings.decay,
            foreach=True,
        )

    def _slice(self, name: str, tensor: Tensor) -> Tensor:
        if not self._lean:
            return tensor
        units = self._lean.units[name.rpartition(".")[0]]
        return tensor[units.outputs][:, units.inputs]

    def whole(self) -> dict[str, Tensor]:
        """Bring the whole network up to date and train it from here on; what the optimiser remembers, by parameter."""
        momenta = {
            name: self.optimiser.state[parameter]["momentum_buffer"]
            for name, parameter in self.trained.named_parameters()
            if self.optimiser.state.get(parameter, {}).get("momentum_buffer") is not None
        }
        if self._lean:
            chain.paste(self._lean.network, self.network, self._lean.units)
            if momenta:
                part, remembered = copy.deepcopy(self._lean.network), copy.deepcopy(self.network)
                _fill(part, momenta)
                _fill(remembered, {})
                chain.paste(part, remembered, self._lean.units)
                momenta = {name: parameter.detach() for name, parameter in remembered.named_parameters()}
            self._lean = None
            self.renew()
            self._remember(momenta)
        return momenta

    def set_masks(self, masks: Masks, lean: bool = True) -> None:
        """Let ``masks`` hold from here on; weights on no path go too, and what comes starts at zero.

        Raises LucioleError for masks of another network.
        """
        masks.check(self.network)
        momenta = self.whole()
        if not chain.supported(self.network):
            units = chain.alive(self.network, masks)
            masks = chain.silence(self.network, units, masks)
            if empty := [name for name, mask in masks.items() if not bool(mask.any())]:
                raise LucioleError(
                    f"no path leads through {', '.join(empty)} any more: the network would answer a constant; ask for "
                    "less sparsity"
                )
        masks.apply(self.network)
        self.masks = masks
        self._ever = self._ever.joined(masks)
        if lean and not chain.supported(self.network):
            self._lean = self._narrow(units)
        self.renew()
        self._remember(momenta)

    def _narrow(self, units: dict[str, chain.Units]) -> _Lean | None:
        """The narrower network, or None where every unit stays."""
        weights = prunable(self.network)
        if all(
            len(one.outputs) == len(weights[f"{name}.weight"]) and len(one.inputs) == weights[f"{name}.weight"].shape[1]
            for name, one in units.items()
        ):
            return None
        first = chain.layers(self.network)[0]
        dense = isinstance(self.network.get_submodule(first), nn.Linear)
        inputs = units[first].inputs
        every = len(inputs) == weights[f"{first}.weight"].shape[1]
        return _Lean(chain.cut(self.network, units), units, None if every else inputs, dense)

    def _remember(self, momenta: dict[str, Tensor]) -> None:
        """Hand the optimiser what it remembered of the parameters that are still there."""
        if not momenta:
            return
        whole = copy.deepcopy(self.network)
        _fill(whole, momenta)
        self.masks.apply(whole)
        source = chain.cut(whole, self._lean.units) if self._lean else whole
        held = dict(source.named_parameters())
        for name, parameter in self.trained.named_parameters():
            self.optimiser.state[parameter]["momentum_buffer"] = held[name].detach().clone()

    def mask_gradients(self) -> None:
        """Zero the gradients of absent weights."""
        if self._partial:
            for weight, factor in zip(self.active.values(), self._factors, strict=True):
                if weight.grad is not None:
                    weight.grad.mul_(factor)

    def gradients(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Gradient of the loss by every weight of the whole network, present or absent; call :meth:`whole` before."""
        weights = prunable(self.network)
        self.network.eval()  # normalisation by what it keeps, so that to look changes nothing
        with torch.enable_grad():
            loss = functional.cross_entropy(self.network(x), y)
            found = torch.autograd.grad(loss, list(weights.values()))
        dense = sum(weight.numel() * self.per_weight[name] for name, weight in weights.items())
        self.account.macs += 3.0 * dense * len(x)
        self.account.executed += 3.0 * dense * len(x)
        return dict(zip(weights, found, strict=True))

    def charge(self) -> None:
        """Put one step on the account."""
        if self._charged is not self.masks:
            present = sum(int(mask.sum()) * self.per_weight[name] for name, mask in self.masks.items())
            blocks = sum(weight.numel() * self.per_weight[name] for name, weight in self.active.items())
            self.cost = 3.0 * present * self.settings.batch, 3.0 * blocks * self.settings.batch
            self._charged = self.masks
            self.account.peak = max(self.account.peak, self.masks.kept)
        self.account.macs += self.cost[0]
        self.account.executed += self.cost[1]

    def finish(self) -> None:
        """Bring the whole network and the account up to date."""
        self.whole()
        self.account.total = self._ever.kept

    # to stop and go on

    def state(self, method: Any) -> dict[str, Any]:
        """All that a later run needs to go on, as ``torch.save`` can hold it."""
        narrow = self._lean is not None
        momenta = self.whole()
        held = {
            "says": self._says(method),
            "network": copy.deepcopy(self.network.state_dict()),
            "momenta": {name: value.clone() for name, value in momenta.items()},
            "masks": {name: mask.clone() for name, mask in self.masks.items()},
            "ever": {name: mask.clone() for name, mask in self._ever.items()},
            "account": asdict(self.account),
            "history": list(self.history),
            "kept": copy.deepcopy(self.kept),
            "step": self.step,
        }
        self._put(momenta, narrow)
        return held

    def restore(self, held: dict[str, Any], method: Any) -> None:
        """Go on from a state; LucioleError when it was begun under other settings or another method's."""
        if held["says"] != self._says(method):
            raise LucioleError(
                f"expected to go on with {self._says(method)}, got a run of {held['says']}; begin anew, or go on with "
                "its settings"
            )
        self.network.load_state_dict(held["network"])
        self.masks = Masks(held["masks"])
        self._ever = Masks(held["ever"])
        self.account = Account(**held["account"])
        self.history, self.kept, self.step = list(held["history"]), copy.deepcopy(held["kept"]), held["step"]
        self._put(held["momenta"], method.lean)

    def _put(self, momenta: dict[str, Tensor], narrow: bool) -> None:
        if narrow and not chain.supported(self.network):
            self._lean = self._narrow(chain.alive(self.network, self.masks))
        self.renew()
        self._remember(momenta)

    def _says(self, method: Any) -> str:
        return f"{method!r}, {self.settings!r}, seed {self.seed}"


@torch.no_grad()
def _fill(network: nn.Module, values: dict[str, Tensor]) -> None:
    """Set every parameter to a value by its name, or to zero."""
    for name, parameter in network.named_parameters():
        if name in values:
            parameter.copy_(values[name])
        else:
            parameter.zero_()
