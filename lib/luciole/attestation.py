"""Attestation: a sample of a committed result is derived again with today's code, and what was found is kept.

    luciole attest nb201/scores har201/table        # or all
    luciole attest --check                          # which results are stale; status 1 if any is

Provenance must protect numbers and not freeze code. A result whose code has changed is stale; computing all of it anew
may take hours, and is not needed when the change only moved a function. So each experiment offers ``rederive``: it
draws some units of its result (classes of cells, runs, trainings), computes them with today's code and gives both, as a
:class:`Sample`. Where every number agrees, an attestation is added behind the result's record, which stays as it is:
what was compared and how closely it agreed, when, at which commit, and the fingerprints of today's code. The result is
current again. Where one number differs, it is named, and the result stays stale.

Who alters numbers and computes all digests anew is caught by the sample alone, with the probability that
:func:`caught` gives; the sample is drawn from the commit and the data's digest, so each commit draws another.
"""

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import hypergeom

from luciole import results
from luciole.errors import LucioleError
from luciole.experiments import EXPERIMENTS

NAMED = 40  # units named in an attestation; of a larger sample the first so many


class Unavailable(LucioleError):
    """What a sample is derived from (a table, a data set) is not here, or is another: nothing can be compared."""


@dataclass(frozen=True)
class Column:
    """Numbers of a sample, as committed and as derived now, of one shape.

    Two agree when they differ by at most ``relative`` times the committed one plus ``absolute``; not a number agrees
    with itself. ``why`` says why anything but equality is allowed.
    """

    kept: Any
    now: Any
    relative: float = 0.0
    absolute: float = 0.0
    why: str = ""
    rows: Sequence[str] = ()  # what its rows are, where they are not the units of the sample

    def differing(self) -> NDArray[np.bool_]:
        """Which numbers do not agree."""
        kept, now = np.asarray(self.kept), np.asarray(self.now)
        if kept.shape != now.shape:
            raise LucioleError(
                f"expected numbers of shape {kept.shape} to compare with, got {now.shape}; mend rederive"
            )
        if kept.dtype.kind not in "fc" and now.dtype.kind not in "fc":
            return np.asarray(kept != now)
        return ~np.isclose(now, kept, rtol=self.relative, atol=self.absolute, equal_nan=True)

    def largest(self) -> float:
        """Largest difference; 0 for what is no number."""
        kept, now = np.asarray(self.kept), np.asarray(self.now)
        if kept.dtype.kind not in "fciub" or not kept.size:
            return 0.0
        with np.errstate(invalid="ignore"):  # infinity less infinity
            return float(np.nanmax(np.abs(now.astype(float) - kept.astype(float)), initial=0.0))


@dataclass(frozen=True)
class Sample:
    """Units drawn from a result and their numbers, committed and derived anew."""

    units: Sequence[str]  # what was drawn, named so that a reader finds it in the data
    of: int  # units in the result
    columns: Mapping[str, Column]
    modules: Sequence[str]  # whose code decides the numbers today, as for results.write
    left: Mapping[str, str] = field(default_factory=dict)  # columns that cannot be derived again (measured times): why

    @property
    def numbers(self) -> int:
        """How many numbers were compared."""
        return sum(int(np.size(column.kept)) for column in self.columns.values())


def caught(altered: int, of: int, drawn: int) -> float:
    """Probability that a sample of ``drawn`` out of ``of`` units holds at least one of ``altered`` altered ones.

    >>> round(caught(altered=1, of=100, drawn=10), 3), round(caught(altered=20, of=100, drawn=10), 3)
    (0.1, 0.905)
    """
    return float(1 - hypergeom.pmf(0, of, altered, drawn))


def draw(rng: Generator, of: int, units: int | None, proposed: int) -> NDArray[np.int64]:
    """Draw places of ``units`` of ``of`` units without replacement, ascending; None: ``proposed``; at most all.

    >>> draw(np.random.default_rng(0), of=3, units=None, proposed=5)
    array([0, 1, 2])
    """
    return np.sort(rng.choice(of, min(proposed if units is None else units, of), replace=False))


def columns(kept: pd.DataFrame, now: pd.DataFrame, **allowed: Any) -> dict[str, Column]:
    """The columns of ``now`` beside those of ``kept``, row by row; ``allowed`` is what a :class:`Column` tolerates."""
    return {str(name): Column(kept[name].to_numpy(), now[name].to_numpy(), **allowed) for name in now}


