"""The lean network against the network of modules: the same scores of the same weights."""

import pytest
import torch

from luciole.errors import LucioleError
from luciole.networks import Skeleton, build
from luciole.scores import SCORES, score_cells
from luciole.scores.lean import LEAN, Lean, draw, kernels, shapes
from luciole.spaces import nb201

DEEP = Skeleton(cells=2, width=4, classes=3)
BATCH = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 0, 1, 2])
ROWS = ([3, 2, 1, 0, 4, 3], [1, 3, 3, 2, 0, 4], [0, 0, 0, 2, 0, 0], [0] * 6, [1, 0, 0, 0, 0, 1], [4, 0, 0, 1, 4, 2])


@pytest.mark.parametrize("row", ROWS, ids=str)
@pytest.mark.parametrize("name", LEAN)
def test_a_lean_score_is_the_score_of_the_network(name, row):
    row = nb201.prune(row).tolist()
    network = build(row, DEEP, torch.Generator().manual_seed(1))
    lean = LEAN[name].of(Lean(row, DEEP, kernels(network), BATCH, LABELS, seed=5))
    whole = SCORES[name](network, BATCH, LABELS, seed=5)
    assert lean == whole or lean == pytest.approx(whole, rel=1e-4)


def test_kernels_are_drawn_as_the_network_draws_them():
    row = [3, 2, 1, 0, 4, 3]
    network = build(row, DEEP, torch.Generator().manual_seed(1))
    drawn = draw(row, DEEP, torch.Generator().manual_seed(1))
    assert [tuple(one.shape) for one in drawn] == [tuple(one.shape) for one in kernels(network)] == shapes(row, DEEP)
    assert all(torch.allclose(one, other, rtol=1e-6) for one, other in zip(drawn, kernels(network), strict=True))
    assert all(map(torch.equal, drawn, draw(row, DEEP, torch.Generator().manual_seed(1))))


def test_the_engine_scores_lean_networks():
    rows = [ROWS[0], ROWS[1]]
    scored = score_cells(rows, ["synflow", "naswot", "macs"], BATCH, skeleton=DEEP, lean=True, seeds=(0, 1))
    assert not scored.failures and scored.values["synflow"].shape == (2, 2)
    modules = score_cells(rows, ["synflow", "naswot"], BATCH, skeleton=DEEP, seeds=(0, 1))
    assert scored.values["synflow"] == pytest.approx(modules.values["synflow"], rel=1e-6)
    assert scored.values["naswot"] == pytest.approx(modules.values["naswot"], rel=1e-3)


def test_linear_regions_are_counted_on_many_tiny_inputs():
    """The setting of TE-NAS: inputs too small for the counts, which are not asked for."""
    batch = torch.randn(100, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    narrow = Skeleton(cells=1, width=1)
    rows = [ROWS[0], [0] * 6]
    scored = score_cells(rows, ["linear_regions"], batch, skeleton=narrow, lean=True)
    alive, dead = scored.values["linear_regions"][0]
    assert 50 < alive <= 100 and dead == 1
    with pytest.raises(LucioleError, match="at least 4"):
        score_cells(rows, ["linear_regions", "macs"], batch, skeleton=narrow, lean=True)


def test_what_a_lean_network_cannot_show_is_told():
    lean = Lean(ROWS[0], DEEP, draw(ROWS[0], DEEP, torch.Generator()), BATCH, LABELS)
    for name in ("icd", "meco", "snip", "l2_norm"):
        with pytest.raises(LucioleError, match="which a lean network"):
            SCORES[name].of(lean)
    with pytest.raises(LucioleError, match="no lean score named 'snip'"):
        score_cells([ROWS[0]], ["snip"], BATCH, skeleton=DEEP, lean=True, labels=LABELS)
    with pytest.raises(LucioleError, match="kernels that fit the cell"):
        Lean(ROWS[1], DEEP, draw(ROWS[0], DEEP, torch.Generator()), BATCH)
    with pytest.raises(LucioleError, match="2-D skeleton"):
        shapes(ROWS[0], Skeleton(dims=1))


def test_a_flow_that_overflows_is_told():
    weights = [kernel * 1e30 for kernel in draw(ROWS[0], DEEP, torch.Generator())]
    with pytest.raises(LucioleError, match="overflows"):
        LEAN["synflow"].of(Lean(ROWS[0], DEEP, weights, BATCH))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", SCORES)
def test_scores_follow_the_network_to_a_gpu(name):
    network = build(ROWS[0], DEEP, torch.Generator().manual_seed(1))
    here = SCORES[name](network, BATCH, LABELS)
    there = SCORES[name](network.cuda(), BATCH.cuda(), LABELS.cuda())
    assert there == pytest.approx(here, rel=0.02)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("lean", [False, True])
def test_the_engine_scores_on_a_gpu(lean):
    settings = {"skeleton": DEEP, "lean": lean}
    here = score_cells([ROWS[0]], list(LEAN), BATCH, labels=LABELS, **settings)
    there = score_cells([ROWS[0]], list(LEAN), BATCH.cuda(), labels=LABELS.cuda(), **settings)
    assert not there.failures
    for name in LEAN:
        assert there.values[name] == pytest.approx(here.values[name], rel=0.02)


def test_ten_bits_are_too_few_for_a_score_so_single_precision_is_asked_for():
    """Weights and images rounded as TF32 rounds them: GraSP is off by more than half of itself."""
    network = build(ROWS[0], DEEP, torch.Generator().manual_seed(1))
    exact = SCORES["grasp"](network, BATCH, LABELS)

    def rounded(values):
        return ((values.contiguous().view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)

    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(rounded(weight))
    assert abs(SCORES["grasp"](network, rounded(BATCH), LABELS) / exact - 1) > 0.5
    assert not torch.backends.cudnn.allow_tf32
