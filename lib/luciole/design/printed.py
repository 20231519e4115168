"""The delivered network as C, in floats and in 8 bits: files, and what they take, foretold and counted.

Foretold is what the limits of a search are held against; counted is what the compiler and the emulator say where they
are installed (:mod:`luciole.devices.cortex_m`). The C in 8 bits is kept where it gives the class of the ONNX file of
8 bits on nearly all windows, compiled here.
"""

from dataclasses import dataclass, field
from pathlib import Path

from numpy.typing import NDArray

from luciole import files
from luciole.devices import c, cortex_m, native
from luciole.devices.eight import read
from luciole.devices.foretell import Cost, Limits, foretell
from luciole.devices.operators import FLASH_APART, INSTRUCTIONS_APART
from luciole.devices.plan import Plan
from luciole.errors import LucioleError
from luciole.sensors.deploy import Runtime

FLOATS, EIGHT = "model", "model_int8"
SAME = 0.999  # of the windows: the same class as the ONNX file of 8 bits
CHECKED = 4000  # windows, at most, that both answer
CORES = {"m4f": "Cortex-M4F", "m0+": "Cortex-M0+"}
COUNTED = "m4f"  # the core that is emulated


@dataclass(frozen=True)
class Takes:
    """What a file of C takes on a core, and how that is known."""

    file: str
    core: str
    how: str  # foretold, or counted
    cost: Cost


@dataclass
class Printed:
    """The files of C, what they take, and what there is to say."""

    files: list[Path] = field(default_factory=list)
    takes: list[Takes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def floats(plan: Plan, out: Path) -> Printed:
    """Write ``model.c`` and ``model.h`` with ``example_main.c`` into ``out``: foretold on each core, and counted."""
    made = Printed(c.write(out, plan, FLOATS))
    made.takes = [Takes(f"{FLOATS}.c", CORES[core], "foretold", foretell(plan, core)) for core in CORES]
    median, worst = INSTRUCTIONS_APART[COUNTED]
    made.said.append(
        f"foretold on a {CORES[COUNTED]}, designs that were held out: instructions within {100 * median:.1f} % in the "
        f"median ({100 * worst:.0f} % at worst), flash within {100 * FLASH_APART[0]:.1f} % "
        f"({100 * FLASH_APART[1]:.0f} %); memory is exact"
    )
    _count(made, c.emit(plan, FLOATS), FLOATS, plan)
    return made


def eight(plan: Plan, quantised: Path | None, windows: NDArray, out: Path) -> Printed:
    """Write ``model_int8.c`` and ``model_int8.h`` where they answer as the ONNX file ``quantised`` does.

    ``windows`` (n, channels, length) are what both answer. Of an earlier run nothing stays; None: nothing is made.
    """
    for end in ("c", "h"):
        (out / f"{EIGHT}.{end}").unlink(missing_ok=True)
    made = Printed()
    if quantised is None:
        return made
    try:
        numbers = read(quantised, plan)
        texts = c.emit(plan, EIGHT, numbers)
        if absent := native.missing():
            made.said.append(f"{EIGHT}.c: not held against the ONNX file of 8 bits, for {absent}")
        else:
            asked = windows[:: max(1, len(windows) // CHECKED)]
            mine, theirs = native.scores(texts, EIGHT, plan, asked), Runtime(quantised)(asked)
            same = float((mine.argmax(axis=1) == theirs.argmax(axis=1)).mean())
            said = f"the class of the ONNX file of 8 bits on {100 * same:.2f} % of {len(asked):,} windows"
            if same < SAME:
                made.said.append(f"{EIGHT}.c: not kept, it gives {said}")
                return made
            made.said.append(f"{EIGHT}.c gives {said}")
    except LucioleError as error:
        made.said.append(f"{EIGHT}.c: {error}")
        return made
    for file, text in texts.items():
        with files.atomic(out / file) as temporary:
            temporary.write_text(text, encoding="utf-8")
        made.files.append(out / file)
    _count(made, texts, EIGHT, plan)
    return made


def held(asked: Limits, printed: Printed) -> list[str]:
    """How the C in floats stands to the limits that were asked for, a line a way of knowing; none without limits."""
    if asked == Limits():
        return []
    told = []
    for one in printed.takes:
        if one.file == f"{FLOATS}.c" and one.core == CORES[COUNTED]:
            broken = asked.broken(one.cost)
            told.append(f"{one.how}, {one.file} " + (f"breaks {'; '.join(broken)}" if broken else "keeps every limit"))
    return told


def _count(made: Printed, texts: dict[str, str], name: str, plan: Plan) -> None:
    """Add what the compiler and the emulator count, or what is missing."""
    if absent := cortex_m.missing():
        made.said.append(f"{name}.c: not counted, not installed: {absent}")
        return
    found = cortex_m.measure(texts, name, plan, cortex_m.CORES[COUNTED])
    cost = Cost(found.flash, found.memory, found.instructions)
    made.takes.append(Takes(f"{name}.c", CORES[COUNTED], "counted", cost))