def rederive(name: str, rng: Generator, units: int | None = None, folder: Path | None = None) -> Sample:
    """Derive a sample of ``units`` units of the result ``name`` again; None: as many as its experiment proposes.

    Raises LucioleError when nothing was drawn or compared, and Unavailable when what it needs is not here.
    """
    sample: Sample = _rederivation(name)(name, results.read(name, folder, part=True), rng, units)
    if not sample.units or not sample.numbers:
        raise LucioleError(f"expected at least one number of {name!r} to derive again, got none; draw one unit or more")
    if not sample.modules:
        raise LucioleError(f"expected the modules that decide the numbers of {name!r}, got none; mend its rederive")
    return sample


def resting_on(name: str, rng: Generator) -> results.Result:
    """Read a result that another one sums up: current, or a sample of it has come out the same just now.

    Raises LucioleError where a number of that sample differs, and Unavailable where nothing could be compared.
    """
    result = results.read(name, part=True)
    if result.stale:
        sentence(rederive(name, rng), name)
    return result


def again(name: str, seed: int = 0, units: int | None = None) -> str:
    """Derive a sample again for a reader, and say in a sentence what was found.

    Raises LucioleError, naming the number, where one differs. Where it cannot be compared here, or no unit was asked
    for, the sentence says so.
    """
    if units == 0:
        return f"{name}: nothing was compared: 0 units were asked for"
    try:
        return sentence(rederive(name, np.random.default_rng(seed), units), name)
    except Unavailable as reason:
        return f"{name}: nothing was compared: {reason}"


def sentence(sample: Sample, name: str) -> str:
    """Say what a sample showed; LucioleError, naming the first number that differs, where one does."""
    for title, column in sample.columns.items():
        wrong = column.differing()
        if wrong.any():
            at = tuple(int(i) for i in np.argwhere(np.atleast_1d(wrong))[0])
            kept, now = (np.atleast_1d(np.asarray(values))[at] for values in (column.kept, column.now))
            rows = column.rows or sample.units
            where = rows[at[0]] if len(np.atleast_1d(wrong)) == len(rows) else f"place {at}"
            raise LucioleError(
                f"{name} stays stale: {title} of {where} is {now} now, committed {kept} ({int(wrong.sum())} of "
                f"{wrong.size} differ); mend the code, or run the experiment again"
            )
    return f"{name}: {sample.numbers:,} numbers of {len(sample.units):,} of {sample.of:,} units came out the same"


def commit() -> str:
    """Return the commit whose code attests; LucioleError when files have changed since, or there is no checkout."""
    found = results.commit()
    if not re.fullmatch(r"[0-9a-f]{12}", found):
        raise LucioleError(f"expected a checkout without uncommitted changes, got commit {found!r}; commit first")
    return found


def attest(name: str, commit: str, folder: Path | None = None) -> str:
    """Attest a result with the code of ``commit`` (:func:`commit`), and say what was compared.

    Raises LucioleError when a number differs, when nothing was drawn, or when what it needs is not here; the result
    stays as it was.
    """
    kept = results.read(name, folder, part=True)
    rng = np.random.default_rng([int(commit, 16), int(kept.provenance.sha256[:15], 16)])
    sample = rederive(name, rng, folder=folder)
    said = sentence(sample, name)
    columns = {
        title: {"numbers": int(np.size(one.kept)), "relative": one.relative, "absolute": one.absolute}
        | {"largest difference": one.largest(), "why": one.why}
        for title, one in sample.columns.items()
    }
    attestation = {
        "sha256": kept.provenance.sha256,
        "compared": columns,
        "not compared": dict(sample.left),
        "units": list(sample.units[:NAMED]),
        "drawn": len(sample.units),
        "of": sample.of,
        "commit": commit,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": results.versions(),
        "machine": results.machine(),
        "code": {module: results.fingerprint(module) for module in sorted(sample.modules)},
    }
    results.attest(name, attestation, folder)
    chance = caught(1, sample.of, len(sample.units)), caught(max(1, sample.of // 10), sample.of, len(sample.units))
    return f"{said}; one altered unit would be caught with probability {chance[0]:.2f}, a tenth of them {chance[1]:.2f}"


def stale() -> dict[str, tuple[str, ...]]:
    """Every committed result that is stale, and why."""
    found = {name: results.read(name, part=True).stale for name in results.names()}
    return {name: reasons for name, reasons in found.items() if reasons}


def _rederivation(name: str) -> Callable[..., Sample]:
    """The function of the experiment that writes ``name``, which derives a sample of it again."""
    for experiment, one in EXPERIMENTS.items():
        if name in one.results:
            module = importlib.import_module(f"luciole.experiments.{experiment.replace('/', '.')}")
            function: Callable[..., Sample] = module.rederive
            return function
    raise LucioleError(f"no experiment writes a result {name!r}; luciole attest all goes through those there are")
