"""Plain JavaScript from a plan: one object that takes samples or windows, for a page with no library and no request.

>>> from luciole.devices.lower import plan
>>> from luciole.datasets.windows import Normalisation
>>> from luciole.networks.har_baselines import BASELINES
>>> import numpy as np, torch
>>> network = BASELINES["TinyTNAS network"](9, 6, 128, torch.Generator().manual_seed(0)).eval()
>>> text = emit(plan(network, Normalisation(np.zeros(9, np.float32), np.ones(9, np.float32)), 128), "gait")
>>> text.splitlines()[1]
'globalThis.gait = (() => {'

The object offers ``channels``, ``length``, ``hop``, ``labels``, ``step(sample)`` (the class every hop, -1 in between),
``classify(window)`` (length x channels numbers, sample after sample), ``scores`` of the last answer, ``confidence()``
and ``reset()``.
"""

import base64
import json
import re

import numpy as np

from luciole.devices.c_float import said
from luciole.devices.plan import Convolution, Described, Layer, Mean, Plan, Pool, Sum, Tensor, arena, writes
from luciole.errors import LucioleError
from luciole.networks.statistics import FLOOR, KINDS, PARTS, SPANS

KERNELS = """  // What follows a sum: additions, and what is written, as it is and rectified.
  function put(sum, at, added, raw, rectified) {
    for (let i = 0; i < added.length; i++) sum += m[added[i] + at];
    if (raw >= 0) m[raw + at] = sum;
    if (rectified >= 0) m[rectified + at] = sum > 0 ? sum : 0;
  }
  // Weights: outputs' biases, then for each output its runs of numbers that touch in memory, `step` apart.
  function convolve(x, w, width, outputs, stride, runs, size, step, time, added, raw, rectified) {
    for (let t = 0, at = 0; t < time; t++, x += stride * width)
      for (let o = 0, q = w + outputs; o < outputs; o++, at++) {
        let sum = weights[w + o];
        for (let run = 0, p = x; run < runs; run++, p += step)
          for (let i = 0; i < size; i++) sum += weights[q++] * m[p + i];
        put(sum, at, added, raw, rectified);
      }
  }
  function depthwise(x, w, channels, stride, taps, step, time, added, raw, rectified) {
    for (let t = 0, at = 0; t < time; t++, x += stride * channels)
      for (let c = 0, q = w + channels; c < channels; c++, at++) {
        let sum = weights[w + c];
        for (let k = 0, p = x + c; k < taps; k++, p += step) sum += weights[q++] * m[p];
        put(sum, at, added, raw, rectified);
      }
  }
  function smooth(x, channels, time, added, raw, rectified) {
    for (let t = 0, at = 0; t < time; t++)
      for (let c = 0; c < channels; c++, at++) {
        const before = t > 0, after = t < time - 1, p = x + at;
        const sum = m[p] + (before ? m[p - channels] : 0) + (after ? m[p + channels] : 0);
        put(sum / (1 + before + after), at, added, raw, rectified);
      }
  }
  function pairs(largest, x, channels, time, added, raw, rectified) {
    for (let t = 0, at = 0; t < time; t++)
      for (let c = 0; c < channels; c++, at++) {
        const a = m[x + 2 * t * channels + c], b = m[x + (2 * t + 1) * channels + c];
        put(largest ? Math.max(a, b) : (a + b) / 2, at, added, raw, rectified);
      }
  }
  function sum(size, added, raw, rectified) {
    for (let at = 0; at < size; at++) put(0, at, added, raw, rectified);
  }
  function mean(x, w, channels, time, raw) {
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let t = 0; t < time; t++) {
        const v = m[x + t * channels + c];
        sum += w < 0 ? v : Math.max(0, v * weights[w + 2 * c] + weights[w + 2 * c + 1]);
      }
      m[raw + c] = sum / time;
    }
  }
  // The window's statistics, in the order of luciole.networks.statistics; a channel at a time, in plain loops.
  const v = new Float64Array(LENGTH), level = new Float64Array(CHANNELS), spread = new Float64Array(CHANNELS);
  function between(from, until, by) {
    let sum = 0;
    for (let t = from; t < until; t++) {
      const moved = v[t] - v[t < by ? 0 : t - by];
      sum += moved * moved;
    }
    return sum;
  }
  function mean_square(from, until, middle) {
    let sum = 0;
    for (let t = from; t < until; t++) sum += (v[t] - middle) * (v[t] - middle);
    return sum / (until - from);
  }
  function average(from, until) {
    let sum = 0;
    for (let t = from; t < until; t++) sum += v[t];
    return sum / (until - from);
  }
  function describe(x, C, L, quarters, spans, extremes, neighbours, to) {
    const part = Math.floor(L / PARTS), log = (value) => Math.log(value + FLOOR), each = quarters ? PARTS * C : 0;
    const place = (count) => { to += count; return to - count; };
    const means = place(C), levels = place(each), most = place(extremes ? C : 0), least = place(extremes ? C : 0);
    const pairs = [1, 2].map((by) => place(neighbours ? Math.max(0, C - by) : 0));
    const variances = place(C), moves = place(spans.length * C), apart = place(each), steps = place(each);
    for (let c = 0; c < C; c++) {
      for (let t = 0, p = x + c; t < L; t++, p += C) v[t] = m[p];
      m[means + c] = level[c] = average(0, L);
      m[variances + c] = log(spread[c] = mean_square(0, L, level[c]));
      for (let s = 0; s < spans.length; s++) m[moves + s * C + c] = log(between(1, L, spans[s]) / L);
      if (extremes) {
        m[most + c] = m[least + c] = v[0];
        for (let t = 1; t < L; t++) {
          if (v[t] > m[most + c]) m[most + c] = v[t];
          if (v[t] < m[least + c]) m[least + c] = v[t];
        }
      }
      for (let q = 0; q < PARTS && quarters; q++) {
        const from = q * part, until = from + part, middle = average(from, until), at = PARTS * c + q;
        m[levels + at] = middle;
        m[apart + at] = log(mean_square(from, until, middle));
        m[steps + at] = log(between(Math.max(1, from), until, 1) / part);
      }
    }
    for (let by = 1; by <= 2 && neighbours; by++)
      for (let c = by; c < C; c++) {
        const d = c - by;
        let sum = 0;
        for (let t = 0, p = x; t < L; t++, p += C) sum += (m[p + c] - level[c]) * (m[p + d] - level[d]);
        m[pairs[by - 1] + d] = sum / Math.sqrt((spread[c] + FLOOR) * (spread[d] + FLOOR)) / L;
      }
  }"""
