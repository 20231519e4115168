"""The NAS-Bench-101 table behind the interface of the package ``nasbench``, without TensorFlow.

    >>> spec = ModelSpec([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]],
    ...                  ["input", "conv3x3-bn-relu", "maxpool3x3", "output"])
    >>> spec.valid_spec, spec.hash_spec(list(nb101.OPS))
    (True, '7c65f6bd01b87407734781b6038050bc')

    nasbench = as_nasbench(tables.nb101())
    nasbench.query(spec)["test_accuracy"]

What differs: a table holds the mean of the repeats after 108 epochs, so that a cell has one repeat, and the same is
answered each time; half-way figures, training accuracies and other schedules are refused. The prepared table has test
accuracies alone: its validation accuracies and seconds were in no relay that could be read, and are refused by name
too (the official tfrecord gives both: :mod:`luciole.tables.nasbench101`). Hence ``get_budget_counters`` is refused once
a query has cost seconds that nobody knows, rather than stand still.
"""

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from luciole.errors import LucioleError
from luciole.spaces import nb101
from luciole.tables.nasbench101 import EPOCHS, NB101Table

INPUT, OUTPUT = "input", "output"
QUANTITIES = {"training_time": "seconds108", "validation_accuracy": "valid_acc108", "test_accuracy": "test_acc108"}
CONFIG = {"module_vertices": nb101.VERTICES, "max_edges": nb101.MAX_EDGES, "available_ops": list(nb101.OPS),
          "num_repeats": 1}  # fmt: skip


class OutOfDomainError(LucioleError):
    """A graph, or a number of epochs, outside the benchmark."""


class ModelSpec:
    """A cell: adjacency matrix and operations, input and output included; what no path crosses is pruned.

    ``valid_spec`` is False, and ``matrix`` and ``ops`` are None, where no path joins input and output. Raises
    LucioleError for a matrix that is not square, not upper triangular, or of another size than ``ops``.
    """

    def __init__(self, matrix: ArrayLike, ops: Sequence[str], data_format: str = "channels_last") -> None:
        array = np.array(matrix)
        if array.ndim != 2 or array.shape[0] != array.shape[1] or len(array) != len(ops) or np.tril(array).any():
            raise LucioleError(
                f"expected an upper triangular matrix and as many operations, got {array.shape} and {len(ops)}"
            )
        self.original_matrix, self.original_ops = array, list(ops)
        self.data_format = data_format
        self._hash: str | None = None
        kept = _crossed(array)
        self.valid_spec = bool(kept)
        self.matrix: NDArray | None = array[np.ix_(kept, kept)].copy() if kept else None
        self.ops: list[str] | None = [ops[vertex] for vertex in kept] if kept else None

    def hash_spec(self, canonical_ops: Sequence[str]) -> str:
        """The benchmark's hash of the cell; LucioleError unless the operations are the benchmark's, in its order."""
        if list(canonical_ops) != list(nb101.OPS):
            raise LucioleError(f"expected the operations {', '.join(nb101.OPS)}, got {', '.join(canonical_ops)}")
        if self.matrix is None or self.ops is None:
            raise OutOfDomainError("expected a path from input to output, got none")
        if self._hash is None:
            self._hash = _hash(self.matrix, self.ops)
        return self._hash


def _crossed(matrix: NDArray) -> list[int]:
    """Vertices on a path from the first to the last, in order; none where there is no such path."""
    n = len(matrix)
    edges = list(zip(*(places.tolist() for places in np.nonzero(matrix)), strict=True))
    ahead, behind = {0}, {n - 1}
    for source, target in edges:  # in order of the source, so that every vertex is reached before it is left
        if source in ahead:
            ahead.add(target)
    for source, target in reversed(edges):
        if target in behind:
            behind.add(source)
    return sorted(ahead & behind) if n - 1 in ahead else []


_GENE = {pair: gene for gene, pair in enumerate(nb101.PAIRS)}


def _hash(matrix: NDArray, ops: Sequence[str]) -> str:
    """The benchmark's hash of one pruned cell; ``nb101.digests`` is for arrays and slower on one."""
    out = len(matrix) - 1
    if out >= nb101.VERTICES or not set(ops[1:-1]) <= set(nb101.OPS):
        raise OutOfDomainError(f"expected at most {nb101.VERTICES} vertices with the benchmark's operations, got {ops}")
    genotype = bytearray(nb101.GENES)
    for source, target in zip(*(places.tolist() for places in np.nonzero(matrix)), strict=True):
        genotype[_GENE[source, target if target < out else nb101.VERTICES - 1]] = 1
    for vertex, name in enumerate(ops[1:-1]):
        genotype[nb101.EDGE_GENES + vertex] = nb101.OPS.index(name)
    return nb101._digest(bytes(genotype))


class Refusing(dict):
    """A dictionary that says what the table lacks when it is asked for."""

    def __missing__(self, key: object) -> Any:
        raise LucioleError(f"the table does not hold {key!r} of NAS-Bench-101; it holds {', '.join(map(str, self))}")


class _ByHash(Mapping):
    """Hash of a cell -> what ``entry`` gives for its row."""

    def __init__(self, rows: Mapping[str, int], entry: Callable[[int], Any]) -> None:
        self._rows, self._entry = rows, entry

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __contains__(self, digest: object) -> bool:
        return digest in self._rows

    def __getitem__(self, digest: str) -> Any:
        return self._entry(self._rows[digest])


