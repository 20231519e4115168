"""A printed network compiled on this machine: what its C answers, window for window.

    answers = native.scores(emit(plan, "gait"), "gait", plan, windows)     # (n, classes)

The compiler is ``cc``, which optimises and warns of nothing: warnings are for the tests of the printers.
"""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from luciole.devices.plan import Plan
from luciole.errors import LucioleError

COMPILER = "cc"
OPTIONS = ("-std=c99", "-O2")
MAIN = """#include <stdio.h>
#include "{name}.h"
int main(void)
{{
    static float window[{size}], scores[{classes}];
    while (fread(window, sizeof window, 1, stdin) == 1) {{
        {name}_window(window, scores);
        fwrite(scores, sizeof scores, 1, stdout);
    }}
    return 0;
}}
"""


def missing() -> str:
    """Which program is not installed; "" where it is.

    >>> missing() in ("", "no C compiler (cc) is installed")
    True
    """
    return "" if shutil.which(COMPILER) else f"no C compiler ({COMPILER}) is installed"


def scores(texts: dict[str, str], name: str, plan: Plan, windows: NDArray) -> NDArray[np.float32]:
    """The scores (n, classes) that files printed for ``plan`` give to windows (n, channels, length).

    Raises LucioleError where the compiler is absent or refuses.
    """
    if absent := missing():
        raise LucioleError(f"expected a C compiler, {absent}; Debian: apt-get install gcc")
    classes = len(plan.labels)
    main = MAIN.format(name=name, size=plan.length * plan.channels, classes=classes)
    with TemporaryDirectory() as place:
        folder = Path(place)
        for file, text in (texts | {"main.c": main}).items():
            (folder / file).write_text(text, encoding="utf-8")
        program = folder / "program"
        sources = [str(folder / f"{name}.c"), str(folder / "main.c")]
        made = subprocess.run(
            [COMPILER, *OPTIONS, "-o", str(program), *sources, "-lm"], capture_output=True, text=True, check=False
        )
        if made.returncode:
            said = next((line for line in made.stderr.splitlines() if "error" in line), made.stderr.strip()[:200])
            raise LucioleError(f"expected {COMPILER} to succeed, it said: {said}")
        fed = np.ascontiguousarray(windows.transpose(0, 2, 1), dtype=np.float32).tobytes()
        told = subprocess.run([str(program)], input=fed, check=True, capture_output=True).stdout
    return np.frombuffer(told, np.float32).reshape(-1, classes)
