"""Designs within limits of a device: flash, memory and instructions of their C, foretold before anybody compiled it.

The table of operators (:mod:`luciole.devices.foretell`) says what the C of a design takes in 32-bit floats on a
Cortex-M4F. What is proposed is what keeps every limit; where few proposals do, half the multiply-accumulates are asked
for, and half of those again. Linear classifiers that break a limit are no candidates.

>>> cost = takes(smallest_design(), channels=3, classes=4, length=64)
>>> Limits(flash=cost.flash - 1).broken(cost) != (), most(Limits(instructions=236_000), 4000)
(True, 100000)
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from luciole.datasets.windows import Normalisation
from luciole.design import candidates, linear, tasks
from luciole.design.candidates import smallest_design
from luciole.design.tasks import Arrays, Task
from luciole.devices.foretell import TERMS, Cost, Limits, foretell
from luciole.devices.lower import plan
from luciole.devices.operators import TABLE
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.spaces import Rows

CORE = "m4f"  # instructions are foretold for
LOOKED = 48  # proposals, at most, whose cost is foretold: those of windows that are too short for a search are many


def size(text: str, thousand: int = 1024) -> int:
    """A size as people write it: 64k, 1.5M, 65536; ``thousand`` is what k stands for.

    Raises LucioleError for what is no size above 0.

    >>> size("64k"), size("1M", 1000), size("300")
    (65536, 1000000, 300)
    """
    number, by = text.strip(), 1
    if number[-1:] in ("k", "K", "M"):
        number, by = number[:-1], thousand ** (2 if number[-1] == "M" else 1)
    try:
        value = float(number) * by
    except ValueError:
        value = 0.0
    if not 1 <= value < float("inf"):
        raise LucioleError(f"expected a size above 0 such as 64k, 1M or 65536, got {text!r}")
    return int(value)


def limits(flash: str = "", ram: str = "", instructions: str = "") -> Limits:
    """Limits as people write them, "" for none: bytes of flash and memory, instructions of an answer."""
    asked = {"flash": (flash, 1024), "ram": (ram, 1024), "instructions": (instructions, 1000)}
    return Limits(**{name: size(text, thousand) for name, (text, thousand) in asked.items() if text})


def takes(row: Rows, channels: int, classes: int, length: int) -> Cost:
    """What the C of a design takes, foretold."""
    return _takes(row.astype(np.int8).tobytes(), channels, classes, length)


@lru_cache(maxsize=4096)
def _takes(row: bytes, channels: int, classes: int, length: int) -> Cost:
    network = networks.build(np.frombuffer(row, np.int8), channels, classes, torch.Generator().manual_seed(0)).eval()
    plain = Normalisation(np.zeros(channels, np.float32), np.ones(channels, np.float32))
    return foretell(plan(network, plain, length, trained=False), CORE)


def check(asked: Limits, channels: int, classes: int, length: int) -> None:
    """Refuse limits that the smallest design breaks, naming each and what it takes.

    Raises LucioleError.
    """
    broken = asked.broken(takes(smallest_design(), channels, classes, length))
    if broken:
        options = " and ".join(f"--{line.split(':')[0]}" for line in broken)
        raise LucioleError(
            f"expected limits that the smallest design for windows of {channels} channels and {length} samples keeps, "
            f"it takes {'; '.join(broken)}; raise {options}"
        )


def most(asked: Limits, least: int) -> int | None:
    """The multiply-accumulates that a limit of instructions pays for, ``least`` at least; None where there is none."""
    if asked.instructions is None:
        return None
    cheapest = min(value for name, value in TABLE[CORE].items() if name in TERMS and name.endswith("products"))
    return max(least, int(asked.instructions / cheapest))


def propose(
    asked: Limits, channels: int, classes: int, length: int, limit: int, batch: int, seed: int, scored: int
) -> Rows:
    """The designs of one ``batch`` that keep every limit, the most promising first: int8 (n, genes)."""
    least = candidates.smallest(channels, classes, length)
    while limit > least:
        rows = candidates.propose(channels, classes, length, limit, batch, seed, scored)
        if len(rows) > LOOKED:
            rows = rows[np.linspace(0, len(rows) - 1, LOOKED).astype(int)]
        keeps = [not asked.broken(takes(row, channels, classes, length)) for row in rows]
        if any(keeps):
            return rows[np.array(keeps)]
        limit //= 2
    return smallest_design()[None][: 1 if batch == 0 else 0]


def do(path: Path, asked: Limits, task: Task) -> Arrays:
    """Do one task as :func:`luciole.design.tasks.do`, within limits."""
    if asked == Limits():
        return tasks.do(path, task)
    data = tasks.room(path).dataset
    shape = data.channels, data.classes, data.length
    if task.kind == "propose":
        return {"rows": propose(asked, *shape, task.limit, task.seed, 0, task.scored)}
    if task.kind == "linear" and (broken := asked.broken(takes(linear.genotype(data.classes), *shape))):
        nothing = {"accuracy": np.array(0.0), "seconds": np.array(0.0)}
        return {"failed": np.array("; ".join(broken)), **nothing}
    return tasks.do(path, task)
