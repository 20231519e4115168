"""Energy where no counter can be read: processor seconds times a stated power, always called an estimate."""

from typing import Any

WATTS = 4.0  # of a busy thread: CodeCarbon's assumption where no counter can be read


def estimated(seconds: float) -> dict[str, Any]:
    """What :func:`luciole.results.write` asks of time and energy, of so many processor seconds.

    >>> estimated(10.0)["joules"]
    40.0
    """
    said = f"estimate: processor seconds times {WATTS:g} W a busy thread, no counter could be read"
    return {"seconds": seconds, "joules": seconds * WATTS, "energy": said}
