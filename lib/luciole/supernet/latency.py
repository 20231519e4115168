"""The expected latency of a mixture of operations, as a term of the architecture's loss.

E[latency] = fixed + the sum over edges of p_j F_j, F from a table of operations. Two forms, both of ProxylessNAS:
"add" is loss + weight (E - reference) / reference, "multiply" is scale loss (log E / log reference)^power.

Source: Cai, Zhu and Han, ProxylessNAS, ICLR 2019, section 3.3, and the authors' code ("add#linear", "mul#log").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from luciole.costs.predictor import LatencyTable
from luciole.errors import LucioleError
from luciole.spaces import nb201


@dataclass(frozen=True)
class LatencyTerm:
    """What latency adds to a loss. All latencies are in one unit, in which the "multiply" form needs them above 1.

    Raises LucioleError for another form, and for a reference that the form cannot use.

    >>> term = LatencyTerm({"skip_connect": 1.0, "nor_conv_3x3": 5.0}, fixed=4.0, reference=10.0)
    >>> p = torch.full((1, 6, 2), 0.5)
    >>> term.expected(p, operations=(1, 3)), term.loss(torch.tensor([1.0]), torch.tensor([22.0]))
    (tensor([22.]), tensor([1.1200]))
    """

    table: Mapping[str, float]  # by operation: what one edge with it adds to the network
    fixed: float  # of all that is not on an edge
    reference: float
    form: Literal["add", "multiply"] = "add"
    weight: float = 0.1  # of "add"
    scale: float = 0.2  # of "multiply"
    power: float = 0.3

    def __post_init__(self) -> None:
        if self.form not in ("add", "multiply"):
            raise LucioleError(f"expected the form 'add' or 'multiply', got {self.form!r}")
        if self.reference <= (1 if self.form == "multiply" else 0):
            raise LucioleError(
                f"expected a reference above {1 if self.form == 'multiply' else 0} for the form {self.form!r}, got "
                f"{self.reference}; state it in a smaller unit"
            )

    @classmethod
    def of(cls, table: LatencyTable, reference: float, unit: float = 1e-6, **options: float | str) -> "LatencyTerm":
        """The term of a measured table (in seconds); reference and all that follows in ``unit`` seconds."""
        by_name = {name: float(seconds) / unit for name, seconds in zip(nb201.OPS, table.operations, strict=True)}
        return cls(by_name, table.fixed / unit, reference, **options)  # type: ignore[arg-type]

    def column(self, operations: Sequence[int]) -> Tensor:
        """Latency of each operation offered, (ops,); LucioleError, naming it, for one that the table lacks."""
        names = [nb201.OPS[op] for op in operations]
        if lacking := [name for name in names if name not in self.table]:
            known = ", ".join(self.table) or "none"
            raise LucioleError(f"expected a latency of {lacking[0]}, the table has {known}; measure it")
        return torch.tensor([self.table[name] for name in names], dtype=torch.float32)

    def expected(self, p: Tensor, operations: Sequence[int]) -> Tensor:
        """Expected latency under probabilities (K, 6, ops): (K,)."""
        return self.fixed + (p * self.column(operations).to(p)).sum(dim=(1, 2))

    def loss(self, loss: Tensor, expected: Tensor) -> Tensor:
        """Losses (K,) with what expected latencies (K,) add."""
        if self.form == "add":
            return loss + self.weight * (expected - self.reference) / self.reference
        ratio = expected.clamp_min(1 + 1e-6).log() / torch.tensor(self.reference).log().to(expected)
        return self.scale * loss * ratio**self.power
