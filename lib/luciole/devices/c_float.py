"""A plan in C with 32-bit floats: kernels for its shapes, weights, memory, and the layers in order."""

from collections.abc import Callable

import numpy as np

from luciole.devices import c_spectrum
from luciole.devices.c_statistics import statistics
from luciole.devices.c_text import LOGARITHM, Body, Kernels, array, blocks, function, indent
from luciole.devices.plan import Convolution, Described, Floats, Layer, Mean, Plan, Pool, Sum, Tensor, arena, writes

BLOCK = 8  # outputs that are computed together: each sample read is used for all of them
STRAIGHT = 32  # multiplications that are printed one by one, so that the compiler may keep weights in registers
UNROLLED = 4

At = Callable[..., str]  # where a tensor lies: tensor, rows before its first sample, elements to skip

RELU = """static inline float relu(float x)
{
    return x > 0.0f ? x : 0.0f;
}"""


def body(plan: Plan) -> Body:
    """The parts of the source file of a plan."""
    places, size = arena(plan.layers, (plan.window, plan.scores), lambda tensor: 4 * tensor.elements)
    window = f"window + {plan.window.border * plan.channels}" if plan.window.border else "window"
    kernels, constants, calls, described = Kernels(), _normalisation(plan), [], ""

    def at(tensor: Tensor, rows: int = 0, offset: int = 0) -> str:
        """The first number of a tensor, ``rows`` before its first sample."""
        skip = (tensor.border - rows) * tensor.channels + offset
        if tensor is plan.window:
            return f"window + {skip}" if skip else "window"
        if tensor is plan.scores:
            return "scores"
        return f"memory + {places[tensor] // 4 + skip}"

    for number, layer in enumerate(plan.layers):
        if isinstance(layer, Described):
            numbers = layer.raw
            assert numbers is not None
            constants += c_spectrum.constants(layer.kinds, plan.length)
            text = statistics(
                plan.channels, plan.length, layer.kinds, lambda index, value: f"numbers[{index}] = {value};"
            )
            described = f"    const float *x = {at(layer.source)};\n    float *numbers = {at(numbers)};\n{text}"
            continue
        calls.append(f"/* {said(layer)} */")
        calls += [line for tensor in writes(layer) for line in _cleared(tensor, at)]
        if isinstance(layer, Convolution):
            constants.append(array(f"w{number}", packed(layer), layer.where))
        if isinstance(layer, Mean) and layer.normalised is not None:
            pairs = np.stack([layer.normalised.factor, layer.normalised.term], axis=1)
            constants.append(array(f"w{number}", pairs, "the last normalisation: factor, term"))
        calls.append(_call(layer, number, kernels, at))
    functions = [*([LOGARITHM] if described else []), RELU, *kernels.texts]
    functions += [f"static void describe(void)\n{{{chr(10)}{described or '    /* no statistics */'}\n}}"]
    functions += ["static void layers(void)\n{\n" + "\n".join(indent(calls, 1)) + "\n}"]
    memory = [
        f"static float window[{plan.window.elements}]; /* normalised samples, in order of time */",
        f"static float memory[{max(1, size // 4)}]; /* shared by layers that do not need it at once */",
        f"static float scores[{plan.scores.channels}];",
    ]
    return Body(constants, ["\n".join(memory)], functions, window)


def _normalisation(plan: Plan) -> list[str]:
    return [array("mean", plan.mean, "of each channel"), array("scale", plan.scale, "1 / deviation of each channel")]


def said(layer: Layer) -> str:
    """A layer in words, with shapes and cost.

    >>> said(Pool("halve", Tensor("a", 8, 4), raw=Tensor("b", 4, 4)))
    'halve: a (8, 4) -> (4, 4)'
    """
    plus = f" + {len(layer.residuals)} more" if layer.residuals else ""
    out = next(iter(writes(layer)))
    if isinstance(layer, Convolution):
        kind = "dense" if layer.dense else "depthwise" if layer.depthwise else "convolution"
        how = "" if layer.dense else f" of {layer.taps}" + f", every {layer.dilation}" * (layer.dilation > 1)
        how += f", stride {layer.stride}" * (layer.stride > 1)
        shapes = f"{layer.source!r} -> ({layer.time}, {layer.outputs})"
        return f"{layer.where}, {kind}{how}: {shapes}{plus}; {layer.macs:,} multiply-accumulates"
    if isinstance(layer, Sum):
        return f"sum of {len(layer.residuals)}: ({out.time}, {out.channels})"
    kind = layer.kind if isinstance(layer, Pool) else "mean over time" if isinstance(layer, Mean) else "statistics"
    return f"{kind}: {layer.source!r} -> ({out.time}, {out.channels}){plus}"


