#!/usr/bin/env bash
# onnxruntime 1.32.0: a file quantised with SIGNED activations in QDQ form runs with UNSIGNED ones.
#
# What one would guess: quantize_static(..., activation_type=QInt8, weight_type=QInt8, quant_format=QDQ) gives integer
# kernels of signed activations and signed weights, as it does in the form QOperator; so that processors without VNNI,
# whose unsigned-by-signed instruction adds pairs of products in 16 bits and saturates, are out of danger.
# What happens: the file is signed throughout, but when a session loads it on x86-64 the optimiser moves the zero points
# by 128 and builds QLinearConv on uint8 activations. In the form QOperator the same network stays signed.
# Why it matters: 8 bits of weight are then not safe on such processors, whatever the file says; 7 bits are.
#
# Expected output:
#   QDQ: written with int8 zero points, runs with activations of uint8
#   QOperator: written with int8 zero points, runs with activations of int8
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/python" -m pip install -q onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
cd "$place"
"$place/env/bin/python" - <<'END' 2>/dev/null
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

rng = np.random.default_rng(0)
weight = numpy_helper.from_array(rng.normal(size=(4, 3, 3)).astype(np.float32), "w")
graph = helper.make_graph(
    [helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3], pads=[1, 1])],
    "one",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 16])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 16])],
    [weight],
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), "float.onnx")


class Windows(CalibrationDataReader):
    def __init__(self):
        self.left = iter([{"x": rng.normal(size=(1, 3, 16)).astype(np.float32)} for _ in range(8)])

    def get_next(self):
        return next(self.left, None)


def kinds(path, operators):
    """Types of the activations' zero points that these operators use."""
    model = onnx.load(path)
    types = {one.name: TensorProto.DataType.Name(one.data_type).lower() for one in model.graph.initializer}
    return {types[node.input[2]] for node in model.graph.node if node.op_type in operators and node.input[2] in types}


expected = {"QDQ": "uint8", "QOperator": "int8"}
wrong = 0
for form, kind in expected.items():
    file, loaded = f"{form}.onnx", f"{form}_loaded.onnx"
    quantize_static(
        "float.onnx", file, Windows(), quant_format=QuantFormat[form],
        activation_type=QuantType.QInt8, weight_type=QuantType.QInt8,
    )
    options = ort.SessionOptions()
    options.optimized_model_filepath = loaded
    ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    written = kinds(file, {"QuantizeLinear", "QLinearConv"})
    runs = kinds(loaded, {"QLinearConv"})
    print(f"{form}: written with {', '.join(sorted(written))} zero points, runs with activations of {', '.join(sorted(runs))}")
    wrong += written != {"int8"} or runs != {kind}
sys.exit(wrong > 0)
END
echo "as stated"
