"""A plan in C with 8-bit integers: bytes multiplied four at a time where the core can, sums of 32 bits.

Between layers numbers are 32-bit fixed point, vectors are floats.
"""

import numpy as np

from luciole.devices.c_bytes import FOURS, PRELUDE
from luciole.devices.c_float import At, said
from luciole.devices.c_text import KERNEL, Body, Kernels, array, blocks, function, indent, statistics
from luciole.devices.eight import Eight, Quantised, whole
from luciole.devices.plan import Bytes, Convolution, Described, Layer, Mean, Plan, Pool, Sum, Tensor, arena, writes

BLOCK = 4  # outputs that are computed together


def body(plan: Plan, eight: Eight) -> Body:
    """The parts of the source file of a plan."""
    wide, vectors = (arena(eight.layers, (plan.window, plan.scores), one) for one in (eight.whole_of, eight.floats_of))
    kernels, calls = Kernels(), []
    constants = [
        array("mean", plan.mean, "of each channel"),
        array("scale", plan.scale, "1 / deviation of each channel"),
    ]
    described = ""

    def at(tensor: Tensor, rows: int = 0, offset: int = 0) -> str:
        """The first number of a tensor, ``rows`` before its first sample."""
        skip = (tensor.border - rows) * tensor.channels + offset
        if tensor is plan.window:
            return "window"
        if tensor is plan.scores:
            return "scores"
        if eight.formats[tensor] == "float":
            return f"vectors + {vectors[0][tensor] // 4 + skip}"
        if eight.formats[tensor] == "wide":
            return f"memory + {wide[0][tensor] // 4 + skip}"
        return f"(uint8_t *)memory + {wide[0][tensor] + skip}"

    printer = _Printer(eight, kernels, at)
    for number, layer in enumerate(eight.layers):
        if isinstance(layer, Described):
            assert layer.raw is not None
            constants.append(array("numbering", printer.numbering(layer), "a number's factor and term: to a byte"))
            store = "numbers[{0}] = byte_of(({1}) * numbering[2 * ({0})] + numbering[2 * ({0}) + 1]);".format
            text = statistics(plan.channels, plan.length, layer.kinds, store)
            described = f"    const float *x = window;\n    uint8_t *numbers = {at(layer.raw)};\n{text}"
            continue
        calls.append(f"/* {said(layer)} */")
        calls += printer.cleared(layer)
        constants += printer.constants(layer, number)
        calls += printer.call(layer, number)
    memory = [
        f"static float window[{plan.length * plan.channels}]; /* normalised samples, in order of time */",
        f"static int32_t memory[{max(1, wide[1] // 4)}]; /* shared by layers that do not need it at once */",
        f"static float vectors[{max(1, vectors[1] // 4)}];",
        f"static float scores[{plan.scores.channels}];",
    ]
    functions = [KERNEL, PRELUDE, FOURS, *kernels.texts]
    functions += [f"static void describe(void)\n{{{chr(10)}{described or '    /* no statistics */'}\n}}"]
    functions += ["static void layers(void)\n{\n" + "\n".join(indent(calls, 1)) + "\n}"]
    return Body(constants, ["\n".join(memory)], functions, "window")