def _cleared(tensor: Tensor, at: At) -> list[str]:
    if not tensor.border:
        return []
    size = tensor.border * tensor.channels
    return [
        f"memset({at(tensor, tensor.border)}, 0, {size} * sizeof(float));",
        f"memset({at(tensor, -tensor.time)}, 0, {size} * sizeof(float));",
    ]


def packed(layer: Convolution) -> Floats:
    """Bias and weights in the order in which the kernel reads them."""
    weight, bias = layer.folded()
    if layer.depthwise:
        return np.concatenate([bias[:, None], weight[:, 0]], axis=1).ravel()
    rows = weight.transpose(0, 2, 1).reshape(len(weight), -1)  # (outputs, taps x inputs), as they lie in memory
    parts, first = [], 0
    for size, count in blocks(layer.outputs, BLOCK):
        for _ in range(count):
            parts += [bias[first : first + size], rows[first : first + size].T.ravel()]
            first += size
    return np.concatenate(parts)


def _ends(layer: Layer) -> tuple[list[str], list[str]]:
    """Parameters of a kernel that stand for what is added and written, and their names."""
    names = [f"r{number}" for number in range(len(layer.residuals))]
    names += [name for name, tensor in (("y", layer.raw), ("z", layer.rectified)) if tensor is not None]
    return [f"const float *{name}" if name[0] == "r" else f"float *{name}" for name in names], names


def _stores(layer: Layer, value: str, index: str) -> list[str]:
    lines = [f"{value} += r{number}[{index}];" for number in range(len(layer.residuals))]
    if layer.raw is not None:
        lines.append(f"y[{index}] = {value};")
    if layer.rectified is not None:
        lines.append(f"z[{index}] = relu({value});")
    return lines


def _given(layer: Layer, at: At) -> str:
    offset = layer.offset if isinstance(layer, Convolution) else 0
    given = [at(tensor) for tensor in layer.residuals] + [at(tensor, 0, offset) for tensor in writes(layer)]
    return "".join(f", {one}" for one in given)


def _call(layer: Layer, number: int, kernels: Kernels, at: At) -> str:
    if isinstance(layer, Convolution):
        name = kernels.name(*(_depthwise(layer) if layer.depthwise else _convolution(layer)))
        time = layer.time
        return f"{name}({at(layer.source, layer.padding)}, w{number}, {time}{_given(layer, at)});"
    if isinstance(layer, Pool):
        return f"{kernels.name(*_pool(layer))}({at(layer.source)}, {layer.time}{_given(layer, at)});"
    if isinstance(layer, Sum):
        out = next(iter(writes(layer)))
        return f"{kernels.name(*_sum(layer))}({out.time * out.channels}{_given(layer, at)});"
    assert isinstance(layer, Mean)
    weights = "" if layer.normalised is None else f", w{number}"
    return f"{kernels.name(*_mean(layer))}({at(layer.source)}{weights}, {layer.source.time}{_given(layer, at)});"


def _moves(layer: Layer, by: int) -> str:
    return "".join(f", {name} += {by}" for name in _ends(layer)[1])


def _convolution(layer: Convolution) -> tuple[str, str]:
    """Name and text of the kernel of a full convolution: outputs by blocks, a flat product where samples touch."""
    outputs, inputs, taps = layer.weight.shape
    flat = layer.dilation == 1 or taps == 1
    runs, size = (1, taps * inputs) if flat else (taps, inputs)
    unrolled = next(by for by in range(UNROLLED, 0, -1) if size % by == 0)
    lines, first = [], 0
    for block, count in blocks(outputs, BLOCK):
        names = [f"s{number}" for number in range(block)]
        inner = ["float " + ", ".join(f"{name} = v[{number}]" for number, name in enumerate(names)) + ";"]
        if size * block * runs <= STRAIGHT:
            products = [
                f"{name} += x[{run * layer.dilation * inputs + i}] * v[{block * (1 + run * size + i) + number}];"
                for run in range(runs)
                for i in range(size)
                for number, name in enumerate(names)
            ]
            inner += [*products, f"v += {block * (1 + runs * size)};"]
        else:
            inner += [f"v += {block};"]
            products = [
                f"{name} += x{i} * v[{block * i + number}];"
                for i in range(unrolled)
                for number, name in enumerate(names)
            ]
            samples = "const float " + ", ".join(f"x{i} = p[i + {i}]" for i in range(unrolled)) + ";"
            loop = [
                f"for (int i = 0; i < {size}; i += {unrolled}, v += {block * unrolled}) {{",
                *indent([samples, *products], 1),
                "}",
            ]
            if runs == 1:
                inner += ["const float *p = x;", *loop]
            else:
                step = layer.dilation * inputs
                inner += [f"for (const float *p = x; p < x + {runs * step}; p += {step})", *indent(loop, 1)]
        for number, name in enumerate(names):
            inner += _stores(layer, name, f"o + {number}" if count > 1 else f"{first + number}")
        if count > 1:
            head = f"for (int o = {first}; o < {first + count * block}; o += {block}) {{"
            lines += [head, *indent(inner, 1), "}"]
        else:
            lines += ["{", *indent(inner, 1), "}"]
        first += block * count
    moves = f"x += {layer.stride * inputs}{_moves(layer, outputs)}"
    lines = [
        f"for (int t = 0; t < time; t++, {moves}) {{",
        "    const float *v = w;",
        *indent(lines, 1),
        "}",
    ]
    arguments = ["const float *restrict x", "const float *restrict w", "int time", *_ends(layer)[0]]
    stem = "dense" if layer.dense else "convolve"
    return f"{stem}_{inputs}_{outputs}" + f"_{taps}" * (taps > 1), function(arguments, lines)


