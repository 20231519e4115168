"""What running experiments will cost, by the records of their results: hours, joules, and what need not run at all.

>>> print(said([Price("study/a", "", 60.0, 240.0), Price("study/b", "study/b is not there", 7200.0, 9e3)], 2))
1 of 2 experiments are current and are skipped: study/a
1 to run: 2.0 hours of one processor core and 9 kJ by their records, about 60 minutes with 2 workers
  study/b  2.0 hours  (study/b is not there)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from luciole import results
from luciole.errors import LucioleError


@dataclass(frozen=True)
class Price:
    """One experiment: why it has to run, and what its records say that it took."""

    name: str
    reason: str  # empty: all its results are there, whole and current
    seconds: float | None  # of one core; None: there is no record
    joules: float | None  # None: no record, or not measured


def prices(written: Mapping[str, Sequence[str]]) -> list[Price]:
    """Price experiments, given the names of the results that each writes.

    Results that were written together carry one account, which is counted once. Of one that holds a part of its plan
    the rest is counted.
    """
    found = []
    for name, names in written.items():
        reasons: list[str] = []
        accounts: set[tuple[str, float, float | None]] = set()
        for one in names:
            try:
                result = results.read(one, part=True)
            except LucioleError as error:
                reasons.append(f"{one} is not there" if one not in results.names() else str(error))
                continue
            reasons += [f"{one}: {reason}" for reason in result.stale]
            record = result.provenance
            share = 1.0
            if record.holds and record.holds[0] < record.holds[1]:
                held, planned = record.holds
                reasons.append(f"{one} holds {held} of {planned} pieces")
                share = (planned if result.stale else planned - held) / held
            joules = None if record.joules is None else record.joules * share
            accounts.add((record.function, record.seconds * share, joules))
        known = [joules for *_, joules in accounts if joules is not None]
        found.append(
            Price(
                name,
                "" if not reasons else reasons[0] + (f" and {len(reasons) - 1} more" if len(reasons) > 1 else ""),
                sum(seconds for _, seconds, _ in accounts) if accounts else None,
                sum(known) if accounts and len(known) == len(accounts) else None,
            )
        )
    return found


def lasts(todo: Sequence[Price], workers: int, pace: float = 1.0) -> str:
    """How long experiments will take, in words: their recorded seconds shared by workers, times ``pace``."""
    return f"about {lasting(sum(one.seconds or 0.0 for one in todo) * pace / workers)}"


def unknown(todo: Sequence[Price]) -> str:
    """What that does not count, in words."""
    count = sum(one.seconds is None for one in todo)
    return f", not counting {count} without a record" if count else ""


def lasting(seconds: float) -> str:
    """A length of time in words.

    >>> lasting(40), lasting(1500), lasting(41_040)
    ('40 seconds', '25 minutes', '11.4 hours')
    """
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def said(priced: Sequence[Price], workers: int) -> str:
    """The price in words: what is skipped, what will run and why, and all of it together."""
    skipped = [one.name for one in priced if not one.reason]
    todo = [one for one in priced if one.reason]
    lines = []
    if skipped:
        lines.append(f"{len(skipped)} of {len(priced)} experiments are current and are skipped: {', '.join(skipped)}")
    if not todo:
        return "\n".join([*lines, "nothing is left to run"])
    known = lasting(sum(one.seconds or 0.0 for one in todo))
    joules = [one.joules for one in todo if one.joules is not None]
    energy = f"{sum(joules) / 1e3:.0f} kJ" + (f" (not known for {len(todo) - len(joules)})" * (len(joules) < len(todo)))
    lines.append(
        f"{len(todo)} to run: {known} of one processor core and {energy} by their records, "
        f"{lasts(todo, workers)} with {workers} worker{'s' * (workers > 1)}{unknown(todo)}"
    )
    width = max(len(one.name) for one in todo)
    for one in todo:
        took = "no record" if one.seconds is None else lasting(one.seconds)
        lines.append(f"  {one.name:{width}}  {took}  ({one.reason})")
    return "\n".join(lines)
