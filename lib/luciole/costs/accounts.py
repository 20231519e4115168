"""Accounts of whole results: the price E·D·H of Green AI, Strubell's CO2, and a network's cost over its life.

>>> example = training_example(macs=40e6)  # one forward and one backward pass, in floating point operations
>>> f"{price(example, examples=50_000 * 200, trials=1):.3g}"
'2.4e+15'
>>> lifetime(search=1e6, training=1e5, inference=0.02, n=1e6)  # joules, say
1120000.0
"""

from dataclasses import dataclass

from luciole.costs.energy import JOULES_PER_KWH
from luciole.errors import LucioleError

PUE = 1.58  # what a data centre draws for each watt of computing; Strubell et al. 2019 use it, as third parties say
POUNDS_PER_KG = 1 / 0.45359237


def _not_negative(**values: float) -> None:
    for name, value in values.items():
        if not value >= 0:
            raise LucioleError(f"expected {name} of at least 0, got {value}")


def training_example(macs: float, backward: float = 2.0) -> float:
    """Floating point operations to train on one example once, from the MACs of one forward pass.

    Two operations a multiply-accumulate, and a backward pass at ``backward`` times the forward one: the usual
    rule, since a layer's gradient takes one product for its input and one for its weights.

    >>> training_example(10)
    60.0
    """
    _not_negative(macs=macs, backward=backward)
    return 2.0 * macs * (1.0 + backward)


def price(example: float, examples: float, trials: float) -> float:
    """Price of a result, E·D·H: cost of one example, times examples seen, times experiments run.

    ``example`` (E) may be in operations, seconds or joules, and the price is in the same unit; ``examples`` (D)
    counts every pass over the training set; ``trials`` (H) counts every training on the way to the result, not
    only the last. Source: Schwartz, Dodge, Smith and Etzioni, Green AI, CACM 2020; the relation as a third party
    quotes it, where the cost is only *proportional* to the product.
    """
    _not_negative(example=example, examples=examples, trials=trials)
    return example * examples * trials


@dataclass(frozen=True)
class Carbon:
    """What a computation drew and emitted."""

    kwh: float  # with the data centre's overhead
    kg: float  # CO2e

    @property
    def pounds(self) -> float:
        """CO2e in pounds, the unit of Strubell et al."""
        return self.kg * POUNDS_PER_KG


def strubell(
    hours: float, *, cpu: float, ram: float, gpu: float, gpus: int, intensity: float, pue: float = PUE
) -> Carbon:
    """CO2 of a training run in the manner of Strubell, Ganesh and McCallum (ACL 2019): mean power, time, PUE, grid.

    ``cpu``, ``ram`` and ``gpu`` (each of ``gpus``) are mean draws in watts; ``intensity`` in g CO2e a kilowatt-hour
    (:func:`luciole.costs.energy.carbon_intensity`). The formula and its PUE are as usually quoted; neither was read
    in the paper.

    >>> run = strubell(24, cpu=100, ram=20, gpu=250, gpus=4, intensity=400)
    >>> round(run.kwh, 2), round(run.kg, 2)
    (42.47, 16.99)
    """
    _not_negative(hours=hours, cpu=cpu, ram=ram, gpu=gpu, gpus=gpus, intensity=intensity)
    if not pue >= 1:
        raise LucioleError(f"expected a PUE of at least 1 (a data centre draws more than its machines), got {pue}")
    kwh = pue * hours * (cpu + ram + gpus * gpu) / 1000
    return Carbon(kwh, kwh * intensity / 1000)


def lifetime(search: float, training: float, inference: float, n: float) -> float:
    """Cost of finding a network, training it, and using it ``n`` times: search + training + n · inference.

    All in one unit, joules for choice. ``n`` is part of the result and is stated beside it.
    """
    _not_negative(search=search, training=training, inference=inference, n=n)
    return search + training + n * inference


def kwh(joules: float) -> float:
    """Kilowatt-hours of an energy in joules.

    >>> kwh(3.6e6)
    1.0
    """
    return joules / JOULES_PER_KWH
