"""A score and what it needs: a plain function of a network and a batch that also declares its costs.

>>> @score(labels=True, source="none")
... def confidence(seen):
...     "Mean largest logit."
...     return seen.forward[1].max(dim=1).values.mean().item()
>>> confidence.labels, confidence.gradients
(True, False)
"""

import functools
import math
from collections.abc import Callable, Sequence

from torch import Tensor, nn

from luciole.errors import LucioleError, lacked
from luciole.scores.passes import Passes


class Score:
    """A training-free score: call it with a network and a batch, or let the engine give it shared passes.

    ``score(network, batch, labels=None, seed=0)`` returns a float, higher for networks expected to be better.
    It may be minus infinity, for a network that is the worst possible by definition, and is never NaN. ``blocks=``
    names the modules after which AZ-NAS reads feature maps, in order, where they are not to be found by flow. Raises
    LucioleError, in one line, where the score is not defined.
    """

    def __init__(
        self, function: Callable[[Passes], float], data: bool, labels: bool, gradients: bool, samples: int, source: str
    ):
        functools.update_wrapper(self, function)
        self.function = function
        self.name = function.__name__
        self.data = data  # reads the batch; otherwise only its shape, or nothing of it
        self.labels = labels  # needs labels
        self.gradients = gradients  # needs a backward pass
        self.samples = samples  # fewest samples a batch must have
        self.source = source  # paper, and code where the paper leaves it open

    def __call__(
        self,
        network: nn.Module,
        batch: Tensor,
        labels: Tensor | None = None,
        seed: int = 0,
        blocks: Sequence[str] | None = None,
    ) -> float:
        try:
            return self.of(Passes(network, batch, labels, seed, blocks))
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            if isinstance(error, LucioleError) or lacked(error):
                raise
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise LucioleError(f"{self.name} is not defined for this network on this batch: {reason}") from error

    def of(self, seen: Passes) -> float:
        """Compute the score from passes that other scores may share."""
        if len(seen.batch) < self.samples:
            raise LucioleError(f"{self.name} needs at least {self.samples} samples, got {len(seen.batch)}")
        if self.labels:
            _ = seen.labels  # says so when there are none
        value = float(self.function(seen))
        if math.isnan(value):
            raise LucioleError(f"{self.name} is not defined for this network on this batch (it came out NaN)")
        return value

    def __repr__(self) -> str:
        return f"<score {self.name}>"


def score(
    *, data: bool = True, labels: bool = False, gradients: bool = False, samples: int = 1, source: str
) -> Callable[[Callable[[Passes], float]], Score]:
    """Turn a function of :class:`Passes` into a :class:`Score` that declares what it needs."""
    return lambda function: Score(function, data, labels, gradients, samples, source)
