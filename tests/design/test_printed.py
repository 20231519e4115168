"""The delivered C: what it takes, foretold and counted, and the 8 bits that are kept only where they answer alike."""

import numpy as np
import pytest
import torch

from luciole.datasets.windows import Normalisation
from luciole.design import printed
from luciole.devices import cortex_m, native
from luciole.devices.foretell import Cost, Limits
from luciole.devices.lower import plan
from luciole.networks import har1d
from luciole.sensors.deploy import export, quantise
from luciole.spaces import har1d as space

LENGTH = 32


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small network, its plan, its file of 8 bits, windows."""
    folder = tmp_path_factory.mktemp("printed")
    rows = space.sample(np.random.default_rng(0), 200)
    row = rows[har1d.counts(rows, 2, 3, LENGTH)[1] < 9_000][0]
    generator = torch.Generator().manual_seed(0)
    network = har1d.build(row, 2, 3, generator).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.bias.data = torch.randn(module.num_features, generator=generator)
    windows = np.random.default_rng(0).normal(size=(200, 2, LENGTH)).astype(np.float32)
    constants = Normalisation.fit(windows)
    quantised = quantise(export(network, constants, LENGTH, folder / "net.onnx"), windows, folder / "net.int8.onnx")
    return plan(network, constants, LENGTH, trained=False), quantised, windows


@pytest.fixture
def no_board(monkeypatch):
    monkeypatch.setattr(cortex_m, "missing", lambda: "the emulator")


@pytest.mark.skipif(bool(native.missing()), reason=native.missing())
def test_eight_bits_are_kept_where_they_answer_alike(made, tmp_path, no_board, monkeypatch):
    ours, quantised, windows = made
    found = printed.eight(ours, quantised, windows, tmp_path)
    assert {path.name for path in found.files} == {"model_int8.c", "model_int8.h"}
    assert all(path.exists() for path in found.files)
    assert found.said[0].endswith("of 200 windows") and "not counted, not installed: the emulator" in found.said[1]
    whole = native.scores
    monkeypatch.setattr(native, "scores", lambda *given: whole(*given)[:, ::-1])
    other = printed.eight(ours, quantised, windows, tmp_path)
    assert other.files == [] and "model_int8.c: not kept, it gives the class" in other.said[0]
    assert list(tmp_path.iterdir()) == []


def test_without_a_compiler_it_is_said(made, tmp_path, no_board, monkeypatch):
    ours, quantised, windows = made
    monkeypatch.setattr(native, "missing", lambda: "no C compiler (cc) is installed")
    found = printed.eight(ours, quantised, windows, tmp_path)
    assert len(found.files) == 2 and "no C compiler (cc) is installed" in found.said[0]
    assert printed.eight(ours, None, windows, tmp_path).files == [] and list(tmp_path.iterdir()) == []


def test_limits_are_held_against_what_is_foretold_and_what_is_counted(made, tmp_path, monkeypatch):
    ours, _, _ = made
    counted = cortex_m.Measured(9_000, 900, 90, 5_000, 1_000, 0, 0, np.zeros(3, np.float32))
    monkeypatch.setattr(cortex_m, "missing", lambda: "")
    monkeypatch.setattr(cortex_m, "measure", lambda *given: counted)
    found = printed.floats(ours, tmp_path)
    assert [(one.core, one.how) for one in found.takes] == [
        ("Cortex-M4F", "foretold"), ("Cortex-M0+", "foretold"), ("Cortex-M4F", "counted")]  # fmt: skip
    assert found.takes[2].cost == Cost(9_000, 900, 6_000)
    assert "designs that were held out: instructions within" in found.said[0]
    assert printed.held(Limits(), found) == []
    told = printed.held(Limits(flash=1e6, instructions=5_999), found)
    assert told[0].startswith("foretold, model.c") and told[1] == (
        "counted, model.c breaks instructions: 6,000 of 5,999"
    )
