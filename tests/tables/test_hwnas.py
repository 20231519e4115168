"""The hardware table behind the interface of HW-NAS-Bench."""

import numpy as np
import pytest

from luciole import tables
from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables import originals
from luciole.tables.table import Table


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    columns = {
        f"{prefix}_{name}": rng.uniform(1, 9, nb201.SIZE).astype(np.float32)
        for prefix in originals.DATASETS
        for name in originals.HARDWARE.values()
    }
    columns["c10_edgetpu_latency_ms"][7] = np.nan
    return Table("nb201_hw", columns, source="invented", index=nb201.index)


def test_a_query_gives_every_metric_under_the_package_s_names(table):
    hw = tables.as_hw_nas_bench(table)
    found = hw.query_by_index(np.int64(3), "ImageNet16-120")
    for name, column in originals.HARDWARE.items():
        assert found[name] == table[f"in16_{column}"][3]
    assert len(found) == 11
    factors = [value for name, value in found.items() if name.endswith(("latency", "energy"))]
    assert found["average_hw_metric"] == pytest.approx(np.prod(factors))
    assert hw.HW_metrics["nasbench201"]["cifar100"]["fpga_energy"][3] == table["c100_fpga_energy_mj"][3]


def test_a_device_that_could_not_run_a_network_is_minus_one_and_no_factor(table):
    found = tables.as_hw_nas_bench(table).query_by_index(7, "cifar10")
    assert found["edgetpu_latency"] == -1
    assert np.isnan(found["average_hw_metric"])


def test_the_network_is_described(table):
    cell = nb201.format(nb201.all_cells()[5])
    config = tables.as_hw_nas_bench(table).get_net_config(5, "cifar100")
    assert config == {"name": "infer.tiny", "C": 16, "N": 5, "arch_str": cell, "num_classes": 100}


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda hw: hw.query_by_index(nb201.SIZE, "cifar10"), r"a cell 0\.\.15624 of NAS-Bench-201, got 15625"),
        (lambda hw: hw.query_by_index([0] * 22, "cifar100"), "a cell 0"),
        (lambda hw: hw.query_by_index(0, "ImageNet"), "expected a data set among cifar10"),
        (lambda hw: hw.get_op_lookup_tables(), "FBNet"),
        (lambda hw: tables.as_hw_nas_bench(Table("nb201", {"a": np.zeros(3)}, source="x")), "open tables.nb201_hw"),
    ],
)
def test_what_is_not_there_is_refused(table, ask, said):
    with pytest.raises(LucioleError, match=said):
        ask(tables.as_hw_nas_bench(table))


def test_the_figures_that_the_benchmark_prints(data_folder):
    """Its README shows the first network on CIFAR-10."""
    found = tables.as_hw_nas_bench(tables.nb201_hw()).query_by_index(0, "cifar10")
    printed = {
        "edgegpu_latency": 5.807418537139893,
        "edgegpu_energy": 24.226614330768584,
        "raspi4_latency": 10.481976820010459,
        "edgetpu_latency": 0.9571811309997429,
        "pixel3_latency": 3.6058499999999998,
        "eyeriss_latency": 3.645620000000001,
        "eyeriss_energy": 0.6872827644999999,
        "fpga_latency": 2.57296,
        "fpga_energy": 18.01072,
    }
    assert {name: found[name] for name in printed} == pytest.approx(printed, rel=1e-6)
