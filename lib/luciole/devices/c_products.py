"""Kernels in C that multiply bytes with 8-bit weights: convolutions and dense layers.

Each begins with the constants of its layer, which stand together: rounding; bias and multiplier of each output; weights
in the order in which they are read. A sum of products becomes a byte by the upper half of its product with a whole
number (:mod:`luciole.devices.eight`).
"""

import numpy as np
from numpy.typing import NDArray

from luciole.devices.c_text import blocks, function, indent
from luciole.devices.eight import Eight, Quantised, whole
from luciole.devices.plan import Convolution

ROWS = 4  # outputs of a dense layer that are computed together
PAIR = 2  # of a convolution: as many as registers hold what they need
STRAIGHT = 16  # fours of weights of a pair that are printed one by one
SHARING = (4, 2)  # samples of a depthwise convolution that are computed together, if so many divide the series


def sums(layer: Convolution, one: Quantised, eight: Eight) -> NDArray[np.int64]:
    """Rounding, then bias and multiplier of each output."""
    multipliers = whole(one.multiplier / eight.raised, eight.shift)
    pairs = np.stack([one.bias, multipliers], axis=1).ravel()
    if layer.dense:
        pairs = np.pad(pairs, (0, 2 * (-layer.outputs % ROWS)))
    rounding = (one.out_zero << eight.shift) + (1 << (eight.shift - 1))
    return np.concatenate([[rounding], pairs]).astype(np.int64)


def packed(layer: Convolution, one: Quantised) -> NDArray[np.int8]:
    """Weights in the order in which the kernel reads them: fours of each output of a block in turn."""
    if layer.depthwise:
        return one.weight[:, 0]
    runs, size, _ = _runs(layer)
    rows = one.weight.transpose(0, 2, 1).reshape(len(one.weight), runs, size)
    rows = np.pad(rows, ((0, 0), (0, 0), (0, -size % 4))).reshape(len(rows), -1, 4)  # (outputs, fours, 4)
    if layer.dense:
        rows = np.pad(rows, ((0, -len(rows) % ROWS), (0, 0), (0, 0)))
    parts, first = [], 0
    for block, count in blocks(len(rows), ROWS if layer.dense else PAIR):
        for _ in range(count):
            parts.append(rows[first : first + block].transpose(1, 0, 2).ravel())
            first += block
    return np.concatenate(parts)


def dense(eight: Eight) -> tuple[str, str]:
    """Name and text of the kernel of every dense layer: sizes are arguments, weights are spread as they are read."""
    raised = f" * {eight.raised}" if eight.raised > 1 else ""
    byte = f"BYTE(high_plus(s[i]{raised}, d[2 * i + 1], c[0]), {eight.shift})"
    starts = ", ".join(f"d[{2 * row}]" for row in range(ROWS))
    lines = [
        "const int32_t *c = constants, *d = c + 1;",
        f"const int8_t *w = (const int8_t *)(d + 2 * ((outputs + {ROWS - 1}) / {ROWS} * {ROWS}));",
        f"for (int o = 0; o < outputs; o += {ROWS}, w += {4 * ROWS} * fours, d += {2 * ROWS}) {{",
        f"    int32_t s[{ROWS}] = {{{starts}}};",
        "    add_rows(s, x, w, fours);",
        f"    for (int i = 0; i < {ROWS} && o + i < outputs; i++, f += 2) {{",
        f"        const float v = (float){byte} * f[0] + f[1];",
        "        y[o + i] = v > least ? v : least;",
        "    }",
        "}",
    ]
    arguments = ["const uint8_t *x", "const void *constants", "const float *f", "int outputs", "int fours"]
    return "dense", function([*arguments, "float least", "float *y"], lines)