INTERFACE = """  let filled = 0;
  function take(sample, from) {
    for (let c = 0, at = WINDOW + filled * CHANNELS; c < CHANNELS; c++)
      m[at + c] = Math.fround(Math.fround(sample[from + c] - means[c]) * scales[c]);
    filled++;
  }
  function answer() {
    layers();
    let best = 0;
    for (let i = 1; i < labels.length; i++) if (m[SCORES + i] > m[SCORES + best]) best = i;
    return best;
  }
  return {
    channels: CHANNELS, length: LENGTH, hop: HOP, labels,
    get scores() { return m.slice(SCORES, SCORES + labels.length); },
    reset() { filled = 0; },
    step(sample) {
      take(sample, 0);
      if (filled < LENGTH) return -1;
      const found = answer();
      m.copyWithin(WINDOW, WINDOW + HOP * CHANNELS, WINDOW + LENGTH * CHANNELS);
      filled -= HOP;
      return found;
    },
    classify(samples) {
      filled = 0;
      for (let t = 0; t < LENGTH; t++) take(samples, t * CHANNELS);
      filled = 0;
      return answer();
    },
    confidence() {
      const all = [...this.scores], most = Math.max(...all);
      return 1 / all.reduce((sum, one) => sum + Math.exp(one - most), 0);
    },
  };
})();
"""


