"""The engine: the same digits however it runs, one computation a class, failures kept, bad input refused."""

import dataclasses
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import luciole.scores.engine as engine
from luciole.errors import LucioleError
from luciole.networks import Skeleton, build
from luciole.scores import SCORES, score_cells
from luciole.scores.cells import MEASURES
from luciole.scores.passes import Passes
from luciole.scores.score import score
from luciole.spaces import nb201

SKELETON = Skeleton(cells=1, width=4, classes=3)
BATCH = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 0, 1, 2])
DISCONNECTED = [0, 3, 3, 0, 2, 0]
LABELLED = [name for name, one in SCORES.items() if one.labels]


def network(row=(3, 2, 1, 0, 4, 3), dims=2):
    return build(row, Skeleton(cells=1, width=4, classes=3, dims=dims), torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", SCORES)
def test_a_score_leaves_the_network_as_it_was(name):
    one = network()
    one.body[0].eval()  # a mixture of modes, to be given back
    one.stem[0].weight.grad = torch.ones_like(one.stem[0].weight)
    before = {key: value.clone() for key, value in one.state_dict().items()}
    modes = [module.training for module in one.modules()]
    state = torch.random.get_rng_state()
    first = SCORES[name](one, BATCH, LABELS)
    assert SCORES[name](one, BATCH, LABELS) == first
    assert torch.equal(torch.random.get_rng_state(), state)
    assert [module.training for module in one.modules()] == modes
    assert all(torch.equal(value, before[key]) for key, value in one.state_dict().items())
    assert all(weight.requires_grad for weight in one.parameters())
    assert one.stem[0].weight.grad.eq(1).all() and one.classifier.weight.grad is None
    assert not any(module._forward_hooks for module in one.modules())
    assert all(m.track_running_stats for m in one.modules() if isinstance(m, nn.BatchNorm2d))


@pytest.mark.parametrize("name", sorted(set(SCORES) - {"zico", "trainability", "meco"}))
@pytest.mark.parametrize("dims", [1, 2])
def test_the_order_of_the_batch_does_not_matter(name, dims):
    """Left out: ZiCo cuts the batch in two, trainability draws signs by place, MeCo reads the first sample."""
    one, order = network(dims=dims).double(), torch.tensor([4, 2, 0, 5, 1, 3])
    batch = (BATCH if dims == 2 else BATCH.flatten(2)[..., :16]).double()
    value = SCORES[name](one, batch, LABELS)
    assert math.isfinite(value)
    assert SCORES[name](one, batch[order], LABELS[order]) == pytest.approx(value, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", SCORES)
def test_a_disconnected_cell_has_a_defined_score_and_is_never_best(name):
    dead, alive = (SCORES[name](network(row), BATCH, LABELS) for row in (nb201.prune(DISCONNECTED), [3] * 6))
    assert not math.isnan(dead)
    assert dead < alive or name == "plain"


@pytest.mark.parametrize("name", SCORES)
def test_one_sample_has_a_defined_score(name):
    if SCORES[name].samples > 1:
        with pytest.raises(LucioleError, match="at least 2 samples"):
            SCORES[name](network(), BATCH[:1], LABELS[:1])
    else:
        assert not math.isnan(SCORES[name](network(), BATCH[:1], LABELS[:1]))


def test_passes_are_shared_and_charged_to_every_score_that_reads_them(monkeypatch):
    seen, calls = Passes(network(), BATCH, LABELS), []
    forward = seen.network.forward
    monkeypatch.setattr(seen.network, "forward", lambda x: calls.append(1) or forward(x))
    for name in ("naswot", "icd", "jacov", "snip", "progressivity", "meco"):
        seen.used.clear()
        SCORES[name].of(seen)
        assert "forward" in seen.used
    assert len(calls) == 1
    seen.used.clear()
    SCORES["expressivity"].of(seen)  # its own entropies are there already, and rest on the forward pass
    assert seen.used == {"forward", "entropies"}


def same(one, other):
    assert one.classes.tolist() == other.classes.tolist() and one.failures == other.failures
    for name in one.values:
        np.testing.assert_array_equal(one.values[name], other.values[name])


def test_workers_resuming_and_companions_do_not_change_digits(tmp_path, monkeypatch):
    rows = nb201.sample(np.random.default_rng(0), 12)
    names = ["naswot", "params", "jacov", "zen"]
    monkeypatch.setattr(engine, "SHARD", 4)
    settings = {"skeleton": SKELETON, "seeds": (0, 1)}
    whole = score_cells(rows, names, BATCH, **settings)
    same(whole, score_cells(rows, names, BATCH, workers=2, **settings))
    begun = score_cells(rows, names, BATCH, folder=tmp_path / "run", seconds=0, **settings)
    assert not begun.complete and np.isnan(begun.values["naswot"]).all()
    same(whole, score_cells(rows, names, BATCH, folder=tmp_path / "run", **settings))
    alone = score_cells(rows[:3], ["jacov"], BATCH, **settings)
    np.testing.assert_array_equal(alone.values["jacov"], whole.values["jacov"][:, :3])
    assert (whole.values["naswot"][0] != whole.values["naswot"][1]).any()
    with pytest.raises(LucioleError, match="another plan"):
        score_cells(rows, names, BATCH + 1, folder=tmp_path / "run", **settings)


def test_isomorphic_cells_are_scored_once_and_counted_each():
    rows = np.array([[3, 0, 0, 0, 1, 0], [0, 0, 0, 3, 0, 0], [0, 0, 3, 3, 0, 0]])  # the last has an idle convolution
    assert (nb201.iso()[nb201.index(rows)] == nb201.iso()[nb201.index(rows[:1])]).all()
    scored = score_cells(rows, ["jacov", "params"], BATCH, skeleton=SKELETON)
    assert len(scored.classes) == 1 and scored.milliseconds["jacov"].shape == (1, 1)
    assert len(set(scored.values["jacov"][0])) == 1
    assert len(set(scored.values["params"][0])) == 2


def test_one_failing_cell_is_recorded_and_the_rest_go_on(monkeypatch):
    rows = np.array([[3] * 6, [2] * 6, [1] * 6])
    at = nb201.iso()[nb201.index(rows)]

    @score(source="a test")
    def fragile(seen):
        if len(seen.weights) == 8:  # the cell of skips has no convolution of its own
            raise RuntimeError("no room left\nand more")
        return 1.0

    monkeypatch.setitem(SCORES, "fragile", fragile)
    scored = score_cells(rows, ["fragile", "naswot"], BATCH, skeleton=SKELETON)
    assert scored.values["fragile"][0].tolist()[:2] == [1, 1] and np.isnan(scored.values["fragile"][0, 2])
    assert np.isfinite(scored.values["naswot"]).all()
    (failure,) = scored.failures
    assert dataclasses.astuple(failure) == ("fragile", at[2], 0, "RuntimeError: no room left")


@pytest.mark.parametrize(
    "error",
    [MemoryError("no room"), RuntimeError("can't allocate memory: 9"), OSError(28, "full")],
)
def test_what_the_machine_lacked_is_no_score(tmp_path, monkeypatch, error):
    """It ends the run; on a machine that has it, the same run goes on and nothing has failed."""
    rows, missing = np.array([[3] * 6, [2] * 6, [1] * 6]), [error]
    monkeypatch.setattr(engine, "SHARD", 1)

    @score(source="a test")
    def hungry(seen):
        if len(seen.weights) == 8 and missing:
            raise missing[0]
        return 1.0

    monkeypatch.setitem(SCORES, "hungry", hungry)
    given = {"names": ["hungry", "naswot"], "batch": BATCH, "skeleton": SKELETON, "folder": tmp_path}
    with pytest.raises(LucioleError, match="the machine lacked"):
        score_cells(rows, **given)
    missing.clear()
    scored = score_cells(rows, **given)
    assert scored.complete and not scored.failures and (scored.values["hungry"] == 1).all()


CEILING = """
import sys
from pathlib import Path
import numpy as np, resource, torch
from luciole.networks import Skeleton
from luciole.scores import score_cells
torch.set_num_threads(1)
batch = torch.randn(128, 3, 32, 32, generator=torch.Generator().manual_seed(0))
given = {"skeleton": Skeleton(cells=2, width=8), "folder": Path(sys.argv[1])}
score_cells([[3] * 6], ["naswot"], batch[:2], **{**given, "folder": None})
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**25, resource.RLIM_INFINITY))
try:
    scored = score_cells([[3] * 6, [2] * 6], ["naswot", "jacov"], batch, **given)
except ValueError as error:
    sys.exit(f"refused: {error}")
print(scored.failures)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc: memory in use is not known")
def test_a_ceiling_of_memory_ends_the_run_with_nothing_kept(tmp_path):
    done = subprocess.run([sys.executable, "-c", CEILING, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and not done.stdout, done.stdout
    assert "refused: " in done.stderr and "the machine lacked memory" in done.stderr, done.stderr
    assert not list(tmp_path.glob("shard-*.npz"))


def test_nan_is_never_silent():
    @score(source="a test")
    def undefined(seen):
        return float("nan")

    with pytest.raises(LucioleError, match="not defined"):
        undefined(network(), BATCH)


@pytest.mark.check  # a quarter of a minute
def test_a_cluster_that_loses_a_worker_gives_the_same_digits(tmp_path, monkeypatch):
    """Two workers; one is killed once some shards are there and others are not."""
    distributed = pytest.importorskip("distributed")
    rows = nb201.sample(np.random.default_rng(1), 10)
    monkeypatch.setattr(engine, "SHARD", 1)
    settings = {"skeleton": SKELETON, "seeds": range(6)}
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        before = []

        def kill() -> None:
            deadline = time.monotonic() + 60
            while len(list(tmp_path.glob("shard-*.npz"))) < 3 and time.monotonic() < deadline:
                time.sleep(0.002)
            before.append(len(list(tmp_path.glob("shard-*.npz"))))
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        there = score_cells(rows, ["naswot"], BATCH, scheduler=cluster.scheduler_address, folder=tmp_path, **settings)
        killer.join()
    assert 3 <= before[0] < 60 and there.complete
    same(there, score_cells(rows, ["naswot"], BATCH, **settings))


def test_a_run_goes_on_from_restored_values(tmp_path, monkeypatch):
    """Shards of which a value is not known, and one that has been computed already, are not written."""
    monkeypatch.setattr(engine, "SHARD", 2)
    rows, names = nb201.sample(np.random.default_rng(2), 7), ["naswot", "jacov"]
    settings = {"skeleton": SKELETON, "seeds": (3, 4)}
    whole = score_cells(rows, names, BATCH, **settings)
    place = np.searchsorted(whole.classes, nb201.iso()[nb201.index(rows)])
    known = np.full((2, len(whole.classes), 2), np.nan)
    known[:, place] = np.stack([whole.values[name] for name in names], axis=2)
    known[1, 0] = np.nan
    shards = 2 * -(-len(whole.classes) // 2)
    given = {**settings, "folder": tmp_path, "values": known, "milliseconds": np.array([3.0, 4.0]), "shared": 9.0}
    assert engine.restore(whole.classes, names, BATCH, **given) == shards - 1
    assert engine.restore(whole.classes, names, BATCH, **given) == 0
    gone_on = score_cells(rows, names, BATCH, folder=tmp_path, **settings)
    same(gone_on, whole)
    assert (gone_on.shared[0] == 9).all() and gone_on.shared[1, 0] != 9
    assert (gone_on.milliseconds["jacov"][0] == 4).all()


@pytest.mark.parametrize("name", LABELLED)
def test_labels_that_are_missing_or_out_of_range(name):
    with pytest.raises(LucioleError, match="needs labels"):
        SCORES[name](network(), BATCH)
    if name != "epe_nas":  # it only groups by label
        with pytest.raises(LucioleError, match=r"labels 0\.\.2"):
            SCORES[name](network(), BATCH, LABELS + 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a string", BATCH), "torch.nn.Module"),
        ((network(), BATCH.numpy()), "torch.Tensor"),
        ((network(), BATCH * float("nan")), "NaN or infinity"),
        ((network(), BATCH[:, :2]), "does not accept a batch"),
        ((network(), BATCH[:0]), "samples on its first axis"),
        ((network(), BATCH, LABELS[:2]), "integer labels of shape"),
        ((network(), BATCH, LABELS.float()), "integer labels of shape"),
        ((nn.Flatten(0), BATCH), "one row of logits a sample"),
    ],
)
def test_bad_networks_batches_and_labels(arguments, words):
    with pytest.raises(LucioleError, match=words) as caught:
        SCORES["naswot"](*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"names": ["nothing"]}, "no score named 'nothing'"),
        ({"names": []}, "one or more"),
        ({"names": ["snip"]}, "snip needs labels"),
        ({"batch": BATCH[:, :1]}, r"shape \(B, 3, 8, 8\)"),
        ({"rows": [3, 3, 3, 3, 3, 3]}, r"shape \(n, 6\)"),
        ({"seeds": ()}, "one or more seeds"),
    ],
)
def test_bad_arguments_to_the_engine(changes, words):
    given = {"rows": [[3] * 6], "names": ["naswot"], "batch": BATCH, "skeleton": SKELETON, **changes}
    with pytest.raises(LucioleError, match=words):
        score_cells(**given)


def test_every_score_says_where_it_comes_from():
    assert all(one.source and one.__doc__ for one in SCORES.values())
    assert set(MEASURES) - {"depth", "paths"} <= set(SCORES)


def test_shards_of_other_code_are_refused(tmp_path, monkeypatch):
    """A sweep begun with one version of a score must not go on with another."""
    rows, batch = nb201.all_cells()[:2], torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    score_cells(rows, ["naswot"], batch, skeleton=Skeleton(width=4, cells=1), folder=tmp_path)
    monkeypatch.setattr(engine, "fingerprint", lambda module: "changed")
    with pytest.raises(LucioleError, match=r"another plan \(it differs in code\)"):
        score_cells(rows, ["naswot"], batch, skeleton=Skeleton(width=4, cells=1), folder=tmp_path)
