"""Printed JavaScript answers as ONNX Runtime does; run by Node where there is one (the page's test has a browser)."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from luciole.datasets.windows import Normalisation
from luciole.devices.js import emit
from luciole.devices.lower import plan
from luciole.errors import LucioleError
from luciole.sensors.deploy import Runtime, export

LENGTH = 40
ASKED = """
const windows = JSON.parse(require("fs").readFileSync(process.argv[2]));
const answers = windows.map((one) => [net.classify(one), net.confidence(), ...net.scores]);
net.reset();
const streamed = [];
for (const one of windows)
  for (let t = 0; t < net.length; t++) {
    const found = net.step(one.slice(t * net.channels, (t + 1) * net.channels));
    if (found >= 0) streamed.push(found);
  }
console.log(JSON.stringify({ answers, streamed, labels: net.labels }));
"""


@pytest.mark.parametrize("which", [0, 1, 2, 4, "MLP", "TinyTNAS network"])
def test_answers(
    which: int | str,
    windows: np.ndarray,
    constants: Normalisation,
    tmp_path: Path,
    drawn: Callable[[int], nn.Module],
    made: Callable[[str], nn.Module],
) -> None:
    if not shutil.which("node"):
        pytest.skip("Node is not installed: apt-get install nodejs")
    network = made(which) if isinstance(which, str) else drawn(which)
    runtime = Runtime(export(network, constants, LENGTH, tmp_path / "net.onnx"))
    labels = ("sit", '"</script>', "é", "d")
    (tmp_path / "net.js").write_text(emit(plan(network, constants, LENGTH, labels, hop=13), "net") + ASKED)
    (tmp_path / "windows.json").write_text(json.dumps([one.T.ravel().tolist() for one in windows[:20]]))
    command = ["node", str(tmp_path / "net.js"), str(tmp_path / "windows.json")]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    answers, expected = np.array(told["answers"]), runtime(windows[:20])
    assert np.allclose(answers[:, 2:], expected, rtol=1e-4, atol=1e-4)
    assert (answers[:, 0] == answers[:, 2:].argmax(axis=1)).all()
    share = np.exp(expected - expected.max(axis=1, keepdims=True))
    assert np.allclose(answers[:, 1], 1 / share.sum(axis=1), atol=1e-4)
    assert tuple(told["labels"]) == labels
    stream = np.concatenate([*windows[:20].transpose(0, 2, 1)])
    cut = [stream[at : at + LENGTH].T for at in range(0, len(stream) - LENGTH + 1, 13)]
    assert told["streamed"] == runtime(np.array(cut)).argmax(axis=1).tolist()


def test_text_asks_for_nothing(constants: Normalisation, drawn: Callable[[int], nn.Module]) -> None:
    text = emit(plan(drawn(0), constants, LENGTH, ("a", "b", "</script>", "d")), "net")
    assert not any(word in text for word in ("http", "fetch", "import", "eval", "</script>"))
    with pytest.raises(LucioleError, match="expected a name of letters"):
        emit(plan(drawn(0), constants, LENGTH), "a-b")