def emit(plan: Plan, name: str) -> str:
    """Print the plan as a script that defines ``globalThis.NAME``; LucioleError for what is no name."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise LucioleError(f"expected a name of letters, digits and _, got {name!r}; choose another")
    places, size = arena(plan.layers, (plan.window, plan.scores), lambda tensor: 4 * tensor.elements)
    starts = {tensor: place // 4 for tensor, place in places.items()}
    starts |= {plan.window: size // 4, plan.scores: size // 4 + plan.window.elements}

    def at(tensor: Tensor, rows: int = 0) -> int:
        return starts[tensor] + (tensor.border - rows) * tensor.channels

    held: list[np.ndarray] = []
    lines = []
    for layer in plan.layers:
        lines.append(f"    // {said(layer)}")
        lines += [
            f"    m.fill(0, {at(tensor, rows)}, {at(tensor, rows) + tensor.border * tensor.channels});"
            for tensor in writes(layer)
            if tensor.border
            for rows in (tensor.border, -tensor.time)
        ]
        lines.append("    " + _call(layer, sum(len(part) for part in held), at))
        if isinstance(layer, Convolution):
            weight, bias = layer.folded()
            held += [bias, weight.transpose(0, 2, 1).ravel()]
        elif isinstance(layer, Mean) and layer.normalised is not None:
            held.append(np.stack([layer.normalised.factor, layer.normalised.term], axis=1).ravel())
    total = starts[plan.scores] + plan.scores.elements
    numbers = {"CHANNELS": plan.channels, "LENGTH": plan.length, "HOP": plan.hop, "WINDOW": at(plan.window)}
    numbers |= {"SCORES": at(plan.scores), "PARTS": PARTS}
    told = ", ".join(f"{key} = {value}" for key, value in numbers.items())
    head = [
        f"// {name}: windows of {plan.length} samples of {plan.channels} channels to {len(plan.labels)} classes,"
        f" {plan.macs:,} multiply-accumulates. Printed by luciole.",
        f"globalThis.{name} = (() => {{",
        '  "use strict";',
        f"  const {told}, FLOOR = {FLOOR:g}, m = new Float32Array({total});",
        "  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);",
        f'  const weights = floats("{encoded(np.concatenate(held))}");',
        f'  const means = floats("{encoded(plan.mean)}"), scales = floats("{encoded(plan.scale)}");',
        f"  const labels = {scripted(plan.labels)};",
    ]
    return "\n".join([*head, KERNELS, "  function layers() {", *lines, "  }", INTERFACE])


def encoded(values: np.ndarray) -> str:
    """Numbers as little-endian 32-bit floats in base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()


def scripted(value: object) -> str:
    """A value as JSON that may stand in a script on a page: nothing in it ends the script.

    >>> scripted(["</script>"])
    '["\\\\u003c/script>"]'
    """
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c")


def _call(layer: Layer, weights: int, at) -> str:  # type: ignore[no-untyped-def]
    ends = ", ".join(
        [
            f"[{', '.join(str(at(tensor)) for tensor in layer.residuals)}]",
            str(at(layer.raw) if layer.raw is not None else -1),
            str(at(layer.rectified) if layer.rectified is not None else -1),
        ]
    )
    if isinstance(layer, Convolution):
        if layer.offset:
            assert layer.rectified is not None and not layer.residuals
            ends = f"[], -1, {at(layer.rectified) + layer.offset}"
        outputs, inputs, taps = layer.weight.shape
        source = at(layer.source, layer.padding)
        step = layer.dilation * layer.source.channels
        if layer.depthwise:
            return f"depthwise({source}, {weights}, {outputs}, {layer.stride}, {taps}, {step}, {layer.time}, {ends});"
        runs = (1, taps * inputs) if layer.dilation == 1 or taps == 1 else (taps, inputs)
        shape = f"{inputs}, {outputs}, {layer.stride}, {runs[0]}, {runs[1]}, {step}, {layer.time}"
        return f"convolve({source}, {weights}, {shape}, {ends});"
    if isinstance(layer, Sum):
        out = next(iter(writes(layer)))
        return f"sum({out.time * out.channels}, {ends});"
    source, channels = at(layer.source), layer.source.channels
    if isinstance(layer, Pool):
        kind = "smooth(" if layer.kind == "smooth" else f"pairs({str(layer.kind == 'largest').lower()}, "
        return f"{kind}{source}, {channels}, {layer.time}, {ends});"
    if isinstance(layer, Mean):
        normalised = weights if layer.normalised is not None else -1
        return f"mean({source}, {normalised}, {channels}, {layer.source.time}, {at(layer.raw)});"
    assert isinstance(layer, Described)
    if unknown := [kind for kind in layer.kinds if kind not in KINDS]:
        raise LucioleError(f"expected statistics among {', '.join(KINDS)}, got {', '.join(unknown)}; print C instead")
    kinds = [str(kind in layer.kinds).lower() for kind in ("quarters", "extremes", "neighbours")]
    spans = list(SPANS if "spans" in layer.kinds else SPANS[:1])
    shape = f"{source}, {channels}, {layer.source.time}"
    return f"describe({shape}, {kinds[0]}, {spans}, {kinds[1]}, {kinds[2]}, {at(layer.raw)});"
