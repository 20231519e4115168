"""A tabular benchmark as columns: one row a cell, one array a quantity, read only when asked for.

    >>> table = Table("demo", {"test": np.array([90.0, 91.5])}, source="two numbers of this example")
    >>> table["test"].max()
    np.float64(91.5)
    >>> table["tset"]
    Traceback (most recent call last):
        ...
    luciole.errors.LucioleError: table demo has no column 'tset'; did you mean 'test'? ...

Columns differ from source to source. What a search needs of them has the same name everywhere, a *role*:
``valid`` is the column to choose by, ``test`` the one to report, ``cost_seconds`` the price of reading ``valid``.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from luciole.errors import LucioleError
from luciole.tables.columns import describe

Column = NDArray | Callable[[], NDArray]  # a callable is asked once, when the column is first read


@dataclass(frozen=True)
class Role:
    """A column that serves a purpose, and what it honestly is."""

    column: str
    meaning: str
    estimated: bool = False  # computed from a model, not measured


class Table:
    """Columns of equal length over the cells of a space, with the place they came from.

    ``index`` maps genotypes to rows of the table (:func:`luciole.spaces.nb201.index`); ``source`` is one line
    for readers; ``sha256`` is the digest of the file behind the table, None when there are several.
    """

    def __init__(
        self,
        name: str,
        columns: Mapping[str, Column],
        *,
        source: str,
        index: Callable[[object], NDArray[np.int64]] | None = None,
        roles: Mapping[str, Role] | None = None,
        sha256: str | None = None,
    ) -> None:
        self.name = name
        self.source = source
        self.roles: dict[str, Role] = dict(roles or {})
        self.sha256 = sha256
        self._index = index
        self._columns = dict(columns)
        self._read: dict[str, NDArray] = {}
        for role, wanted in self.roles.items():
            if wanted.column not in self._columns:
                raise LucioleError(
                    f"table {name} has no column {wanted.column!r} for its role {role!r}; add the column"
                )

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._columns)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self[next(iter(self._columns))])

    def __repr__(self) -> str:
        return f"Table({self.name}, {len(self._columns)} columns of {len(self)} rows, from {self.source})"

    def __getitem__(self, name: str) -> NDArray:
        """Return a column, read-only; LucioleError when the table has none of that name."""
        if name not in self._read:
            if name not in self._columns:
                near = difflib.get_close_matches(str(name), self._columns, n=3, cutoff=0.5)
                hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ";"
                raise LucioleError(f"table {self.name} has no column {name!r}{hint} it has {', '.join(self._columns)}")
            held = self._columns[name]
            values = held() if callable(held) else np.asarray(held)
            view = values.view()
            view.setflags(write=False)
            self._read[name] = view
        return self._read[name]

    def role(self, name: str) -> NDArray:
        """Return the column that serves as ``valid``, ``test`` or ``cost_seconds``; ``roles[name]`` says what it is.

        Raises LucioleError when this source has no such column.
        """
        if name not in self.roles:
            held = ", ".join(self.roles) or "none"
            raise LucioleError(
                f"table {self.name} has no column for the role {name!r}, only for: {held}; its source is {self.source}"
            )
        return self[self.roles[name].column]

    def describe(self, name: str) -> str:
        """Say what a column means: its definition, unit, trainings behind a number, release, and where it is from.

        Raises LucioleError for a column that the table lacks, or that nobody has described.
        """
        self[name]
        return f"{describe(self.name, name, self.source)}\nsource: {self.source}"

    def at(self, rows: object, name: str) -> NDArray:
        """Return one column at genotypes of shape (..., 6): values of shape (...,).

        For values at row numbers, index the column: ``table[name][numbers]``.
        """
        return self.lookup(rows, name)[name]

    def lookup(self, rows: object, *names: str) -> dict[str, NDArray]:
        """Return several columns at genotypes, each cell located once: name -> values of shape (...,).

        Raises LucioleError for an unknown column, and for rows that are not cells of the space.
        """
        if self._index is None:
            raise LucioleError(f"table {self.name} is not indexed by a space; use its columns by row number")
        columns = {name: self[name] for name in names}  # an unknown name fails before any work
        numbers = self._index(rows)
        return {name: column.take(numbers, axis=0) for name, column in columns.items()}