def convolution(layer: Convolution, eight: Eight) -> tuple[str, str]:
    """Name and text of a full convolution's kernel: a pair of outputs for all samples, its weights spread once."""
    outputs, inputs, taps = layer.weight.shape
    runs, size, _ = _runs(layer)
    fours = runs * -(-size // 4)
    lines: list[str] = []
    for block, count in blocks(outputs, PAIR):
        constants = ", ".join(f"b{i} = d[{2 * i}], m{i} = d[{2 * i + 1}]" for i in range(block))
        part = [f"const int32_t {constants};", "const uint8_t *from = x;"]
        part += _few(layer, block, eight) if fours == 1 else _many(layer, block, fours, eight)
        lines += [f"for (int n = 0; n < {count}; n++, o += {block}, d += {2 * block}) {{", *indent(part, 1), "}"]
    text = function(ARGUMENTS, [*_opened(layer), "int o = 0;", *lines])
    return f"convolve_{inputs}_{outputs}" + f"_{taps}" * (taps > 1), text


def depthwise(layer: Convolution, eight: Eight) -> tuple[str, str]:
    """Name and text of a depthwise convolution's kernel: a channel for all samples, two weights in a register."""
    channels, _, taps = layer.weight.shape
    apart = layer.dilation if layer.stride == 1 else layer.time  # samples that read the same ones lie so far apart
    share = next((by for by in SHARING if layer.time % (by * apart) == 0), 1)
    pairs = [f"w{k} = pair(w[{k}], {f'w[{k + 1}]' if k + 1 < taps else 0})" for k in range(0, taps, 2)]
    body = ["int32_t " + ", ".join([*(f"s{one} = b" for one in range(share)), "q"]) + ";"]
    for read in range(taps + share - 1):
        body.append(f"q = p[{read * layer.dilation * channels}];")
        for one in range(share):
            k = read - one
            if 0 <= k < taps:
                body.append(f"s{one} = add_{'high' if k % 2 else 'low'}(s{one}, q, w{k - k % 2});")
    body += [f"y[at + {one * apart * channels}] = {_byte(f's{one}', 'm', eight)};" for one in range(share)]
    turn, skip = share * apart, (share - 1) * apart * channels
    over = f"for (int t = 0, at = o; t < time; t++, at += {channels}, p += {layer.stride * channels}) {{"
    inner = [over, *indent(body, 1), "}"]
    if share > 1:
        inner = [
            f"for (int t = 0, at = o; t < time; t += {turn}, at += {skip}, p += {skip})",
            f"    for (int r = 0; r < {apart}; r++, at += {channels}, p += {channels}) {{",
            *indent(body, 2),
            "    }",
        ]
    lines = [
        *_opened(layer),
        f"for (int o = 0; o < {channels}; o++, w += {taps}, d += 2) {{",
        f"    const int32_t b = d[0], m = d[1], {', '.join(pairs)};",
        "    const uint8_t *p = x + o;",
        *indent(inner, 1),
        "}",
    ]
    return f"depthwise_{channels}_{taps}", function(ARGUMENTS, lines)


ARGUMENTS = ["const uint8_t *x", "const void *constants", "int time", "uint8_t *y"]


def _opened(layer: Convolution) -> list[str]:
    """The first lines of a convolution: where its constants are."""
    return [
        "const int32_t *c = constants, rounding = c[0], *d = c + 1;",
        f"const int8_t *w = (const int8_t *)(d + {2 * layer.outputs});",
    ]


def _byte(total: str, multiplier: str, eight: Eight) -> str:
    """The byte that a sum of products becomes."""
    raised = f"{total} * {eight.raised}" if eight.raised > 1 else total
    return f"(uint8_t)BYTE(high_plus({raised}, {multiplier}, rounding), {eight.shift})"


def _few(layer: Convolution, block: int, eight: Eight) -> list[str]:
    """A block of outputs of four products each, two samples at a time: weights stay in registers."""
    outputs, step = layer.outputs, layer.stride * layer.source.channels
    together = 2 if layer.time % 2 == 0 else 1
    lines = ["four q;"]
    for one in range(together):
        lines.append(f"NEXT(q, from, {step});")
        for i in range(block):
            lines.append(f"y[at + {one * outputs + i}] = {_byte(f'add_held(b{i}, q, w{i})', f'm{i}', eight)};")
    return [
        *(f"const weights w{i} = spread(w + {4 * i});" for i in range(block)),
        f"w += {4 * block};",
        f"for (int t = 0, at = o; t < time; t += {together}, at += {together * outputs}) {{",
        *indent(lines, 1),
        "}",
    ]


def _many(layer: Convolution, block: int, fours: int, eight: Eight) -> list[str]:
    """A block of outputs of more products: its weights are spread into memory, read for each sample."""
    runs, size, step = _runs(layer)
    inner = ["int32_t " + ", ".join(f"s{i} = b{i}" for i in range(block)) + ";"]
    if fours * block <= STRAIGHT:
        inner.append("four q;")
        for number, at in enumerate(run * step + i for run in range(runs) for i in range(0, size, 4)):
            inner.append(f"q = load(from + {at});")
            inner += [f"s{i} = add(s{i}, q, v + {block * number + i});" for i in range(block)]
    else:
        products = ["const four q = load(p + i);", *(f"s{i} = add(s{i}, q, k + {i});" for i in range(block))]
        inner += ["const weights *k = v;", f"for (int run = 0; run < {runs}; run++) {{"]
        inner += [f"    const uint8_t *p = from + {step} * run;"]
        inner += [f"    for (int i = 0; i < {size}; i += 4, k += {block}) {{", *indent(products, 2), "    }", "}"]
    inner += [f"y[at + {i}] = {_byte(f's{i}', f'm{i}', eight)};" for i in range(block)]
    move = f"from += {layer.stride * layer.source.channels}, at += {layer.outputs}"
    return [
        f"weights v[{fours * block}];",
        f"for (int i = 0; i < {fours * block}; i++, w += 4)",
        "    v[i] = spread(w);",
        f"for (int t = 0, at = o; t < time; t++, {move}) {{",
        *indent(inner, 1),
        "}",
    ]


def _runs(layer: Convolution) -> tuple[int, int, int]:
    """Runs of bytes that touch: how many, how long, and how far apart."""
    _, inputs, taps = layer.weight.shape
    if layer.dilation == 1 or taps == 1:
        return 1, taps * inputs, 0
    return taps, inputs, layer.dilation * inputs
