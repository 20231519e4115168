"""Pieces of C that both number formats print alike: kernels kept once a shape, constants, a logarithm."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass
class Body:
    """The parts of a source file, in order; ``window`` is an expression: the first normalised sample."""

    constants: list[str] = field(default_factory=list)
    memory: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    window: str = "window"


KERNEL = """/* Kernels stay whole: copies of them in their callers would take flash and save nothing. */
#if defined(__GNUC__) && !defined(__clang__)
#define KERNEL static __attribute__((noinline, noclone))
#define SELDOM __attribute__((cold)) /* small rather than fast */
#else
#define KERNEL static
#define SELDOM
#endif"""
LOGARITHM = """/* The natural logarithm of a positive number, to a float's precision; far smaller than the library's. */
KERNEL float logarithm(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    const uint32_t power = (uint32_t)((int32_t)(bits - 0x3F3504F3u) >> 23); /* what is left is near 1 */
    bits -= power << 23;
    memcpy(&x, &bits, 4);
    const float s = (x - 1.0f) / (x + 1.0f), z = s * s;
    const float series = 2.0f + z * (0.666666667f + z * (0.4f + z * (0.285714286f + z * 0.222222222f)));
    return (float)(int32_t)power * 0.693147181f + s * series;
}"""
EXPONENTIAL = """/* e to a power that is not above 0, within 1e-6; much smaller than the library's. */
KERNEL SELDOM float exponential(float x)
{
    if (!(x > -87.0f))
        return 0.0f;
    const int32_t power = (int32_t)(x * 1.44269504f - 0.5f);
    const float r = x - (float)power * 0.693147181f; /* within 0.35 of 0 */
    const uint32_t bits = (uint32_t)(power + 127) << 23;
    float scale;
    memcpy(&scale, &bits, 4);
    const float high = 0.166666667f + r * (0.0416666667f + r * (0.00833333333f + r * 0.00138888889f));
    return scale * (1.0f + r * (1.0f + r * (0.5f + r * high)));
}"""


def function(arguments: list[str], lines: list[str]) -> str:
    """The text of a kernel, @ for its name."""
    return f"KERNEL void @({', '.join(arguments)})\n{{\n" + "\n".join(indent(lines, 1)) + "\n}"


@dataclass
class Kernels:
    """Functions by what they do: printed at their first use, called by name from then on."""

    names: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)

    def name(self, stem: str, text: str) -> str:
        """The name of the function ``text`` in which @ stands for its name; ``stem`` begins it."""
        if text not in self.names:
            taken = sum(name == stem or name.startswith(f"{stem}_v") for name in self.names.values())
            self.names[text] = f"{stem}_v{taken + 1}" if taken else stem
            self.texts.append(text.replace("@", self.names[text]))
        return self.names[text]


def numbers(values: Iterable[float] | NDArray, width: int = 116) -> str:
    """Values as initialisers, nine significant digits for floats, wrapped.

    >>> numbers([0.1, 2.0]), numbers(np.array([3, -4], np.int8))
    ('0.1f, 2.0f', '3, -4')
    """
    array = np.asarray(values).ravel()
    if array.dtype.kind in "iu":
        words = [str(value) for value in array.tolist()]
    else:
        words = [_literal(value) for value in array.astype(np.float32)]
    lines, line = [], ""
    for word in words:
        if line and len(line) + len(word) + 2 > width:
            lines.append(line + ",")
            line = ""
        line += f", {word}" if line else word
    return "\n    ".join([*lines, line])


def _literal(value: np.float32) -> str:
    text = f"{value:.9g}" if np.float32(f"{value:.6g}") != value else f"{value:.6g}"
    return f"{text}f" if re.search(r"[.e]", text) else f"{text}.0f"


def array(name: str, values: NDArray, says: str, kind: str = "float") -> str:
    """A constant array, with what it is in a comment."""
    return f"/* {says} */\nstatic const {kind} {name}[{values.size}] = {{\n    {numbers(values)}}};"


def indent(lines: list[str], by: int) -> list[str]:
    """The same lines, further in."""
    return [" " * (4 * by) + line if line else line for line in lines]


def blocks(outputs: int, most: int) -> list[tuple[int, int]]:
    """Outputs computed together: (size, how many of that size), few sizes so that little code is printed.

    >>> blocks(12, 8), blocks(16, 8), blocks(9, 8)
    ([(6, 2)], [(8, 2)], [(5, 1), (4, 1)])
    """
    count = -(-outputs // most)
    size, rest = divmod(outputs, count)
    return [(size + 1, rest), (size, count - rest)] if rest else [(size, count)]
