"""The emulated Cortex-M: the same answer as here, the same number of instructions in every run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from luciole.datasets.windows import Normalisation
from luciole.devices import cortex_m
from luciole.devices.c import emit
from luciole.devices.eight import read
from luciole.devices.lower import plan
from luciole.errors import LucioleError
from luciole.sensors.deploy import Runtime, export, quantise

LENGTH = 40

needs_board = pytest.mark.skipif(bool(cortex_m.missing()), reason=f"not installed: {cortex_m.missing()}")


@needs_board
def test_answers_and_counts(
    windows: np.ndarray, constants: Normalisation, tmp_path: Path, drawn: Callable[[int], nn.Module]
) -> None:
    """With SMLAD and without, with a floating point unit and without: one answer; in 8 bits less flash and memory."""
    network = drawn(0)
    whole = export(network, constants, LENGTH, tmp_path / "net.onnx")
    small = quantise(whole, windows, tmp_path / "net.int8.onnx")
    ours = plan(network, constants, LENGTH)
    eight = read(small, ours)
    found = {
        (bits, core): cortex_m.measure(emit(ours, "net", numbers), "net", ours, cortex_m.CORES[core], windows[0].T)
        for bits, numbers in ((32, None), (8, eight))
        for core in ("m4f", "m0+")
    }
    for (bits, _), one in found.items():
        expected = Runtime(whole if bits == 32 else small)(windows[:1])[0]
        assert np.allclose(
            one.scores, expected, atol=1e-4 if bits == 32 else 2.5 * list(eight.layer.values())[-1].out_scale
        )
        assert one.layers > ours.macs and one.statistics > LENGTH * 3
        assert 50 < one.stack < 2000 and one.memory > 4 * LENGTH * 3
    assert np.allclose(found[8, "m4f"].scores, found[8, "m0+"].scores, atol=1e-5)  # SMLAD and plain C: the same sums
    assert found[8, "m4f"].flash < found[32, "m4f"].flash
    assert found[8, "m4f"].memory < found[32, "m4f"].memory
    assert found[32, "m0+"].layers > 20 * found[32, "m4f"].layers
    again = cortex_m.measure(emit(ours, "net"), "net", ours, cortex_m.CORES["m4f"], windows[0].T)
    first = found[32, "m4f"]
    assert (again.layers, again.statistics, again.flash, again.stack) == (
        first.layers, first.statistics, first.flash, first.stack
    )  # fmt: skip


@needs_board
def test_what_the_compiler_refuses(constants: Normalisation, drawn: Callable[[int], nn.Module]) -> None:
    ours = plan(drawn(0), constants, LENGTH)
    texts = emit(ours, "net")
    texts["net.c"] = texts["net.c"].replace("static void layers(void)", "static void layers(void) oops")
    with pytest.raises(LucioleError, match="expected arm-none-eabi-gcc to succeed, it said: .*error") as told:
        cortex_m.measure(texts, "net", ours, cortex_m.CORES["m4f"])
    assert "\n" not in str(told.value)


def test_what_is_absent_is_named(
    constants: Normalisation, drawn: Callable[[int], nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cortex_m.shutil, "which", lambda name: None)
    ours = plan(drawn(0), constants, LENGTH)
    with pytest.raises(LucioleError, match="got no arm-none-eabi-gcc and qemu-system-arm; Debian: apt-get install"):
        cortex_m.measure(emit(ours, "net"), "net", ours, cortex_m.CORES["m4f"])
