"""A plan in C with 8-bit integers: bytes multiplied four at a time where the core can, sums of 32 bits.

Between layers numbers are 32-bit fixed point, vectors are floats.
"""

import numpy as np

from luciole.devices import c_products, c_spectrum
from luciole.devices.c_bytes import CLEAR, FOURS, PAIRS, PRELUDE
from luciole.devices.c_float import At, said
from luciole.devices.c_statistics import statistics
from luciole.devices.c_text import LOGARITHM, Body, Kernels, array, function, indent, numbers
from luciole.devices.eight import Eight, Quantised, whole
from luciole.devices.plan import Bytes, Convolution, Described, Layer, Mean, Plan, Pool, Sum, Tensor, arena, writes

HALF, THIRD = "INT32_MAX", "1431655765"  # of 2^32


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
            constants += c_spectrum.constants(layer.kinds, plan.length)
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
    borders = [CLEAR] if any(call.startswith("clear(") for call in calls) else []
    functions = [*([LOGARITHM] if described else []), *borders, PRELUDE, FOURS, PAIRS, *kernels.texts]
    functions += [f"static SELDOM void describe(void)\n{{{chr(10)}{described or '    /* no statistics */'}\n}}"]
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
                size, apart = tensor.border * tensor.channels, (tensor.border + tensor.time) * tensor.channels
                zero = self.eight.scales[tensor][1]
                lines.append(f"clear({self.at(tensor, tensor.border)}, {size}, {apart}, {zero});")
        return lines

    def constants(self, layer: Layer, number: int) -> list[str]:
        if isinstance(layer, Mean) and layer.normalised is not None:
            pairs = np.stack([layer.normalised.factor * 2.0**-self.eight.places, layer.normalised.term], axis=1)
            return [array(f"w{number}", pairs, "the last normalisation: factor, term")]
        if isinstance(layer, (Pool, Sum)) and (settings := self._settings(layer)):
            names, values = zip(*settings, strict=True)
            return [array(f"s{number}", np.array(values), ", ".join(names), "int32_t")]
        if not isinstance(layer, Convolution):
            return []
        one = self.eight.layer[layer]
        sums, weights = c_products.sums(layer, one, self.eight), c_products.packed(layer, one)
        kind = f"struct {{ int32_t c[{sums.size}]; int8_t w[{weights.size}]; }}"
        said = f"/* {layer.where}: rounding; biases and multipliers; weights */"
        found = [
            f"{said}\nstatic const {kind} w{number} = {{{{\n    {numbers(sums)}}}, {{\n    {numbers(weights)}}}}};"
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

    def _narrow(self, tensor: Tensor) -> tuple[int, int]:
        """Multiplier and rounding from fixed point to the bytes of a tensor."""
        scale, zero = self.eight.scales[tensor]
        rate = int(whole(2.0**-self.eight.places / scale, self.eight.narrow))
        return rate, (zero << self.eight.narrow) + (1 << (self.eight.narrow - 1))

    def _types(self, layer: Layer) -> list[tuple[str, str, Tensor]]:
        """Type, name and tensor of each parameter that stands for what is added or written."""
        kinds = {"bytes": "uint8_t", "wide": "int32_t", "float": "float"}
        given = [
            (f"const {kinds[self.eight.formats[tensor]]} *", f"r{place}", tensor)
            for place, tensor in enumerate(layer.residuals)
        ]
        for name, tensor in (("y", layer.raw), ("z", layer.rectified)):
            if tensor is not None:
                given.append((f"{kinds[self.eight.formats[tensor]]} *", name, tensor))
        return given

    def _stores(self, layer: Pool | Sum, index: str) -> list[str]:
        """What follows ``v``, a number in fixed point: additions, ReLU, bytes."""
        lines = []
        for place, tensor in enumerate(layer.residuals):
            times = f" * factor{place}" if self.eight.formats[tensor] == "bytes" else ""
            lines.append(f"v += r{place}[{index}]{times};")
        for name, written in (("y", layer.raw), ("z", layer.rectified)):
            if written is None:
                continue
            if self.eight.formats[written] == "bytes":
                value = f"BYTE(high_plus(v, rate_{name}, half_{name}), {self.eight.narrow})"
                lines.append(f"{name}[{index}] = (uint8_t){value};")
            else:
                lines.append(f"{name}[{index}] = {'v' if name == 'y' else 'v > 0 ? v : 0'};")
        return lines

    def _settings(self, layer: Pool | Sum) -> list[tuple[str, int]]:
        """Names and values of what a sum multiplies and rounds with."""
        told, term = [], 0
        for place, tensor in enumerate(layer.residuals):
            if self.eight.formats[tensor] == "bytes":
                scale, zero = self.eight.scales[tensor]
                factor = round(scale * 2.0**self.eight.places)
                told.append((f"factor{place}", factor))
                term -= factor * zero
        if told:
            told.append(("term", term))
        for name, written in (("y", layer.raw), ("z", layer.rectified)):
            if written is not None and self.eight.formats[written] == "bytes":
                rate, half = self._narrow(written)
                told += [(f"rate_{name}", rate), (f"half_{name}", half)]
        return told

    def call(self, layer: Layer, number: int) -> list[str]:
        offset = layer.offset if isinstance(layer, Convolution) else 0
        given = "".join(
            f", {self.at(tensor, 0, 0 if kind[0] == 'c' else offset)}" for kind, _, tensor in self._types(layer)
        )
        if isinstance(layer, Bytes):
            assert layer.raw is not None
            scale, zero = self.eight.scales[layer.raw]
            source, raw = layer.source, layer.raw
            size = source.time * source.channels
            told = f"{size}, {1 / scale:.9g}f, {zero + 0.5:.1f}f"
            return [f"{self.kernels.name(*_bytes(size))}({self.at(source)}, {self.at(raw)}, {told});"]
        if isinstance(layer, Convolution):
            start = self.at(layer.source, layer.padding)
            if layer.dense:
                kernel, least = c_products.dense(self.eight), "0.0f" if layer.rectified else "-INFINITY"
                shape = f"{layer.outputs}, {-(-layer.weight[0].size // 4)}"
                return [f"{self.kernels.name(*kernel)}({start}, &w{number}, f{number}, {shape}, {least}{given});"]
            printed = c_products.depthwise if layer.depthwise else c_products.convolution
            return [f"{self.kernels.name(*printed(layer, self.eight))}({start}, &w{number}, {layer.time}{given});"]
        if isinstance(layer, (Pool, Sum)):
            more = f", s{number}" if self._settings(layer) else ""
            if isinstance(layer, Pool):
                return [f"{self.kernels.name(*self._pool(layer))}({self.at(layer.source)}, {layer.time}{given}{more});"]
            out = next(iter(writes(layer)))
            return [f"{self.kernels.name(*self._sum(layer))}({out.time * out.channels}{given}{more});"]
        assert isinstance(layer, Mean)
        weights = "" if layer.normalised is None else f", w{number}"
        name = self.kernels.name(*self._mean(layer))
        return [f"{name}({self.at(layer.source)}{weights}, {layer.source.time}{given});"]

    def _moves(self, layer: Layer, by: int) -> str:
        return "".join(f", {name} += {by}" for _, name, _ in self._types(layer))

    def _pool(self, layer: Pool) -> tuple[str, str]:
        channels = layer.source.channels
        arguments = ["const int32_t *x", "int time", *(kind + name for kind, name, _ in self._types(layer))]
        arguments, opened = self._told(arguments, layer)
        stores = self._stores(layer, "i")
        if layer.kind == "smooth":
            by, names = _together(channels), [name for _, name, _ in self._types(layer)]
            middle = ["int32_t v;"]
            for one in range(by):
                three = " + ".join(f"x[{one + at * channels}]" for at in range(3))
                middle.append(f"v = high_plus({three}, {THIRD}, 0); /* a third */")
                middle += self._stores(layer, str(one))
            lines = [
                *opened,
                f"const int step = time > 1 ? {channels} : 0;",
                f"for (int n = 0; n < {channels} + step; n++) {{ /* the first sample, then the last */",
                f"    const int last = n >= {channels}, i = last ? n + (time - 2) * {channels} : n;",
                f"    int32_t v = high_plus(x[i] + x[last ? i - step : i + step], {HALF}, 0); /* half */",
                *indent(stores, 1),
                "}",
                *(f"{name} += {channels};" for name in names),
                f"for (int i = {channels}; i < (time - 1) * {channels}; i += {by}, x += {by}{self._moves(layer, by)})",
                "{",
                *indent(middle, 1),
                "}",
            ]
            return f"smooth_{channels}", function(arguments, lines)
        value = f"(x[i] + x[i + {channels}]) >> 1"
        if layer.kind == "largest":
            value = f"x[i] > x[i + {channels}] ? x[i] : x[i + {channels}]"
        lines = [
            *opened,
            f"for (int t = 0; t < time; t++, x += {2 * channels}{self._moves(layer, channels)})",
            f"    for (int i = 0; i < {channels}; i++) {{",
            f"        int32_t v = {value};",
            *indent(stores, 2),
            "    }",
        ]
        return f"{layer.kind}_{channels}", function(arguments, lines)

    def _sum(self, layer: Sum) -> tuple[str, str]:
        settings = [name for name, _ in self._settings(layer)]
        lines = [
            "for (int i = 0; i < size; i++) {",
            f"    int32_t v = {'term' if 'term' in settings else 0};",
            *indent(self._stores(layer, "i"), 1),
            "}",
        ]
        arguments = ["int size", *(kind + name for kind, name, _ in self._types(layer))]
        arguments, opened = self._told(arguments, layer)
        return "sum", function(arguments, [*opened, *lines])

    def _told(self, arguments: list[str], layer: Pool | Sum) -> tuple[list[str], list[str]]:
        """The arguments with the settings among them, and the line that gives each a name."""
        names = [name for name, _ in self._settings(layer)]
        if not names:
            return arguments, []
        told = ", ".join(f"{name} = settings[{place}]" for place, name in enumerate(names))
        return [*arguments, "const int32_t *settings"], [f"const int32_t {told};"]

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


def _together(size: int) -> int:
    """How many of so many numbers one turn of a loop computes."""
    return 4 if size % 4 == 0 else 1


def _bytes(size: int) -> tuple[str, str]:
    by = _together(size)
    stores = [f"y[{one}] = byte_of(x[{one}] * rate + half);" for one in range(by)]
    lines = [f"for (int i = 0; i < size; i += {by}, x += {by}, y += {by}) {{", *indent(stores, 1), "}"]
    return "bytes", function(["const float *x", "uint8_t *y", "int size", "float rate", "float half"], lines)
