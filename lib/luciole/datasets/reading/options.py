"""The few options of a reading, named alike in ``load``, on the command line and in a chapter."""

from collections.abc import Sequence
from dataclasses import dataclass

from luciole.errors import LucioleError


@dataclass(frozen=True)
class Options:
    """What a reader of recordings may be told; everything left out is found out, and what is in doubt is asked.

    ``label`` and ``person`` are the name of a column, or a place in the path: ``"folder"`` (that which holds the file),
    ``"folder 1"`` (the first below the path given), ``"name"`` (of the file), ``"name 2"`` (its second part: parts end
    at ``_ - .``, at blanks, and between a word and a number). ``person`` may also be ``"file"`` (every file another
    person) or ``"none"``.

    >>> Options.of(window="1.5", channels="ax, ay").channels
    ('ax', 'ay')
    """

    label: str | None = None
    person: str | None = None
    time: str | None = None  # the column of times
    hz: float | None = None  # of files without times; with times, the rate to bring everything to
    channels: tuple[str, ...] = ()  # these columns and no other
    window: float = 2.56  # seconds
    overlap: float = 0.5  # share of a window that the next one repeats
    resample_to: float | None = None  # of files without times, the rate to bring them to

    @classmethod
    def of(
        cls,
        label: str | None = None,
        person: str | None = None,
        time: str | None = None,
        hz: float | str | None = None,
        channels: str | int | Sequence[str] | None = None,
        window: float | str | None = None,
        overlap: float | str | None = None,
        seconds: float | None = None,
        resample_to: float | None = None,
        **unknown: object,
    ) -> "Options":
        """Make options of what a person typed; ``seconds`` is what the loaders of public sets call ``window``."""
        if unknown:
            raise LucioleError(
                f"expected options label, person, time, hz, channels, window, overlap; got {', '.join(unknown)}"
            )
        if isinstance(channels, int):
            channels = str(channels)
        names = channels.split(",") if isinstance(channels, str) else list(channels or ())
        length = (
            2.56 if window is None and seconds is None else _number("window", seconds if window is None else window)
        )
        share = 0.5 if overlap is None else _number("overlap", overlap)
        if not 0 <= share < 1 or length <= 0:
            raise LucioleError(
                f"expected windows of more than 0 s and an overlap from 0 below 1, got {length} and {share}"
            )
        rate = _number("hz", hz) if hz is not None else None
        for what, value in (("hz", rate), ("resample_to", resample_to)):
            if value is not None and value <= 0:
                raise LucioleError(f"expected {what} above 0, got {value:g}")
        return cls(
            label or None,
            person or None,
            time or None,
            rate,
            tuple(str(name).strip() for name in names if str(name).strip()),
            length,
            share,
            resample_to,
        )


def _number(name: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise LucioleError(f"expected {name} as a number, got {value!r}") from None
