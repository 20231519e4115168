"""Scripts that import the benchmarks' packages, run as they are on a table."""

import runpy
import sys

import numpy as np
import pytest

from luciole import tables
from luciole.errors import LucioleError
from luciole.spaces import nb101, nb201
from luciole.tables import originals
from luciole.tables.nasbench101 import NB101Table
from luciole.tables.standing_in import standing_in
from luciole.tables.table import Table

SCRIPT = """
from nats_bench import create
from nas_201_api import NASBench201API as API
from nasbench import api as nasbench101
from hw_nas_bench_api import HWNASBenchAPI
import nats_bench

nats = create("/data/NATS-tss-v1_0-3ffb9-simple", "tss", fast_mode=True, verbose=False)
found = [nats.simulate_train_eval(nats[5], dataset, hp=12)[:1] for dataset in ("cifar10", "cifar100", "ImageNet16-120")]
spent = nats.used_time
report = nats.query_info_str_by_arch(nats[5], "200")
accuracy = API("/data/NAS-Bench-201.pth", verbose=False).get_more_info(5, "cifar10", hp="200")["test-accuracy"]
bench = nasbench101.NASBench("/data/nasbench_only108.tfrecord")
spec = nasbench101.ModelSpec([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "maxpool3x3", "output"])
test = bench.query(spec)["test_accuracy"]
hardware = HWNASBenchAPI("HW-NAS-Bench-v1_0.pickle", search_space="nasbench201")
latency = hardware.query_by_index(5, "cifar10")["raspi4_latency"]
"""


@pytest.fixture(scope="module")
def cells():
    rng = np.random.default_rng(0)
    names = [f"{prefix}_{what}" for prefix in originals.DATASETS for what in ("val12", "test12", "test200")]
    columns = {name: rng.uniform(10, 95, nb201.SIZE).astype(np.float32) for name in (*names, "c10_val200")}
    columns["c10_cost12_s"] = np.full(nb201.SIZE, 100, dtype=np.float32)
    return Table("nb201", {**originals.derived(), **columns}, source="invented", index=nb201.index)


@pytest.fixture(scope="module")
def hardware():
    names = [f"{prefix}_{what}" for prefix in originals.DATASETS for what in originals.HARDWARE.values()]
    return Table("nb201_hw", {name: np.ones(nb201.SIZE, dtype=np.float32) for name in names}, source="invented")


@pytest.fixture(scope="module")
def graphs():
    rows = nb101.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["maxpool3x3"])
    values = {"params": np.array([7]), "test_acc108": np.array([0.5], dtype=np.float32)}
    return NB101Table(rows, nb101.digests(rows), values, "invented")


@pytest.mark.filterwarnings("ignore:this table has no:UserWarning")
def test_a_script_runs_as_it_is_on_all_data_sets(cells, hardware, graphs, tmp_path):
    (tmp_path / "client.py").write_text(SCRIPT)
    pytest.importorskip("nas_201_api")  # whose types are borrowed; it stays imported
    before = {name: sys.modules.get(name) for name in ("nats_bench", "nas_201_api", "nasbench", "hw_nas_bench_api")}
    with standing_in(cells, hardware, graphs, costs="scaled"):
        got = runpy.run_path(str(tmp_path / "client.py"))
    assert got["found"] == [(cells[f"{prefix}_val12"][5],) for prefix in originals.DATASETS]
    assert got["spent"] == pytest.approx(100 * (1 + 2 + 151_700 / 25_000))
    assert f"test  : [loss = None & top1 = {cells['c10_test200'][5]:.2f}%]" in got["report"]
    assert (got["accuracy"], got["test"], got["latency"]) == (cells["c10_test200"][5], 0.5, 1.0)
    assert {name: sys.modules.get(name) for name in before} == before


def test_costs_are_refused_unless_asked_for_and_modules_come_back_after_an_error(cells, tmp_path):
    (tmp_path / "client.py").write_text(
        "import nats_bench\nnats_bench.create(None, 'tss').simulate_train_eval(5, 'cifar100')"
    )
    with pytest.raises(LucioleError, match="never published"), standing_in(cells):
        runpy.run_path(str(tmp_path / "client.py"))
    assert "nas_201_api" not in sys.modules or sys.modules["nas_201_api"].__spec__ is not None
    with standing_in(cells), pytest.raises(LucioleError, match="the table has no other"):
        import nats_bench

        nats_bench.create(None, "sss")


def test_a_table_that_no_package_serves_is_refused():
    with (
        pytest.raises(LucioleError, match="expected a table of NAS-Bench-201, got har201"),
        standing_in(tables.har201()),
    ):
        pass
