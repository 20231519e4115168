"""What other ways to a microcontroller make of one network: ``python benchmarks/routes.py [FOLDER]``.

The TinyTNAS network (chapter 7) with initial weights, which cost the same as trained ones. Each route is installed in
an environment of its own in FOLDER (else a temporary one), by pip, within five minutes, and reuses this environment's
PyTorch; one that is not installed by then is recorded as that. Bytes of flash for a Cortex-M4F are those of compiled C,
or of the file that an interpreter reads, which comes on top; static memory is what a route says that it plans. Ours,
printed and counted in the same run, stand beside each. Nothing of the other routes is emulated: their runtimes have no
build for the core in what pip installs.
"""

import json
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from record import Row, record

from luciole.datasets.windows import Normalisation
from luciole.devices import c, cortex_m
from luciole.devices.eight import read
from luciole.devices.lower import plan
from luciole.networks.har_baselines import BASELINES
from luciole.sensors.deploy import export, quantise

LIMIT = 300  # seconds of an installation
SHAPE = (9, 6, 128)  # channels, classes, samples

TVM = """
import json, sys, onnx, tvm
from pathlib import Path
from tvm import relax
from tvm.relax.frontend.onnx import from_onnx
given = {"windows": [1, 9, 128]}
mod = from_onnx(onnx.load("net.onnx"), shape_dict=given, keep_params_in_input=False)
made = relax.build(mod, target=tvm.target.Target("c")).mod.imports[0]
Path("tvm.c").write_text(made.inspect_source())
parts = Path(tvm.__file__).parents[1]
folders = [str(parts / "tvm" / "include"), str(parts / "tvm_ffi" / "include")]
print(json.dumps({"version": tvm.__version__, "include": folders}))
"""
EXECUTORCH = """
import json, torch
from importlib.metadata import version
from executorch.exir import to_edge
network = torch.export.load("net.pt2")
made = to_edge(network).to_executorch()
planned = made.executorch_program.execution_plan[0].non_const_buffer_sizes
print(json.dumps({"version": version("executorch"), "flash": len(made.buffer), "memory": sum(planned)}))
"""
LITERT = """
import json, torch, litert_torch
from importlib.metadata import version
network = torch.export.load("net.pt2").module()
litert_torch.convert(network, (torch.zeros(1, 9, 128),)).export("net.tflite")
from pathlib import Path
print(json.dumps({"version": version("litert-torch"), "flash": Path("net.tflite").stat().st_size}))
"""
EMLEARN = """
import json, torch, emlearn
from importlib.metadata import version
try:
    emlearn.convert(torch.export.load("net.pt2").module(), method="inline")
    said = ""
except Exception as error:
    said = str(error).splitlines()[0]
print(json.dumps({"version": version("emlearn"), "said": said}))
"""


@dataclass(frozen=True)
class Route:
    """A way to a microcontroller: what pip is given to install, and the program that goes it."""

    name: str
    packages: tuple[str, ...]
    program: str


ALONE = "--no-deps"  # what is installed brings a PyTorch of its own otherwise, which takes longer than is given
ROUTES = (
    Route("TVM", ("apache-tvm==0.27.0.post1", "onnx"), TVM),
    Route(
        "ExecuTorch",
        (*(ALONE, "executorch==1.5.1", "torchao", "flatbuffers", "ruamel.yaml", "tabulate", "omegaconf", "hydra-core"),
         *("antlr4-python3-runtime==4.9.3", "expecttest")),
        EXECUTORCH,
    ),
    Route(
        "LiteRT",
        (*(ALONE, "litert-torch==0.10.0", "torchao", "litert-converter", "ai-edge-litert", "ai-edge-quantizer"),
         *("jax", "jaxlib", "ml_dtypes", "opt_einsum", "flatbuffers", "absl-py", "immutabledict")),
        LITERT,
    ),
    Route("emlearn", ("emlearn==0.23.2",), EMLEARN),
)  # fmt: skip


