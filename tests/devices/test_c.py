"""Printed C answers as ONNX Runtime does, in floats and in 8 bits, whatever the design and the window."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from luciole.datasets.windows import Normalisation
from luciole.devices import c
from luciole.devices.c_text import EXPONENTIAL, KERNEL, LOGARITHM, numbers
from luciole.devices.eight import read
from luciole.devices.lower import plan
from luciole.errors import LucioleError
from luciole.sensors.deploy import Runtime, export, quantise
from luciole.sensors.recogniser import Recogniser

CHANNELS, LENGTH, CLASSES = 3, 40, 4  # of the networks of conftest
SLOW = pytest.mark.check
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover")


@pytest.mark.parametrize("number", [0, 1, 2, *(pytest.param(number, marks=SLOW) for number in range(3, 30))])
def test_designs_in_floats(
    number: int,
    windows: np.ndarray,
    constants: Normalisation,
    tmp_path: Path,
    drawn: Callable[[int], nn.Module],
    program: type,
) -> None:
    network = drawn(number)
    expected = Runtime(export(network, constants, LENGTH, tmp_path / "net.onnx"))(windows)
    classes, sure, scores = program(plan(network, constants, LENGTH), tmp_path)(windows)
    assert np.allclose(scores, expected, rtol=1e-4, atol=1e-4)
    share = np.exp(expected - expected.max(axis=1, keepdims=True))
    assert (classes == scores.argmax(axis=1)).all()
    assert np.allclose(sure, 1 / share.sum(axis=1), atol=1e-4)


@pytest.mark.parametrize("name", ["MLP", "TinyTNAS network"])
def test_hand_made_networks(
    name: str,
    windows: np.ndarray,
    constants: Normalisation,
    tmp_path: Path,
    made: Callable[[str], nn.Module],
    program: type,
) -> None:
    network = made(name)
    whole = export(network, constants, LENGTH, tmp_path / "net.onnx")
    ours = plan(network, constants, LENGTH)
    assert np.allclose(program(ours, tmp_path)(windows)[2], Runtime(whole)(windows), rtol=1e-4, atol=1e-4)
    small = quantise(whole, windows, tmp_path / "net.int8.onnx")
    eight = read(small, ours)
    scores = program(ours, tmp_path, eight=eight)(windows)[2]
    step = list(eight.layer.values())[-1].out_scale
    assert np.abs(scores - Runtime(small)(windows)).max() < 2.5 * step


@pytest.mark.parametrize("number", [0, *(pytest.param(number, marks=SLOW) for number in range(1, 20))])
def test_designs_in_eight_bits(
    number: int,
    windows: np.ndarray,
    constants: Normalisation,
    tmp_path: Path,
    drawn: Callable[[int], nn.Module],
    program: type,
) -> None:
    network = drawn(number)
    whole = export(network, constants, LENGTH, tmp_path / "net.onnx")
    small = quantise(whole, windows, tmp_path / "net.int8.onnx")
    ours = plan(network, constants, LENGTH)
    eight = read(small, ours)
    scores = program(ours, tmp_path, eight=eight)(windows)[2]
    steps = np.abs(scores - Runtime(small)(windows)) / list(eight.layer.values())[-1].out_scale
    assert steps.max() < 2.5  # of the scores' bytes; a rounding in a layer before may tip
    assert (steps > 0.5).mean() < 0.2


@pytest.mark.parametrize(
    ("bits", "count"), [(32, 500), (8, 500), *(pytest.param(bits, 10_000, marks=SLOW) for bits in (32, 8))]
)
def test_extreme_windows_do_no_harm(
    bits: int,
    count: int,
    windows: np.ndarray,
    constants: Normalisation,
    tmp_path: Path,
    drawn: Callable[[int], nn.Module],
    program: type,
) -> None:
    """Nothing is refused at run time: under sanitizers every window gets a class, also such as no sensor gives."""
    network = drawn(0)
    ours = plan(network, constants, LENGTH)
    eight = None
    if bits == 8:
        whole = export(network, constants, LENGTH, tmp_path / "net.onnx")
        eight = read(quantise(whole, windows, tmp_path / "net.int8.onnx"), ours)
    rng = np.random.default_rng(1)
    extremes = np.array([0, 1e-38, -1e-38, 1, -1, 1e4, -1e4, 1e19, -1e19, 3e38, -3e38, np.inf, -np.inf, np.nan])
    wild = rng.choice(extremes[: rng.integers(2, 15)], size=(count * 9 // 10, CHANNELS, LENGTH))
    wild = np.concatenate([wild, rng.choice(extremes, size=(count // 20, CHANNELS, LENGTH))])
    still = np.broadcast_to(rng.choice(extremes, size=(count // 20, CHANNELS, 1)), (count // 20, CHANNELS, LENGTH))
    classes, _, _ = program(ours, tmp_path, eight=eight)(np.concatenate([wild, still]))
    assert len(classes) == count
    assert ((classes >= 0) & (classes < CLASSES)).all()


@pytest.mark.parametrize("hop", [pytest.param(1, marks=SLOW), 13, pytest.param(LENGTH, marks=SLOW)])
def test_stream_answers_every_hop(
    hop: int,
    windows: np.ndarray,
    constants: Normalisation,
    tmp_path: Path,
    drawn: Callable[[int], nn.Module],
    program: type,
) -> None:
    network = drawn(0)
    scores = Runtime(export(network, constants, LENGTH, tmp_path / "net.onnx"))
    told = program(plan(network, constants, LENGTH, hop=hop), tmp_path).stream(windows[:6])
    stream = np.concatenate([*windows[:6].transpose(0, 2, 1)])
    expected = [scores(stream[None, at : at + LENGTH].transpose(0, 2, 1)).argmax() for at in
                range(0, len(stream) - LENGTH + 1, hop)]  # fmt: skip
    assert told == expected


def test_stream_agrees_with_the_recogniser(
    windows: np.ndarray, constants: Normalisation, tmp_path: Path, drawn: Callable[[int], nn.Module], program: type
) -> None:
    network = drawn(1)
    scores = Runtime(export(network, constants, LENGTH, tmp_path / "net.onnx"))
    told = program(plan(network, constants, LENGTH, hop=10), tmp_path).stream(windows[:5])
    recogniser = Recogniser(scores, CHANNELS, LENGTH, hop=10)
    events = recogniser.push(np.concatenate([*windows[:5].transpose(0, 2, 1)])) + recogniser.finish()
    changes = [label for place, label in enumerate(told) if not place or label != told[place - 1]]
    assert changes == [event.label for event in events]


def test_two_networks_in_one_program(
    windows: np.ndarray, constants: Normalisation, tmp_path: Path, drawn: Callable[[int], nn.Module]
) -> None:
    plans = [plan(drawn(number), constants, LENGTH, hop=LENGTH) for number in (0, 1)]
    main = '#include <stdio.h>\n#include "first.h"\n#include "second.h"\nint main(void)\n{\n'
    main += "    static float window[FIRST_LENGTH * FIRST_CHANNELS], scores[FIRST_CLASSES];\n"
    main += "    if (fread(window, sizeof window, 1, stdin) != 1) return 1;\n"
    for name in ("first", "second"):
        main += f'    {name}_window(window, scores);\n    printf("%.9g ", (double)scores[0]);\n'
    (tmp_path / "main.c").write_text(main + "    return 0;\n}\n")
    for one, name in zip(plans, ("first", "second"), strict=True):
        for file, text in c.emit(one, name).items():
            (tmp_path / file).write_text(text)
    sources = [str(tmp_path / file) for file in ("first.c", "second.c", "main.c")]
    built = subprocess.run(
        ["cc", *WARNINGS, "-o", str(tmp_path / "both"), *sources, "-lm"], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    fed = np.ascontiguousarray(windows[0].T).tobytes()
    told = subprocess.run([str(tmp_path / "both")], input=fed, capture_output=True).stdout.split()
    for number, value in enumerate(told):
        network = drawn(number)
        expected = Runtime(export(network, constants, LENGTH, tmp_path / "net.onnx"))(windows[:1])[0, 0]
        assert float(value) == pytest.approx(expected, abs=1e-4)


def test_example_program(constants: Normalisation, tmp_path: Path, drawn: Callable[[int], nn.Module]) -> None:
    c.write(tmp_path, plan(drawn(0), constants, LENGTH, labels=["sit", 'say "hi"\n?? \\', "é", "d"]), "gait")
    sources = [str(tmp_path / "gait.c"), str(tmp_path / "example_main.c")]
    built = subprocess.run(
        ["cc", *WARNINGS, "-o", str(tmp_path / "a"), *sources, "-lm"], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    told = subprocess.run([str(tmp_path / "a")], capture_output=True, check=True).stdout.decode()
    assert told.splitlines()[0].startswith(f"sample {LENGTH - 1}: ")


def test_text_is_portable(constants: Normalisation, drawn: Callable[[int], nn.Module]) -> None:
    """No double, no memory from the heap, no name of ours without the network's but static ones."""
    text = c.emit(plan(drawn(0), constants, LENGTH), "gait")["gait.c"]
    assert not any(word in text for word in ("double", "malloc", "exp(", "log(", "printf"))
    open_ = [line for line in text.splitlines() if line and line[0].isalpha() and "(" in line and ";" not in line]
    assert all(line.startswith(("static ", "KERNEL ")) or " gait_" in line for line in open_)