def _depthwise(layer: Convolution) -> tuple[str, str]:
    channels, _, taps = layer.weight.shape
    products = " + ".join(f"w{k} * x[{k * layer.dilation * channels}]" for k in range(taps))
    moves = f"x += {layer.stride * channels}{_moves(layer, channels)}"
    lines = [
        f"for (int c = 0; c < {channels}; c++, w += {taps + 1}) {{",
        "    const float " + ", ".join(["b = w[0]", *(f"w{k} = w[{k + 1}]" for k in range(taps))]) + ";",
        "    const float *x = from + c;",
        *(f"    {kind} = {name}s + c;" for kind, name in zip(*_ends(layer), strict=True)),
        f"    for (int t = 0; t < time; t++, {moves}) {{",
        f"        float s = b + {products};",
        *indent(_stores(layer, "s", "0"), 2),
        "    }",
        "}",
    ]
    ends = [f"{kind}s" for kind in _ends(layer)[0]]
    arguments = ["const float *restrict from", "const float *restrict w", "int time", *ends]
    return f"depthwise_{channels}_{taps}", function(arguments, lines)


def _pool(layer: Pool) -> tuple[str, str]:
    channels = layer.source.channels
    step = channels if layer.kind == "smooth" else 2 * channels
    head: list[str] = []
    if layer.kind == "smooth":
        head = [
            "const int whole = t > 0 && t < time - 1;",
            f"const float *p = t > 0 ? x - {channels} : time > 1 ? none : x;",
            f"const float *q = t < time - 1 ? x + {channels} : none;",
            "const float share = whole ? 1.0f / 3.0f : 0.5f;",
        ]
        value = "share * (p[c] + x[c] + q[c])"
    elif layer.kind == "halve":
        value = f"0.5f * (x[c] + x[c + {channels}])"
    else:
        value = f"x[c] > x[c + {channels}] ? x[c] : x[c + {channels}]"
    lines = [
        *([f"static const float none[{channels}]; /* beyond the ends */"] if layer.kind == "smooth" else []),
        f"for (int t = 0; t < time; t++, x += {step}{_moves(layer, channels)}) {{",
        *indent(head, 1),
        f"    for (int c = 0; c < {channels}; c++) {{",
        f"        float s = {value};",
        *indent(_stores(layer, "s", "c"), 2),
        "    }",
        "}",
    ]
    arguments = ["const float *restrict x", "int time", *_ends(layer)[0]]
    return f"{layer.kind}_{channels}", function(arguments, lines)


def _sum(layer: Sum) -> tuple[str, str]:
    lines = ["for (int i = 0; i < size; i++) {", "    float s = 0.0f;", *indent(_stores(layer, "s", "i"), 1), "}"]
    return "sum", function(["int size", *_ends(layer)[0]], lines)


def _mean(layer: Mean) -> tuple[str, str]:
    channels = layer.source.channels
    value = f"x[t * {channels} + c]"
    lines = [
        f"for (int c = 0; c < {channels}; c++) {{",
        "    float sum = 0.0f;",
        "    for (int t = 0; t < time; t++)",
        f"        sum += {value if layer.normalised is None else f'relu({value} * w[2 * c] + w[2 * c + 1])'};",
        "    y[c] = sum / (float)time;",
        "}",
    ]
    weights = ["const float *restrict w"] * (layer.normalised is not None)
    return f"mean_{channels}", function(["const float *restrict x", *weights, "int time", "float *y"], lines)
