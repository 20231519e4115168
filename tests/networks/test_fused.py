"""The compiled passes of a stack against the same stack by PyTorch: numbers, gradients, memory; no compiler."""

import copy
import logging

import numpy as np
import pytest
import torch

from luciole import compiled
from luciole.datasets.splits import Parts
from luciole.datasets.windows import Normalisation
from luciole.errors import LucioleError
from luciole.networks import Skeleton, fused
from luciole.networks.stack import Stack
from luciole.spaces import nb201
from luciole.training import Recipe, train

needs_compiler = pytest.mark.skipif(fused.code() is None, reason="needs a C++ compiler and Ninja")

# each operation alone on each edge where it reaches the output, everywhere at once, and random cells with dead edges
PATHS = {0: [0, 3], 1: [1], 2: [0, 2, 5], 3: [3], 4: [0, 4], 5: [1, 5]}
ROWS = np.array(
    [
        [op if number == edge else 1 if number in PATHS[edge] else 0 for number in range(6)]
        for edge in range(6)
        for op in range(5)
    ]
    + [[op] * 6 for op in range(5)]
    + [[3, 0, 0, 0, 0, 0], [2, 3, 4, 1, 0, 0]]
    + nb201.sample(np.random.default_rng(5), 12).tolist()
)


def skeleton(**changes):
    usual = {"inputs": 3, "classes": 5, "width": 8, "cells": 1, "dims": 1, "stem": "conv1", "reduction": "pool"}
    return Skeleton(**(usual | changes))


def both(fitting, rows=ROWS):
    return [
        Stack(rows, fitting, [torch.Generator().manual_seed(k) for k in range(len(rows))], fused=which)
        for which in (True, False)
    ]