def test_nine_digits_keep_every_weight() -> None:
    values = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    told = np.array([float(word.strip(" f\n")) for word in numbers(values).split(",")], dtype=np.float32)
    assert (told == values).all()


def test_logarithm_and_exponential(tmp_path: Path) -> None:
    """As precise as a float holds, from the smallest variance to what no sensor gives."""
    if not shutil.which("cc"):
        pytest.skip("no C compiler is installed: apt-get install gcc")
    includes = "#include <stdint.h>\n#include <stdio.h>\n#include <string.h>\n"
    main = """int main(void)
{
    float x;
    while (fread(&x, sizeof x, 1, stdin) == 1)
        printf("%.9g\\n", (double)(x > 0.0f ? logarithm(x) : exponential(x)));
    return 0;
}
"""
    (tmp_path / "main.c").write_text("\n".join([includes, KERNEL, LOGARITHM, EXPONENTIAL, main]))
    command = ["cc", *WARNINGS, "-o", str(tmp_path / "main"), str(tmp_path / "main.c")]
    subprocess.run(command, check=True, capture_output=True)
    rng = np.random.default_rng(0)
    values = np.concatenate([np.exp(rng.uniform(-20, 80, 500)), -rng.uniform(0, 100, 500), [1.0, 0.0]])
    values = values.astype(np.float32)
    told = subprocess.run([str(tmp_path / "main")], input=values.tobytes(), check=True, capture_output=True).stdout
    positive = values > 0
    with np.errstate(over="ignore"):
        expected = np.where(positive, np.log(np.where(positive, values, 1)), np.exp(np.minimum(values, 0)))
    assert np.allclose(np.array(told.split(), dtype=float), expected, rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("name", ["", "2nd", "a-b", "switch", 'x"; int y'])
def test_names_that_c_does_not_take(name: str, constants: Normalisation, drawn: Callable[[int], nn.Module]) -> None:
    with pytest.raises(LucioleError, match="expected a name of letters"):
        c.emit(plan(drawn(0), constants, LENGTH), name)
