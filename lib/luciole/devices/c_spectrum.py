"""Statistics in C that take a Fourier transform or every pair of channels: energy in bands, correlations.

A window's real Fourier transform at a frequency is two sums over half of its samples: those before and after its
middle are added for the cosines and subtracted for the sines first. Sines and cosines turn by a rotation from sample
to sample, so that no table longer than the frequencies is needed.
"""

import math
from collections.abc import Callable

import numpy as np

from luciole.devices.c_text import array
from luciole.networks import readout

Store = Callable[[str, str], str]  # index, value -> statement


def constants(kinds: tuple[str, ...], length: int) -> list[str]:
    """What :func:`bands` reads, where it is asked for: cosine and sine of the step at each frequency."""
    if "bands" not in kinds:
        return []
    angle = 2 * math.pi / length * np.arange(max(high for _, high in readout.bins(length)))
    steps = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return [array("waves", steps, "cosine and sine of a step, by frequency")]


def width(channels: int) -> int:
    """How many numbers :func:`bands` stores."""
    return channels * (len(readout.BANDS) - 1)


def bands(channels: int, length: int, store: Store) -> list[str]:
    """Lines that store the energy of channel ``c``, whose samples begin at ``v``, in each band."""
    edges = readout.bins(length)
    half = (length - 1) // 2  # pairs of samples that lie alike about the first
    middle = length % 2 == 0  # and the one that has no other
    ends = ", ".join(str(high) for _, high in edges)
    lines = [
        f"float even[{half + 1}], odd[{half + 1}]; /* the window folded: sample t with sample {length} - t */",
        f"for (int t = 1; t <= {half}; t++) {{",
        f"    const float before = v[t * {channels}] - level[c], after = v[({length} - t) * {channels}] - level[c];",
        "    even[t] = before + after;",
        "    odd[t] = before - after;",
        "}",
        f"static const short ends[{len(edges)}] = {{{ends}}};",
        "const float *wave = waves;",
        f"for (int b = 0, k = 0; b < {len(edges)}; b++) {{",
        "    const int from = k;",
        "    float energy = 0.0f;",
        "    for (; k < ends[b]; k++, wave += 2) {",
        "        const float turn = wave[0], lift = wave[1];",
        "        float cosine = turn, sine = lift, imaginary = 0.0f;",
    ]
    last = f" + (k & 1 ? -1.0f : 1.0f) * (v[{length // 2 * channels}] - level[c])" if middle else ""
    lines += [
        f"        float real = v[0] - level[c]{last};",
        f"        for (int t = 1; t <= {half}; t++) {{",
        "            real += even[t] * cosine;",
        "            imaginary += odd[t] * sine;",
        "            const float next = cosine * turn - sine * lift;",
        "            sine = sine * turn + cosine * lift;",
        "            cosine = next;",
        "        }",
        "        energy += real * real + imaginary * imaginary;",
        "    }",
        "    " + store(f"b * {channels} + c", f"energy / (float)({length} * (k - from))"),
        "}",
    ]
    return lines


def pairs(channels: int, length: int, store: Store) -> list[str]:
    """Lines that store the correlation of each pair of channels of the window ``x``."""
    return [
        f"for (int a = 0, n = 0; a < {channels}; a++)",
        f"    for (int b = a + 1; b < {channels}; b++, n++) {{",
        "        float sum = 0.0f;",
        f"        for (int t = 0; t < {length * channels}; t += {channels})",
        "            sum += (x[t + a] - level[a]) * (x[t + b] - level[b]);",
        "        " + store("n", f"sum * sharp[a] * sharp[b] * {1 / length:.9g}f"),
        "    }",
    ]
