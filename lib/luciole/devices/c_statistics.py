"""The window's statistics in C, printed alike for both number formats."""

from collections.abc import Callable

from luciole.devices import c_spectrum
from luciole.devices.c_text import indent
from luciole.networks.statistics import FLOOR, PARTS, SPANS


def statistics(channels: int, length: int, kinds: tuple[str, ...], store: Callable[[str, str], str]) -> str:
    """A function ``describe`` that reads the window ``x`` and stores number after number.

    ``store`` gives the statement that stores the value of an expression as the number at an index. The order is that
    of :class:`luciole.networks.statistics.Statistics`, and of :class:`luciole.networks.readout.Described`.
    """
    quarters, extremes, near = (kind in kinds for kind in ("quarters", "extremes", "neighbours"))
    spans = SPANS if "spans" in kinds else SPANS[:1]
    size = length // PARTS
    at, places = 0, {}
    widths = {
        "mean": channels,
        "means": PARTS * channels * quarters,
        "most": channels * extremes,
        "least": channels * extremes,
        "one": max(0, channels - 1) * near,
        "two": max(0, channels - 2) * near,
        "variance": channels,
        "moves": len(spans) * channels,
        "variances": PARTS * channels * quarters,
        "steps": PARTS * channels * quarters,
    }
    for name, width in widths.items():
        places[name] = at
        at += width

    def logarithm(index: str, value: str) -> str:
        return store(index, f"logarithm({value} + {FLOOR:g}f)")

    inner = [
        f"const float *v = x + c; /* channel c, every {channels}th number */",
        "float sum = 0.0f, square = 0.0f, first, apart;",
    ]
    if extremes:
        inner += ["float most = v[0], least = v[0];"]
    inner += [f"for (int t = 0; t < {length}; t++) {{", f"    first = v[t * {channels}];", "    sum += first;"]
    if extremes:
        inner += ["    most = first > most ? first : most;", "    least = first < least ? first : least;"]
    inner += ["}", f"level[c] = sum * {1 / length:.9g}f;"]
    inner += [f"for (int t = 0; t < {length}; t++) {{", f"    apart = v[t * {channels}] - level[c];"]
    inner += ["    square += apart * apart;", "}", f"square *= {1 / length:.9g}f;"]
    inner += [f"sharp[c] = 1.0f / sqrtf(square + {FLOOR:g}f);"] if near else []
    inner += [store(f"{places['mean']} + c", "level[c]"), logarithm(f"{places['variance']} + c", "square")]
    if extremes:
        inner += [store(f"{places['most']} + c", "most"), store(f"{places['least']} + c", "least")]
    inner += [
        f"for (int s = 0; s < {len(spans)}; s++) {{ /* movement over 1, 2, 4 … samples, or since the start */",
        "    const int by = 1 << s;",
        "    float moved = 0.0f;",
        f"    for (int t = 1; t < by && t < {length}; t++) {{",
        f"        apart = v[t * {channels}] - v[0];",
        "        moved += apart * apart;",
        "    }",
        f"    for (int t = by; t < {length}; t++) {{",
        f"        apart = v[t * {channels}] - v[(t - by) * {channels}];",
        "        moved += apart * apart;",
        "    }",
        "    " + logarithm(f"{places['moves']} + s * {channels} + c", f"moved * {1 / length:.9g}f"),
        "}",
    ]
    if quarters:
        inner += [
            f"for (int q = 0; q < {PARTS}; q++) {{",
            f"    const float *part = v + q * {size * channels};",
            f"    float middle = 0.0f, spread = 0.0f, steps = 0.0f, previous = q ? part[-{channels}] : part[0];",
            f"    for (int t = 0; t < {size}; t++) {{",
            f"        first = part[t * {channels}];",
            "        middle += first;",
            "        apart = first - previous;",
            "        steps += apart * apart;",
            "        previous = first;",
            "    }",
            f"    middle *= {1 / size:.9g}f;",
            f"    for (int t = 0; t < {size}; t++) {{",
            f"        apart = part[t * {channels}] - middle;",
            "        spread += apart * apart;",
            "    }",
            "    " + store(f"{places['means']} + {PARTS} * c + q", "middle"),
            "    " + logarithm(f"{places['variances']} + {PARTS} * c + q", f"spread * {1 / size:.9g}f"),
            "    " + logarithm(f"{places['steps']} + {PARTS} * c + q", f"steps * {1 / size:.9g}f"),
            "}",
        ]
    pairs = []
    for by, name in ((1, "one"), (2, "two")):
        if near and channels > by:
            pairs += [
                f"for (int c = {by}; c < {channels}; c++) {{ /* correlation with the channel {by} before */",
                "    float sum = 0.0f;",
                f"    for (int t = 0; t < {length * channels}; t += {channels})",
                f"        sum += (x[t + c] - level[c]) * (x[t + c - {by}] - level[c - {by}]);",
                "    " + store(f"{places[name]} + c - {by}", f"sum * sharp[c] * sharp[c - {by}] * {1 / length:.9g}f"),
                "}",
            ]
    if "bands" in kinds:
        inner += c_spectrum.bands(channels, length, lambda index, value: logarithm(f"{at} + {index}", value))
        at += c_spectrum.width(channels)
    if "pairs" in kinds:
        pairs += c_spectrum.pairs(channels, length, lambda index, value: store(f"{at} + {index}", value))
    arrays = f"float level[{channels}]" + (f", sharp[{channels}]" if near else "") + ";"
    lines = [arrays, f"for (int c = 0; c < {channels}; c++) {{", *indent(inner, 1), "}", *pairs]
    return "\n".join(indent(lines, 1))