def installed(route: Route, folder: Path) -> Path | None:
    """The interpreter of an environment that holds a route, made where it is absent; None where that takes too long."""
    place = folder / route.name
    python, done = place / "bin" / "python", place / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        shared = place / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages" / "shared.pth"
        shared.write_text(sysconfig.get_path("purelib") + "\n")
        command = [str(python), "-m", "pip", "install", "--quiet", *route.packages]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=LIMIT)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            return None
        done.touch()
    return python


def compiled(source: Path, include: list[str]) -> int:
    """Bytes of code and constants of a C file, compiled for a Cortex-M4F as ours is."""
    program = source.with_suffix(".o")
    flags = [*cortex_m.CORES["m4f"].flags, cortex_m.OPTIMISED, *cortex_m.OPTIONS, *(f"-I{one}" for one in include)]
    subprocess.run([cortex_m.COMPILER, *flags, "-c", "-o", str(program), str(source)], check=True, capture_output=True)
    told = subprocess.run([cortex_m.SIZER, str(program)], check=True, capture_output=True, text=True).stdout
    text, data, *_ = told.splitlines()[1].split()
    return int(text) + int(data)


def answered(route: Route, python: Path, work: Path) -> dict:
    """What a route's program says, with its flash."""
    told = subprocess.run([str(python), "-c", route.program], cwd=work, capture_output=True, text=True, timeout=LIMIT)
    if told.returncode:
        return {"version": "", "said": (told.stderr.strip().splitlines() or ["nothing"])[-1][:120]}
    found: dict = json.loads(told.stdout.splitlines()[-1])
    if "include" in found:
        found["flash"] = compiled(work / "tvm.c", found["include"])
    return found


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()).resolve()
    channels, _, length = SHAPE
    network = BASELINES["TinyTNAS network"](*SHAPE, torch.Generator().manual_seed(0)).eval()
    constants = Normalisation(np.zeros(channels, np.float32), np.ones(channels, np.float32))
    windows = np.random.default_rng(0).normal(size=(512, channels, length)).astype(np.float32)
    ours = plan(network, constants, length, trained=False)
    rows = []
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        whole = export(network, constants, length, work / "net.onnx")
        torch.export.save(torch.export.export(network, (torch.zeros(1, channels, length),)), work / "net.pt2")
        small = quantise(whole, windows, work / "net.int8.onnx")
        mine = {
            bits: cortex_m.measure(c.emit(ours, "net", eight), "net", ours, cortex_m.CORES["m4f"], windows[0].T)
            for bits, eight in ((32, None), (8, read(small, ours)))
        }
        what = f"our C of the TinyTNAS network, {ours.macs:,} multiply-accumulates, on a Cortex-M4F"

        def beside(key: str, said: str, taken: int, theirs: int, who: str) -> None:
            rows.append(Row(f"routes.{key}", f"{said} of {what}", taken, "bytes", f"fewer than {who.split(',')[0]}",
                            taken < theirs, theirs, who))  # fmt: skip

        import onnxruntime

        beside("onnxruntime.flash", "flash in 8 bits", mine[8].flash, small.stat().st_size,
               f"onnxruntime {onnxruntime.__version__}, the file of 8 bits without its runtime")  # fmt: skip
        for route in ROUTES:
            key, python = f"{route.name.lower()}", installed(route, folder)
            if python is None:
                rows.append(Row(f"routes.{key}", f"seconds after which installing {route.name} was given up",
                                LIMIT, "s", "installs", False))  # fmt: skip
                continue
            found = answered(route, python, work)
            who = f"{route.name} {found['version']}"
            if "flash" in found:
                how = "its kernels alone" if "include" in found else "the file without its runtime"
                beside(f"{key}.flash", "flash in floats", mine[32].flash, found["flash"], f"{who}, {how}")
            if "memory" in found:
                beside(f"{key}.memory", "static memory in floats", mine[32].memory, found["memory"],
                       f"{who}, as planned, without its runtime")  # fmt: skip
            if "flash" not in found:
                rows.append(Row(f"routes.{key}", f"layers of the network that {who} converts; it says: {found['said']}",
                                0, "layers", "every layer", False))  # fmt: skip
    record(rows)


if __name__ == "__main__":
    main()