class _Printer:
    """Constants, kernels and calls of layers in 8 bits."""

    def __init__(self, eight: Eight, kernels: Kernels, at: At):
        self.eight, self.kernels, self.at = eight, kernels, at

    def numbering(self, layer: Described) -> np.ndarray:
        """Factor and term of each statistic, its normalisation inside: (numbers, 2)."""
        reader = next(one for one in self.eight.layer if isinstance(one, Convolution) and one.source is layer.raw)
        numbers = self.eight.layer[reader]
        assert isinstance(reader, Convolution)
        count = reader.source.channels
        factor, term = np.ones(count), np.zeros(count)
        if reader.before is not None:
            factor, term = reader.before.factor.astype(np.float64), reader.before.term.astype(np.float64)
        return np.stack([factor / numbers.scale, term / numbers.scale + numbers.zero + 0.5], axis=1)

    def cleared(self, layer: Layer) -> list[str]:
        """Borders of what a layer writes: the byte that stands for zero."""
        lines = []
        for tensor in writes(layer):
            if tensor.border and tensor in self.eight.scales:
                fill = f"{self.eight.scales[tensor][1]}, {tensor.border * tensor.channels}"
                lines += [f"memset({self.at(tensor, rows)}, {fill});" for rows in (tensor.border, -tensor.time)]
        return lines

    def constants(self, layer: Layer, number: int) -> list[str]:
        if isinstance(layer, Mean) and layer.normalised is not None:
            pairs = np.stack([layer.normalised.factor * 2.0**-self.eight.places, layer.normalised.term], axis=1)
            return [array(f"w{number}", pairs, "the last normalisation: factor, term")]
        if not isinstance(layer, Convolution):
            return []
        one = self.eight.layer[layer]
        multipliers = whole(one.multiplier / self.eight.raised, self.eight.shift)
        pairs = np.stack([one.bias, multipliers], axis=1).ravel()
        sums = np.concatenate([self._ends(layer, one), pairs]).astype(np.int64)
        found = [
            array(f"w{number}", _packed(layer, one), layer.where, "int8_t"),
            array(f"c{number}", sums, f"{layer.where}: rounding, factors; biases and multipliers", "int32_t"),
        ]
        if layer.dense:
            found.append(array(f"f{number}", self._floats(layer, one), f"{layer.where}: byte to number"))
        return found

    def _floats(self, layer: Convolution, one: Quantised) -> np.ndarray:
        """Factor and term from an output's byte to its number, a normalisation inside: (outputs, 2)."""
        factor = np.full(layer.outputs, one.out_scale)
        term = -factor * one.out_zero
        if layer.after is not None:
            factor, term = factor * layer.after.factor, term * layer.after.factor + layer.after.term
        return np.stack([factor, term], axis=1)

    def _returns(self, layer: Convolution) -> bool:
        """Whether a layer's bytes turn to fixed point again; else they are what the next layer reads."""
        same = layer.raw is not None and self.eight.formats[layer.raw] == "bytes" and layer.rectified is None
        return not (same and not layer.residuals)

    def _rounding(self, zero: int) -> int:
        return (zero << self.eight.shift) + (1 << (self.eight.shift - 1))

    def _ends(self, layer: Convolution, one: Quantised) -> list[int]:
        """Rounding; where bytes turn to fixed point also factor, term, and a multiplier for each tensor in bytes."""
        if layer.dense or not self._returns(layer):
            return [self._rounding(one.out_zero)]
        factor = round(one.out_scale * 2.0**self.eight.places)
        narrow = [self._narrow(tensor)[0] for tensor in writes(layer) if self.eight.formats[tensor] == "bytes"]
        return [self._rounding(one.out_zero), factor, -factor * one.out_zero, *narrow]

    def _narrow(self, tensor: Tensor) -> tuple[int, int]:
        """Multiplier and rounding from fixed point to the bytes of a tensor."""
        scale, zero = self.eight.scales[tensor]
        rate = int(whole(2.0**-self.eight.places / scale, self.eight.narrow))
        return rate, (zero << self.eight.narrow) + (1 << (self.eight.narrow - 1))

    def _types(self, layer: Layer) -> list[tuple[str, str, Tensor]]:
        """Type, name and tensor of each parameter that stands for what is added or written."""
        kinds = {"bytes": "uint8_t", "wide": "int32_t", "float": "float"}
        given = [("const int32_t *", f"r{place}", tensor) for place, tensor in enumerate(layer.residuals)]
        for name, tensor in (("y", layer.raw), ("z", layer.rectified)):
            if tensor is not None:
                given.append((f"{kinds[self.eight.formats[tensor]]} *", name, tensor))
        return given

    def _stores(self, layer: Layer, index: str, multipliers: dict[Tensor, str]) -> list[str]:
        """What follows ``v``, a number in fixed point: additions, ReLU, bytes."""
        lines = [f"v += r{place}[{index}];" for place in range(len(layer.residuals))]
        for name, tensor in (("y", layer.raw), ("z", layer.rectified)):
            if tensor is None:
                continue
            if self.eight.formats[tensor] == "bytes":
                rounding = "half" if isinstance(layer, Pool) else str(1 << (self.eight.narrow - 1))
                value = f"BYTE(high_plus(v, {multipliers[tensor]}, {rounding}), {self.eight.narrow})"
                lines.append(f"{name}[{index}] = (uint8_t){value};")
            else:
                lines.append(f"{name}[{index}] = {'v' if name == 'y' else 'v > 0 ? v : 0'};")
        return lines

    def call(self, layer: Layer, number: int) -> list[str]:
        offset = layer.offset if isinstance(layer, Convolution) else 0
        given = "".join(
            f", {self.at(tensor, 0, 0 if kind[0] == 'c' else offset)}" for kind, _, tensor in self._types(layer)
        )
        if isinstance(layer, Bytes):
            assert layer.raw is not None
            scale, zero = self.eight.scales[layer.raw]
            source, raw = layer.source, layer.raw
            return [
                f"for (int i = 0; i < {source.time * source.channels}; i++)",
                f"    ({self.at(raw)})[i] = byte_of(({self.at(source)})[i] * {1 / scale:.9g}f + {zero + 0.5:.1f}f);",
            ]
        if isinstance(layer, Convolution):
            name = self.kernels.name(*(self._depthwise(layer) if layer.depthwise else self._convolution(layer)))
            ends = f", f{number}" if layer.dense else ""
            return [f"{name}({self.at(layer.source, layer.padding)}, w{number}, c{number}, {layer.time}{ends}{given});"]
        if isinstance(layer, Sum):
            out = next(iter(writes(layer)))
            return [f"{self.kernels.name(*self._sum(layer))}({out.time * out.channels}{given});"]
        if isinstance(layer, Pool):
            narrow = [self._narrow(tensor) for tensor in writes(layer) if self.eight.formats[tensor] == "bytes"]
            more = "".join(f", {rate}, {half}" for rate, half in narrow)
            return [f"{self.kernels.name(*self._pool(layer))}({self.at(layer.source)}, {layer.time}{given}{more});"]
        assert isinstance(layer, Mean)
        weights = "" if layer.normalised is None else f", w{number}"
        name = self.kernels.name(*self._mean(layer))
        return [f"{name}({self.at(layer.source)}{weights}, {layer.source.time}{given});"]

    def _epilogue(self, layer: Convolution, sum_: str, index: str, place: str) -> list[str]:
        """From a sum of products to what is written."""
        shift = self.eight.shift
        raised = f"{sum_} * {self.eight.raised}" if self.eight.raised > 1 else sum_
        q = f"BYTE(high_plus({raised}, d[2 * ({place}) + 1], rounding), {shift})"
        if layer.dense:
            value = f"(float){q} * f[2 * ({place})] + f[2 * ({place}) + 1]"
            if layer.raw is not None:
                return [f"y[{index}] = {value};"]
            return [f"z[{index}] = {value};", f"z[{index}] = z[{index}] > 0.0f ? z[{index}] : 0.0f;"]
        if not self._returns(layer):
            return [f"y[{index}] = (uint8_t){q};"]
        narrow = [tensor for tensor in writes(layer) if self.eight.formats[tensor] == "bytes"]
        stores = self._stores(layer, index, {tensor: f"narrow{at}" for at, tensor in enumerate(narrow)})
        return ["{", f"    int32_t v = {q} * factor + term;", *indent(stores, 1), "}"]

    def _arguments(self, layer: Convolution) -> list[str]:
        ends = ["const float *f"] if layer.dense else []
        first = ["const uint8_t *x", "const int8_t *w", "const int32_t *c", "int time"]
        return [*first, *ends, *(kind + name for kind, name, _ in self._types(layer))]

    def _loaded(self, layer: Convolution) -> list[str]:
        """The constants of a layer that all its outputs share, in variables; then ``d``, those of its outputs."""
        count = len(self._ends(layer, self.eight.layer[layer]))
        names = ["rounding", "factor", "term", *(f"narrow{place}" for place in range(count))][:count]
        told = ", ".join(f"{name} = c[{place}]" for place, name in enumerate(names))
        return [f"const int32_t {told}, *d = c + {count};"]

    def _moves(self, layer: Layer, by: int) -> str:
        return "".join(f", {name} += {by}" for _, name, _ in self._types(layer))

    def _convolution(self, layer: Convolution) -> tuple[str, str]:
        outputs, inputs, taps = layer.weight.shape
        runs, size, step = _runs(layer)
        lines, first = [], 0
        for block, count in blocks(outputs, BLOCK):
            sums = [f"s{number}" for number in range(block)]
            at = "o + " if count > 1 else ""
            base = 0 if count > 1 else first
            inner = ["int32_t " + ", ".join(f"{name} = d[2 * ({at}{base + i})]" for i, name in enumerate(sums)) + ";"]
            products = [f"{name} = add({name}, q, v + {4 * i});" for i, name in enumerate(sums)]
            loop = [
                f"for (int i = 0; i < {size}; i += 4, v += {4 * block}) {{",
                *indent(["const four q = load(p + i);", *products], 1),
                "}",
            ]
            if runs > 1:
                inner += [f"for (const uint8_t *p = x; p < x + {runs * step}; p += {step})", *indent(loop, 1)]
            else:
                inner += ["const uint8_t *p = x;", *loop]
            for i, name in enumerate(sums):
                inner += self._epilogue(layer, name, f"{at}{base + i}", f"{at}{base + i}")
            head = f"for (int o = {first}; o < {first + count * block}; o += {block}) {{" if count > 1 else "{"
            lines += [head, *indent(inner, 1), "}"]
            first += block * count
        moves = f"x += {layer.stride * inputs}{self._moves(layer, outputs)}"
        head = f"for (int t = 0; t < time; t++, {moves}) {{"
        lines = [*self._loaded(layer), head, "    const int8_t *v = w;", *indent(lines, 1), "}"]
        stem = "dense" if layer.dense else "convolve"
        text = function(self._arguments(layer), lines)
        return f"{stem}_{inputs}_{outputs}" + f"_{taps}" * (taps > 1), text

    def _depthwise(self, layer: Convolution) -> tuple[str, str]:
        channels, _, taps = layer.weight.shape
        products = " + ".join(f"w{k} * p[{k * layer.dilation * channels}]" for k in range(taps))
        lines = [
            *self._loaded(layer),
            f"for (int o = 0; o < {channels}; o++, w += {taps}) {{",
            "    const int32_t " + ", ".join(f"w{k} = w[{k}]" for k in range(taps)) + ";",
            "    const uint8_t *p = x + o;",
            f"    for (int t = 0, i = o; t < time; t++, i += {channels}, p += {layer.stride * channels}) {{",
            f"        const int32_t s = d[2 * o] + {products};",
            *indent(self._epilogue(layer, "s", "i", "o"), 2),
            "    }",
            "}",
        ]
        return f"depthwise_{channels}_{taps}", function(self._arguments(layer), lines)

    def _pool(self, layer: Pool) -> tuple[str, str]:
        channels = layer.source.channels
        narrow = [tensor for tensor in writes(layer) if self.eight.formats[tensor] == "bytes"]
        names = dict.fromkeys(narrow, "rate")  # a pooling writes one tensor in bytes at most
        step = channels if layer.kind == "smooth" else 2 * channels
        head: list[str] = []
        if layer.kind == "smooth":
            head = [
                f"const int32_t *p = t > 0 ? x - {channels} : time > 1 ? none : x;",
                f"const int32_t *q = t < time - 1 ? x + {channels} : none;",
                "const int32_t share = t > 0 && t < time - 1 ? 1431655765 : INT32_MAX; /* a third or half of 2^32 */",
            ]
            value = "high_plus(p[i] + x[i] + q[i], share, 0)"
        elif layer.kind == "halve":
            value = f"(x[i] + x[i + {channels}]) >> 1"
        else:
            value = f"x[i] > x[i + {channels}] ? x[i] : x[i + {channels}]"
        lines = [
            *([f"static const int32_t none[{channels}]; /* beyond the ends */"] if layer.kind == "smooth" else []),
            f"for (int t = 0; t < time; t++, x += {step}{self._moves(layer, channels)}) {{",
            *indent(head, 1),
            f"    for (int i = 0; i < {channels}; i++) {{",
            f"        int32_t v = {value};",
            *indent(self._stores(layer, "i", names), 2),
            "    }",
            "}",
        ]
        arguments = ["const int32_t *x", "int time", *(kind + name for kind, name, _ in self._types(layer))]
        arguments += ["int32_t rate", "int32_t half"] * len(narrow)
        return f"{layer.kind}_{channels}", function(arguments, lines)

    def _sum(self, layer: Sum) -> tuple[str, str]:
        narrow = [tensor for tensor in writes(layer) if self.eight.formats[tensor] == "bytes"]
        rates = {tensor: str(self._narrow(tensor)[0]) for tensor in narrow}
        lines = [
            "for (int i = 0; i < size; i++) {",
            "    int32_t v = 0;",
            *indent(self._stores(layer, "i", rates), 1),
            "}",
        ]
        arguments = ["int size", *(kind + name for kind, name, _ in self._types(layer))]
        return "sum", function(arguments, lines)

    def _mean(self, layer: Mean) -> tuple[str, str]:
        channels = layer.source.channels
        value = f"(float)x[t * {channels} + i]"
        lines = [
            f"for (int i = 0; i < {channels}; i++) {{",
            "    float sum = 0.0f;",
            "    for (int t = 0; t < time; t++) {",
            f"        const float v = {value}"
            + (" * w[2 * i] + w[2 * i + 1];" if layer.normalised else f" * {2.0**-self.eight.places:.9g}f;"),
            f"        sum += {'v > 0.0f ? v : 0.0f' if layer.normalised else 'v'};",
            "    }",
            "    y[i] = sum / (float)time;",
            "}",
        ]
        weights = ["const float *w"] * (layer.normalised is not None)
        return f"mean_{channels}", function(["const int32_t *x", *weights, "int time", "float *y"], lines)


def _runs(layer: Convolution) -> tuple[int, int, int]:
    """Runs of bytes that touch: how many, how long, and how far apart."""
    _, inputs, taps = layer.weight.shape
    if layer.dilation == 1 or taps == 1:
        return 1, taps * inputs, 0
    return taps, inputs, layer.dilation * inputs


def _packed(layer: Convolution, one: Quantised) -> np.ndarray:
    """Weights in the order in which the kernel reads them: fours of each output of a block in turn."""
    if layer.depthwise:
        return one.weight[:, 0]
    runs, size, _ = _runs(layer)
    rows = one.weight.transpose(0, 2, 1).reshape(len(one.weight), runs, size)
    rows = np.pad(rows, ((0, 0), (0, 0), (0, -size % 4))).reshape(len(rows), -1, 4)  # (outputs, fours, 4)
    parts, first = [], 0
    for block, count in blocks(layer.outputs, BLOCK):
        for _ in range(count):
            parts.append(rows[first : first + block].transpose(1, 0, 2).ravel())
            first += block
    return np.concatenate(parts)
