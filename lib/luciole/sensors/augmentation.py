"""Variants of sensor windows that mean the same: another way of wearing it, another gait, another sensor.

A network that is to recognise people it has never met sees few people in training, but many windows of each. What
differs between people is imitated, window by window, on the physical signal, before it is normalised:

* *rotation*: a device sits at another angle on another body. All triples of axes of a window turn by one rotation.
* *speed*: another cadence. The window is read at another pace around its middle; beyond its ends it is mirrored.
* *scale*: another vigour, or another sensor's gain, channel by channel around the channel's mean in the window.
* *jitter*: noise, in parts of a channel's standard deviation on the training part.
* *mixing*: two windows averaged, and their labels with them (Zhang et al., "mixup", ICLR 2018), after normalising.

>>> augment = Augmentation(rotation=10.0, speed=0.1).of(Normalisation.fit(np.ones((2, 3, 8))), ((0, 1, 2),))
>>> augment(torch.ones(4, 3, 8), torch.Generator().manual_seed(0)).shape
torch.Size([4, 3, 8])
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError

Augment = Callable[[Tensor, torch.Generator], Tensor]  # physical windows -> normalised ones


def triples(channel_names: Sequence[str]) -> tuple[tuple[int, int, int], ...]:
    """Find the channels that are the three axes of one sensor: neighbours whose names end in x, y and z.

    >>> triples(["acc_x", "acc_y", "acc_z", "heart rate", "gyro X", "gyro Y", "gyro Z"])
    ((0, 1, 2), (4, 5, 6))
    """
    ends = "".join(name.strip()[-1:].lower() or " " for name in channel_names)
    stems = [name.strip()[:-1] for name in channel_names]
    found = [at for at in range(len(ends) - 2) if ends[at : at + 3] == "xyz" and len(set(stems[at : at + 3])) == 1]
    return tuple((at, at + 1, at + 2) for at in found)


def rotations(degrees: float, count: int, generator: torch.Generator) -> Tensor:
    """Draw rotations about random axes, their angles about each axis normal with this standard deviation: (n, 3, 3).

    >>> turn = rotations(20.0, 5, torch.Generator().manual_seed(0))
    >>> torch.allclose(turn @ turn.transpose(1, 2), torch.eye(3).expand(5, 3, 3), atol=1e-5)
    True
    """
    vector = torch.randn(count, 3, generator=generator) * math.radians(degrees)
    angle = vector.norm(dim=1).clamp_min(1e-9)[:, None, None]
    x, y, z = (vector / angle[:, :, 0]).unbind(dim=1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=1).view(-1, 3, 3)
    return torch.eye(3) + angle.sin() * cross + (1 - angle.cos()) * cross @ cross  # Rodrigues


def paced(X: Tensor, pace: Tensor) -> Tensor:
    """Read windows (n, channels, time) at ``pace`` (n,), 1 the original, around their middle; ends are mirrored.

    >>> paced(torch.arange(5.0).expand(1, 1, 5), torch.tensor([0.5]))[0, 0].tolist()
    [1.0, 1.5, 2.0, 2.5, 3.0]
    """
    last = X.shape[2] - 1
    at = (torch.arange(last + 1) - last / 2) * pace[:, None] + last / 2  # (n, time)
    at = ((at + last) % max(2 * last, 1) - last).abs()
    low = at.floor().clamp(max=max(last - 1, 0)).long()
    share = (at - low)[:, None]
    here = low[:, None].expand_as(X)
    return X.gather(2, here) * (1 - share) + X.gather(2, (here + 1).clamp(max=last)) * share


@dataclass(frozen=True)
class Augmentation:
    """How strongly windows are varied; every strength is a standard deviation, 0 leaves that variation out."""

    rotation: float = 0.0  # degrees about each axis
    speed: float = 0.0  # of the logarithm of the pace
    scale: float = 0.0  # of the logarithm of the amplitude
    jitter: float = 0.0  # in standard deviations of a channel
    mixing: float = 0.0  # both parameters of the beta distribution of a window's share; the exception: no deviation

    def __post_init__(self) -> None:
        for name in ("rotation", "speed", "scale", "jitter", "mixing"):
            if not getattr(self, name) >= 0:
                raise LucioleError(f"expected a {name} of at least 0, got {getattr(self, name)}")

    def of(self, normalisation: Normalisation, axes: Sequence[tuple[int, int, int]]) -> Augment:
        """Return the function that varies windows whose channels ``axes`` are triples, and normalises them."""
        centre, deviation = (
            torch.from_numpy(np.asarray(part, np.float32))[:, None]
            for part in (normalisation.mean, normalisation.deviation)
        )

        def augment(X: Tensor, generator: torch.Generator) -> Tensor:
            if self.rotation and axes:
                turn = rotations(self.rotation, len(X), generator)
                X = X.clone()
                for triple in axes:
                    X[:, triple[0] : triple[2] + 1] = turn @ X[:, triple[0] : triple[2] + 1]
            if self.speed:
                X = paced(X, torch.exp(self.speed * torch.randn(len(X), generator=generator)))
            if self.scale:
                mean = X.mean(dim=2, keepdim=True)
                gain = torch.exp(self.scale * torch.randn(len(X), X.shape[1], 1, generator=generator))
                X = mean + (X - mean) * gain
            X = (X - centre) / deviation
            if self.jitter:
                X = X + self.jitter * torch.randn(X.shape, generator=generator)
            return X

        return augment
