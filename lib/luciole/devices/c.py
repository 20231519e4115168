"""C99 from a plan: one header and one source file, no allocation, no library but libm, names of their own.

The source keeps the last samples of a stream in order and answers every hop::

    for name, text in emit(plan, "gait").items():
        Path(name).write_text(text)

    int activity = gait_step(sample);               /* -1 until an answer is due */
    int activity = gait_window(samples, scores);    /* a whole window at once */

Kernels stand once a shape, so that cells of one design share their code; each call says in a comment which layer of
the network it is, its shapes and its cost. No number is a double, weights have nine significant digits.

>>> from luciole.devices.lower import plan
>>> from luciole.datasets.windows import Normalisation
>>> from luciole.networks.har_baselines import BASELINES
>>> import numpy as np, torch
>>> network = BASELINES["TinyTNAS network"](9, 6, 128, torch.Generator().manual_seed(0)).eval()
>>> made = emit(plan(network, Normalisation(np.zeros(9, np.float32), np.ones(9, np.float32)), 128), "gait")
>>> sorted(made), "double" in made["gait.c"]
(['gait.c', 'gait.h'], False)
"""

import re
from pathlib import Path

from luciole import files
from luciole.devices import c_eight, c_float
from luciole.devices.c_text import EXPONENTIAL, KERNEL, Body
from luciole.devices.eight import Eight
from luciole.devices.plan import Plan
from luciole.errors import LucioleError

KEYWORDS = frozenset(  # words that C keeps for itself and letters, digits and _ alone can spell
    word
    for line in (
        "auto break case char const continue default do double else enum extern float for goto if inline int long main",
        "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while",
    )
    for word in line.split()
)


def emit(plan: Plan, name: str = "luciole", eight: Eight | None = None) -> dict[str, str]:
    """Print the plan as ``NAME.h`` and ``NAME.c``, in 32-bit floats, or in 8 bits with the numbers of ``eight``.

    Raises LucioleError for a name that C does not take.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or name in KEYWORDS:
        raise LucioleError(f"expected a name of letters, digits and _ that C takes, got {name!r}; choose another")
    body = c_float.body(plan) if eight is None else c_eight.body(plan, eight)
    return composed(plan, name, body, "32-bit floats" if eight is None else "8-bit integers")


def composed(plan: Plan, name: str, body: Body, bits: str) -> dict[str, str]:
    """``NAME.h`` and ``NAME.c`` of parts that are printed already; ``bits`` says what they compute with."""
    source = "\n\n".join(
        [
            _about(plan, name, bits),
            f'#include "{name}.h"\n#include <math.h>\n#include <stdint.h>\n#include <string.h>',
            *body.constants,
            *body.memory,
            KERNEL,
            EXPONENTIAL,
            *body.functions,
            _interface(plan, name, body.window),
        ]
    )
    return {f"{name}.h": _header(plan, name, bits), f"{name}.c": source + "\n"}


def write(folder: Path, plan: Plan, name: str = "luciole", eight: Eight | None = None) -> list[Path]:
    """Write what :func:`emit` prints, and ``example_main.c`` that feeds it a still window, into ``folder``."""
    texts = emit(plan, name, eight) | {"example_main.c": example(name)}
    paths = []
    for file, text in texts.items():
        with files.atomic(folder / file) as temporary:
            temporary.write_text(text, encoding="utf-8")
        paths.append(folder / file)
    return paths


def _quoted(text: str) -> str:
    """A string of C: ASCII and escapes, so that no name of a class can end it."""
    bytes_ = text.encode("utf-8")
    return (
        '"'
        + "".join(chr(one) if 32 <= one < 127 and chr(one) not in '"\\?' else f"\\{one:03o}" for one in bytes_)
        + '"'
    )


def _about(plan: Plan, name: str, bits: str) -> str:
    return (
        f"/* {name}: windows of {plan.length} samples of {plan.channels} channels to {len(plan.labels)} classes, "
        f"in {bits}.\n"
        f"   {plan.parameters:,} parameters, {plan.macs:,} multiply-accumulates a window in layers. By luciole. */"
    )


def _header(plan: Plan, name: str, bits: str) -> str:
    upper = name.upper()
    return f"""{_about(plan, name, bits)}
#ifndef {upper}_H
#define {upper}_H

#define {upper}_CHANNELS {plan.channels}
#define {upper}_LENGTH {plan.length}
#define {upper}_HOP {plan.hop}
#define {upper}_CLASSES {len(plan.labels)}

extern const char *const {name}_labels[{upper}_CLASSES];

/* Forget the stream. */
void {name}_reset(void);

/* Take one sample in physical units: the class of the last {plan.length} samples every {plan.hop}, -1 in between. */
int {name}_step(const float sample[{upper}_CHANNELS]);

/* Classify one window, sample after sample, and write its scores; forgets the stream. */
int {name}_window(const float window[{upper}_LENGTH * {upper}_CHANNELS], float scores[{upper}_CLASSES]);

/* How sure the last answer was: its share of the softmax of all scores. */
float {name}_confidence(void);

#endif
"""


def _interface(plan: Plan, name: str, window: str) -> str:
    upper = name.upper()
    labels = ",\n    ".join(_quoted(label) for label in plan.labels)
    return f"""const char *const {name}_labels[{upper}_CLASSES] = {{
    {labels}}};

static int filled; /* samples of the window that have come */

static void take(const float *sample)
{{
    float *row = {window} + filled++ * {upper}_CHANNELS;
    for (int c = 0; c < {upper}_CHANNELS; c++)
        row[c] = (sample[c] - mean[c]) * scale[c];
}}

static int answer(void)
{{
    int best = 0;
    describe();
    layers();
    for (int i = 1; i < {upper}_CLASSES; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}}

SELDOM void {name}_reset(void)
{{
    filled = 0;
}}

int {name}_step(const float sample[{upper}_CHANNELS])
{{
    take(sample);
    if (filled < {upper}_LENGTH)
        return -1;
    const int found = answer();
    filled -= {upper}_HOP;
    volatile float *to = {window}; /* or compilers call memmove, which takes more flash than all that is here */
    for (int i = 0; i < filled * {upper}_CHANNELS; i++)
        to[i] = to[i + {upper}_HOP * {upper}_CHANNELS];
    return found;
}}

int {name}_window(const float window[{upper}_LENGTH * {upper}_CHANNELS], float told[{upper}_CLASSES])
{{
    filled = 0;
    for (int t = 0; t < {upper}_LENGTH; t++)
        take(window + t * {upper}_CHANNELS);
    filled = 0;
    const int found = answer();
    memcpy(told, scores, sizeof scores);
    return found;
}}

SELDOM float {name}_confidence(void)
{{
    float most = scores[0], sum = 0.0f;
    for (int i = 1; i < {upper}_CLASSES; i++)
        most = scores[i] > most ? scores[i] : most;
    for (int i = 0; i < {upper}_CLASSES; i++)
        sum += exponential(scores[i] - most);
    return 1.0f / sum;
}}"""


def example(name: str) -> str:
    """A program that feeds a still sensor to the network and prints its answer."""
    upper = name.upper()
    return f"""/* cc -O3 {name}.c example_main.c -lm && ./a.out */
#include <stdio.h>
#include "{name}.h"

int main(void)
{{
    float sample[{upper}_CHANNELS] = {{0}}; /* read your sensor here */
    for (int t = 0; t < 2 * {upper}_LENGTH; t++) {{
        const int found = {name}_step(sample);
        if (found >= 0)
            printf("sample %d: %s, %.3f\\n", t, {name}_labels[found], (double){name}_confidence());
    }}
    return 0;
}}
"""
