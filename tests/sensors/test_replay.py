"""Recordings played to the recogniser: the same answers as windows cut beforehand, however fast it is fed."""

import numpy as np
import pandas as pd
import pytest
import torch

from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.networks import har1d as networks
from luciole.sensors.deploy import Runtime, export
from luciole.sensors.recogniser import Recogniser
from luciole.sensors.replay import judge, offline, replay

ROW = [3, 0, 0, 1, 0, 3, 2, 1, 0, 0, 0, 0, 2, 1, 0, 1]


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    network = networks.build(ROW, 3, 4, torch.Generator().manual_seed(3)).eval()
    plain = Normalisation(np.zeros(3, np.float32), np.ones(3, np.float32))
    return Runtime(export(network, plain, 32, tmp_path_factory.mktemp("net") / "net.onnx"))


@pytest.mark.parametrize("step", [1, 7, 5000])
def test_a_network_on_a_stream_equals_the_network_on_windows(runtime, step):
    signal = np.cumsum(np.random.default_rng(0).normal(size=(1500, 3)), axis=0)
    recogniser = Recogniser(runtime, 3, 32, 8, center=1.0, scale=5.0)
    heard = replay(recogniser, signal, step)
    assert len(np.unique(heard)) > 2
    assert (heard == offline(recogniser, signal)).all()


def test_judging_against_a_case_by_hand():
    truth = np.array([0, 0, 1, 1, 1, 1, -1, -1, 0, 0])
    heard = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1, 0])
    table = judge([truth, truth], [heard, heard], ("rest", "walk"), hz=2.0)
    walk = table.loc["walk"]
    assert (walk["events"], walk["recognised"], walk["inserted"], walk["deleted"]) == (2, 2, 2, 0)
    assert walk["delay"] == 0.5 and walk["never"] == 0
    assert walk["recall"] == 0.75 and walk["precision"] == 0.75
    assert table.loc["rest", "recall"] == 0.75


def test_an_event_never_heard_is_counted_as_such():
    table = judge([np.array([0, 1, 1, 0])], [np.zeros(4, int)], ("rest", "walk"), hz=1.0)
    assert table.loc["walk", "never"] == 1 and pd.isna(table.loc["walk", "delay"])
    assert table.loc["walk", "deleted"] == 1 and table.loc["walk", "f1"] == 0


def test_bad_input(runtime):
    with pytest.raises(LucioleError, match="at least one sample"):
        replay(Recogniser(runtime, 3, 32, 8), np.zeros((40, 3)), step=0)
    with pytest.raises(LucioleError, match="holds for 1 decision, got 2"):
        offline(Recogniser(runtime, 3, 32, 8, hold=2), np.zeros((40, 3)))