def normal(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def close(one, other, share=1e-5):
    """Equal up to ``share`` of each tensor's largest number, or of a tenth of all's: some are nothing but rounding."""
    least = max(float(tensor.abs().max()) for tensor in other) / 10
    for ours, theirs in zip(one, other, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=share * max(float(theirs.abs().max()), least))


@needs_compiler
@pytest.mark.parametrize(
    ("changes", "batch", "length", "double"),
    [
        ({}, 32, 20, False),
        ({"inputs": 6, "classes": 18}, 32, 21, False),  # an odd length
        # few values a channel: normalisation divides by little, and single precision shows no more what is equal
        ({"cells": 2, "stages": 2}, 7, 5, True),  # a batch that fills no vector
        ({"width": 5, "inputs": 1}, 17, 13, True),  # channels that fill no tile
        ({"width": 3, "stages": 1, "classes": 2}, 1, 2, True),
        ({"stages": 4}, 3, 8, True),  # one sample left in time
        ({"cells": 3}, 16, 8, True),
    ],
)
@pytest.mark.parametrize("training", [True, False])
def test_one_step_gives_the_numbers_of_pytorch(changes, batch, length, double, training):
    dtype, share = (torch.float64, 1e-8) if double else (torch.float32, 1e-5)
    stacks = [stack.to(dtype) for stack in both(skeleton(**changes))]
    x = [normal(batch, stacks[0].skeleton.inputs, length, dtype=dtype).requires_grad_() for _ in stacks]
    weights = normal(len(ROWS), batch, stacks[0].skeleton.classes, seed=1, dtype=dtype)
    outputs = []
    for stack, own in zip(stacks, x, strict=True):
        for module in stack.modules():  # unlike the first ones, so that evaluation depends on them
            if hasattr(module, "running_mean"):
                module.running_mean.copy_(normal(len(module.running_mean), seed=2) / 4)
                module.running_var.copy_(normal(len(module.running_var), seed=3).square() + 0.5)
        outputs.append(stack.train(training)(own))
        (outputs[-1].tanh() * weights).sum().backward()
    assert stacks[0].fused
    assert not stacks[1].fused
    close(*[[output.detach()] for output in outputs], share=share)
    close(*[list(stack.buffers()) for stack in stacks], share=share)
    gradients = [[p.grad for p in stack.parameters()] + [own.grad] for stack, own in zip(stacks, x, strict=True)]
    close(*gradients, share=share)


@needs_compiler
def test_five_steps_in_double_precision_stay_those_of_pytorch():
    outputs = []
    for stack in both(skeleton(cells=2)):
        optimiser = torch.optim.SGD(stack.double().parameters(), lr=0.1)
        for step in range(5):
            optimiser.zero_grad()
            stack(normal(9, 3, 13, seed=step, dtype=torch.float64)).square().mean().backward()
            optimiser.step()
        outputs.append([stack.eval()(normal(4, 3, 11, seed=9, dtype=torch.float64)).detach()])
    close(*outputs, share=1e-8)


@needs_compiler
def test_a_pass_between_forward_and_backward_changes_nothing():
    gradients = []
    for between in (False, True):
        stack, _ = both(skeleton())
        output = stack(normal(8, 3, 16))
        statistics = copy.deepcopy(list(stack.buffers()))
        if between:
            stack.eval()
            with torch.no_grad():
                stack(normal(64, 3, 16, seed=1))
            stack.train()
        output.square().sum().backward()
        assert all(torch.equal(*pair) for pair in zip(statistics, stack.buffers(), strict=True))
        gradients.append([p.grad for p in stack.parameters()])
    assert all(torch.equal(*pair) for pair in zip(*gradients, strict=True))


@needs_compiler
def test_the_same_digits_whatever_the_neighbours():
    x = normal(8, 3, 16)
    among, _ = both(skeleton())
    alone = Stack(ROWS[7:8], skeleton(), [torch.Generator().manual_seed(7)], fused=True)
    assert torch.equal(among(x)[7], alone(x)[0])


@needs_compiler
def test_memory_is_at_most_that_of_pytorch():
    rows = np.full((8, 6), nb201.CONV3)
    stack, other = both(skeleton(inputs=6, classes=18), rows)
    x = normal(32, 6, 20)
    kept = 0

    def keep(tensor):
        nonlocal kept
        kept += tensor.nbytes
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        other(x)
    stack(x)
    states = sum(module.state.nbytes for module in other.modules() if getattr(module, "state", None) is not None)
    assert len(stack.passes.memory) < kept + states


@needs_compiler
def test_what_the_compiled_passes_cannot_take_goes_to_pytorch():
    stack, other = both(skeleton())
    assert not fused.fits(stack, normal(4, 3, 16, dtype=torch.float64))
    assert not fused.fits(stack, torch.zeros(4, 3, 16, device="meta"))
    for wrong in (normal(4, 2, 16), normal(4, 3, 2), normal(4, 3, 16, dtype=torch.float64)):
        with pytest.raises(RuntimeError) as theirs:
            other(wrong)
        with pytest.raises(RuntimeError) as ours:
            stack(wrong)
        assert str(ours.value) == str(theirs.value)


@needs_compiler
def test_a_loss_that_is_not_finite_is_not_hidden():
    stack, _ = both(skeleton())
    x = normal(4, 3, 16)
    x[0, 0, 0] = torch.nan
    assert torch.isnan(stack(x)).any(dim=(1, 2)).sum() == torch.isnan(both(skeleton())[1](x)).any(dim=(1, 2)).sum()


@pytest.mark.check  # ten seconds
@needs_compiler
def test_both_builds_learn_the_same():
    rng = np.random.default_rng(0)
    rows = nb201.sample(rng, 12)

    def part(count):
        y = rng.integers(0, 4, count)
        waves = np.sin(np.arange(16) * (1 + y[:, None]) / 3 + rng.uniform(0, 6, (count, 1)))
        return (waves[:, None] + rng.normal(0, 0.8, (count, 3, 16))).astype(np.float32), y

    data = [part(512), part(64), part(512)]
    parts = Parts(*data, Normalisation.fit(data[0][0]))
    scores = []
    for seed in (0, 1):
        for which in (True, False):
            stack = Stack(
                rows,
                skeleton(classes=4),
                [torch.Generator().manual_seed(100 * seed + k) for k in range(12)],
                fused=which,
            )
            record = train(stack, parts, Recipe(epochs=4, batch=32), torch.Generator().manual_seed(seed))
            scores.append(record.accuracy["test"][-1])
    builds = np.abs(np.array(scores[0::2]) - np.array(scores[1::2])).mean()
    seeds = np.abs(scores[0] - scores[2]).mean()
    assert np.mean(scores) > 0.5
    assert builds < seeds


@pytest.fixture
def no_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setenv("PATH", str(tmp_path))
    compiled.library.cache_clear()
    yield
    compiled.library.cache_clear()


def test_without_a_compiler_pytorch_does_it_and_says_so_once(no_compiler, caplog):
    rows, x = ROWS[:3], normal(4, 3, 16)
    with caplog.at_level(logging.WARNING, logger="luciole"):
        stacks = [
            Stack(rows, skeleton(), [torch.Generator().manual_seed(k) for k in range(3)], fused=which)
            for which in (None, None, False)
        ]
    assert [stack.fused for stack in stacks] == [False] * 3
    assert torch.equal(stacks[0](x), stacks[2](x))
    assert len(caplog.records) == 1
    assert "stacked.cpp is not compiled here" in caplog.text
    with pytest.raises(LucioleError, match="compiler"):
        Stack(rows, skeleton(), [torch.Generator() for _ in rows], fused=True)


@needs_compiler
def test_what_is_compiled_is_compiled_once(tmp_path, monkeypatch):
    source = tmp_path / "twice.cpp"
    source.write_text('extern "C" int twice(int x) { return 2 * x; }')
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    digest = compiled.hashlib.sha256(source.read_bytes()).hexdigest()
    assert compiled.library(source, sha256=digest).twice(21) == 42
    compiled.library.cache_clear()
    monkeypatch.setenv("PATH", "")  # no compiler any more: the cache has it
    assert compiled.library(source, sha256=digest).twice(4) == 8
    assert len(list((tmp_path / "cache" / "compiled").glob("*.so"))) == 1
    with pytest.raises(LucioleError, match="SHA-256"):
        compiled.library(source, sha256="0")


def test_a_source_that_does_not_compile_is_told_with_its_error(tmp_path, monkeypatch, caplog):
    source = tmp_path / "wrong.cpp"
    source.write_text("no C++ at all")
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    digest = compiled.hashlib.sha256(source.read_bytes()).hexdigest()
    assert compiled.library(source, sha256=digest) is None
    assert "wrong.cpp is not compiled here" in caplog.text