class NASBench:
    """``nasbench.api.NASBench`` on a table; made by :func:`as_nasbench`."""

    def __init__(self, table: NB101Table) -> None:
        text = table.hashes.tobytes().hex()
        rows = {text[start : start + 32]: row for row, start in enumerate(range(0, len(text), 32))}
        self.table = table
        self.config = copy.deepcopy(CONFIG)
        self.valid_epochs = {EPOCHS}
        self.fixed_statistics: Mapping[str, dict] = _ByHash(rows, self._fixed)
        self.computed_statistics: Mapping[str, dict] = _ByHash(rows, self._computed)
        self._held = {name: table[column] for name, column in QUANTITIES.items() if column in table.columns}
        self.history: dict = {}
        self.reset_budget_counters()

    def _fixed(self, row: int) -> dict[str, Any]:
        genotype = self.table.rows[row]
        matrix = nb101.matrices(genotype)[0]
        kept = _crossed(matrix)
        names = [nb101.OPS[genotype[nb101.EDGE_GENES + vertex - 1]] for vertex in kept[1:-1]]
        return {
            "module_adjacency": matrix[np.ix_(kept, kept)].astype(np.int8),
            "module_operations": [INPUT, *names, OUTPUT],
            "trainable_parameters": int(self.table["params"][row]),
        }

    def _computed(self, row: int) -> dict[int, list[dict]]:
        return {EPOCHS: [Refusing({f"final_{name}": float(values[row]) for name, values in self._held.items()})]}

    def query(self, model_spec: Any, epochs: int = EPOCHS, stop_halfway: bool = False) -> Refusing:
        """What training gave: adjacency, operations, parameters, and the accuracies (fractions) and seconds held.

        Counts the epochs, and the seconds where the table has them. Raises OutOfDomainError for a graph or a number of
        epochs outside the benchmark, LucioleError for figures at half-way.
        """
        if epochs not in self.valid_epochs:
            raise OutOfDomainError(f"expected {EPOCHS} epochs, got {epochs}")
        if stop_halfway:
            raise LucioleError("the table does not hold what half of the epochs gave; ask for the whole")
        fixed, computed = self.get_metrics_from_spec(model_spec)
        for name, value in computed[EPOCHS][0].items():
            fixed[name.removeprefix("final_")] = value
        self._seconds += fixed.get("training_time", np.nan)
        self.total_epochs_spent += epochs
        return Refusing(fixed)

    def is_valid(self, model_spec: Any) -> bool:
        """Whether the graph is a cell of the benchmark."""
        try:
            self._check_spec(model_spec)
        except OutOfDomainError:
            return False
        return True

    @property
    def training_time_spent(self) -> float:
        """Seconds of all queries; LucioleError when the table does not know those of one."""
        if np.isnan(self._seconds):
            raise LucioleError("the table does not hold 'training_time', so no clock runs; the official tfrecord does")
        return self._seconds

    def get_budget_counters(self) -> tuple[float, int]:
        """Seconds and epochs of all queries so far."""
        return self.training_time_spent, self.total_epochs_spent

    def reset_budget_counters(self) -> None:
        """Set both to nothing."""
        self._seconds, self.total_epochs_spent = 0.0, 0

    def evaluate(self, model_spec: Any, model_dir: str) -> Any:
        """Refused: that trains a network with TensorFlow."""
        raise LucioleError("a table trains nothing; the package nasbench does, with TensorFlow 1")

    def hash_iterator(self) -> Any:
        """The hashes of all cells, in order."""
        return self.fixed_statistics.keys()

    def get_metrics_from_hash(self, module_hash: str) -> tuple[dict, dict]:
        """What is fixed of a cell, and what training gave: epochs -> repeats -> figures."""
        return self.fixed_statistics[module_hash], self.computed_statistics[module_hash]

    def get_metrics_from_spec(self, model_spec: Any) -> tuple[dict, dict]:
        """The same, of a graph."""
        self._check_spec(model_spec)
        return self.get_metrics_from_hash(self._hash_spec(model_spec))

    def _check_spec(self, model_spec: Any) -> None:
        if not model_spec.valid_spec:
            raise OutOfDomainError("expected a path from input to output, got none")
        ops, edges = model_spec.ops, int(np.sum(model_spec.matrix))
        if len(ops) > nb101.VERTICES or edges > nb101.MAX_EDGES:
            raise OutOfDomainError(
                f"expected at most {nb101.VERTICES} vertices and {nb101.MAX_EDGES} edges, got {len(ops)} and {edges}"
            )
        if ops[0] != INPUT or ops[-1] != OUTPUT or not set(ops[1:-1]) <= set(nb101.OPS):
            raise OutOfDomainError(f"expected {INPUT}, operations among {', '.join(nb101.OPS)}, {OUTPUT}, got {ops}")

    def _hash_spec(self, model_spec: Any) -> str:
        return model_spec.hash_spec(self.config["available_ops"])


def as_nasbench(table: NB101Table) -> NASBench:
    """Put the NAS-Bench-101 table behind the interface of ``nasbench.api.NASBench``.

    Warns of what the table lacks: the prepared file has no validation accuracies and no seconds.
    """
    lacking = [name for name, column in QUANTITIES.items() if column not in table.columns]
    if lacking:
        warnings.warn(f"this table has no {' and no '.join(lacking)}. Its source: {table.source}", stacklevel=2)
    return NASBench(table)
