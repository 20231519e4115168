"""The loops that one writes first, for the same plan: what the printed C is measured against.

One function a kind of layer, sizes as arguments, a test of the index where a convolution reads beyond the ends, ReLU,
sums and pooling in passes of their own, an array for each tensor, normalisations folded as in the printed C.
"""

import numpy as np

from luciole.devices.c import composed
from luciole.devices.c_statistics import statistics
from luciole.devices.c_text import LOGARITHM, Body, array, indent
from luciole.devices.plan import Convolution, Described, Layer, Mean, Plan, Pool, Sum, Tensor, reads, writes

FUNCTIONS = """static void convolve(const float *x, int inputs, int length, const float *w, const float *b, int outputs,
                     int taps, int stride, int dilation, int padding, int depthwise, float *y, int time)
{
    for (int t = 0; t < time; t++)
        for (int o = 0; o < outputs; o++) {
            float sum = b[o];
            for (int k = 0; k < taps; k++) {
                const int at = t * stride + k * dilation - padding;
                if (at < 0 || at >= length)
                    continue;
                if (depthwise)
                    sum += w[o * taps + k] * x[at * inputs + o];
                else
                    for (int i = 0; i < inputs; i++)
                        sum += w[(o * taps + k) * inputs + i] * x[at * inputs + i];
            }
            y[t * outputs + o] = sum;
        }
}

static void rectify(const float *x, int size, float *y)
{
    for (int i = 0; i < size; i++)
        y[i] = x[i] > 0.0f ? x[i] : 0.0f;
}

static void add(const float *x, int size, float *y)
{
    for (int i = 0; i < size; i++)
        y[i] += x[i];
}

static void average(const float *x, int channels, int length, int taps, int stride, int padding, float *y, int time)
{
    for (int t = 0; t < time; t++)
        for (int c = 0; c < channels; c++) {
            float sum = 0.0f;
            int count = 0;
            for (int k = 0; k < taps; k++) {
                const int at = t * stride + k - padding;
                if (at < 0 || at >= length)
                    continue;
                sum += x[at * channels + c];
                count++;
            }
            y[t * channels + c] = sum / (float)count;
        }
}

static void largest(const float *x, int channels, float *y, int time)
{
    for (int t = 0; t < time; t++)
        for (int c = 0; c < channels; c++) {
            const float a = x[2 * t * channels + c], b = x[(2 * t + 1) * channels + c];
            y[t * channels + c] = a > b ? a : b;
        }
}

static void scale_shift(const float *x, const float *w, int channels, int time, float *y)
{
    for (int t = 0; t < time; t++)
        for (int c = 0; c < channels; c++)
            y[t * channels + c] = x[t * channels + c] * w[2 * c] + w[2 * c + 1];
}"""


def body(plan: Plan) -> Body:
    """The parts of the source file of a plan, by plain loops."""
    tensors = list(dict.fromkeys(one for layer in plan.layers for one in (*reads(layer), *writes(layer))))
    names = {tensor: f"t{place}" for place, tensor in enumerate(tensors)} | {plan.window: "window"}
    names[plan.scores] = "scores"
    constants = [array("mean", plan.mean, "of each channel"), array("scale", plan.scale, "1 / deviation")]
    calls: list[str] = []
    described = ""
    for number, layer in enumerate(plan.layers):
        if isinstance(layer, Described):
            assert layer.raw is not None
            store = f"{names[layer.raw]}[{{}}] = {{}};".format
            text = statistics(plan.channels, plan.length, layer.kinds, store)
            described = f"    const float *x = window;\n{text}"
            continue
        if isinstance(layer, Convolution):
            weight, bias = layer.folded()
            constants.append(array(f"w{number}", np.ascontiguousarray(weight.transpose(0, 2, 1)), layer.where))
            constants.append(array(f"b{number}", bias, "biases"))
        if isinstance(layer, Mean) and layer.normalised is not None:
            pairs = np.stack([layer.normalised.factor, layer.normalised.term], axis=1)
            constants.append(array(f"w{number}", pairs, "the last normalisation"))
        calls += _calls(layer, number, names)
    biggest = max(tensor.time * tensor.channels for tensor in tensors)
    memory = [f"static float window[{plan.length * plan.channels}];", f"static float scores[{plan.scores.channels}];"]
    memory += [f"static float scratch[{biggest}];"]
    kept = [tensor for tensor in tensors if tensor not in (plan.window, plan.scores)]
    memory += [f"static float {names[tensor]}[{tensor.time * tensor.channels}];" for tensor in kept]
    functions = [*([LOGARITHM] if described else []), FUNCTIONS, f"static void describe(void)\n{{\n{described}\n}}"]
    functions.append("static void layers(void)\n{\n" + "\n".join(indent(calls, 1)) + "\n}")
    return Body(constants, ["\n".join(memory)], functions)


def _calls(layer: Layer, number: int, names: dict[Tensor, str]) -> list[str]:
    out = next(iter(writes(layer)))
    size = out.time * out.channels
    calls = [f"float *const y = {names[layer.raw]};" if layer.raw is not None else "float *const y = scratch;"]
    if isinstance(layer, Convolution):
        outputs, inputs, taps = layer.weight.shape
        inputs = layer.source.channels
        into = "scratch" if layer.offset or layer.time * outputs != size else "y"
        where = f"{names[layer.source]}, {inputs}, {layer.source.time}, w{number}, b{number}, {outputs}, {taps}"
        how = f"{layer.stride}, {layer.dilation}, {layer.padding}, {int(layer.depthwise)}"
        calls.append(f"convolve({where}, {how}, {into}, {layer.time});")
        if layer.offset:
            assert layer.rectified is not None
            return [
                "{",
                *indent([*calls, f"rectify(scratch, {outputs}, {names[layer.rectified]} + {layer.offset});"], 1),
                "}",
            ]
        size = layer.time * outputs
    elif isinstance(layer, Pool):
        source, channels = names[layer.source], layer.source.channels
        if layer.kind == "largest":
            calls.append(f"largest({source}, {channels}, y, {layer.time});")
        else:
            how = "3, 1, 1" if layer.kind == "smooth" else "2, 2, 0"
            calls.append(f"average({source}, {channels}, {layer.source.time}, {how}, y, {layer.time});")
    elif isinstance(layer, Mean):
        source, channels, time = names[layer.source], layer.source.channels, layer.source.time
        if layer.normalised is not None:
            calls += [f"scale_shift({source}, w{number}, {channels}, {time}, scratch);"]
            calls += [f"rectify(scratch, {channels * time}, scratch);"]
            source = "scratch"
        calls.append(f"average({source}, {channels}, {time}, {time}, 1, 0, y, 1);")
    elif isinstance(layer, Sum):
        calls.append(f"memset(y, 0, {size} * sizeof(float));")
    calls += [f"add({names[residual]}, {size}, y);" for residual in layer.residuals]
    if layer.rectified is not None:
        calls.append(f"rectify(y, {size}, {names[layer.rectified]});")
    return ["{", *indent(calls, 1), "}"]


def emit(plan: Plan, name: str) -> dict[str, str]:
    """The plan as C by plain loops, with the interface of :func:`luciole.devices.c.emit`."""
    return composed(plan, name, body(plan), "32-bit floats, plain loops")
