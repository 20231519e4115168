"""One look-up through each bridge beside the package it stands for: ``python benchmarks/bridges.py``.

``nas_201_api`` and ``nats_bench`` are asked on an invented file of the official format, ours on the table that
``from_api`` makes of it. The codes of NAS-Bench-101 and HW-NAS-Bench are not on the package index; a checkout of each
is named by ``--nasbench`` and ``--hw``, and its row is left out without. The first reads its records with TensorFlow
and uses nothing else of it: a stand-in hands them over. CPU seconds of one process on one thread, best of five rounds.
"""

import argparse
import pickle
import random
import sys
import tempfile
import types
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from clock import fastest
from nas_201_api import NASBench201API
from record import Row, record

from luciole import tables
from luciole.spaces import nb101, nb201
from luciole.tables import nasbench, nasbench101
from luciole.tables.hwnas import METRICS
from luciole.tables.originals import DATASETS, HARDWARE

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "tables"))  # makers of small true files
import official_file
import test_nasbench101 as small_101

CELLS = (0, 1, 7, 858, 6111, 15624)
TIMES = 400


def microseconds(call: Callable[[], Any]) -> float:
    """CPU microseconds of one call: the best of five rounds."""
    return 1e6 * fastest({"call": call}, 5, times=TIMES)["call"]


def row(key: str, what: str, ours: Callable[[], Any], theirs: Callable[[], Any], peer: str) -> Row:
    """One look-up of both."""
    mine, other = microseconds(ours), microseconds(theirs)
    return Row(
        f"bridges.{key}", what, measured=mine, unit="µs of CPU", target="no slower than the package", met=mine <= other,
        peer=other, peer_name=peer,
    )  # fmt: skip


def topology() -> list[Row]:
    """NAS-Bench-201 and NATS-Bench."""
    held = official_file.benchmark(CELLS, seeds=(777,))
    with tempfile.TemporaryDirectory() as folder:
        table = tables.from_api(official_file.write(Path(folder) / "official.pth", held))
    pairs = [("nas_201_api", tables.as_api(table), NASBench201API(held, verbose=False))]
    if find_spec("nats_bench"):
        from nats_bench import create

        infos = {cell: {"12": one["less"], "200": one["full"]} for cell, one in held["arch2infos"].items()}
        pairs.append(("nats_bench", tables.as_nats(table), create(held | {"arch2infos": infos}, "tss", verbose=False)))
    asked: dict[str, Callable[[Any], Any]] = {
        "get_more_info, 12 epochs": lambda api: api.get_more_info(858, "cifar10-valid", hp="12", is_random=False),
        "get_more_info, 200 epochs": lambda api: api.get_more_info(858, "cifar100", hp="200", is_random=False),
        "simulate_train_eval": lambda api: api.simulate_train_eval(858, "cifar10", hp="12"),
        "query_by_index": lambda api: api.query_by_index(858, "cifar10", hp="200"),
        "get_cost_info": lambda api: api.get_cost_info(858, "cifar10", "12"),
        "get_net_config": lambda api: api.get_net_config(858, "cifar10"),
        "query_info_str_by_arch": lambda api: api.query_info_str_by_arch(858, "12"),
    }
    return [
        row(f"{name}.{what}", f"{what} of one cell", lambda ask=ask, api=mine: ask(api),
            lambda ask=ask, api=theirs: ask(api), name)
        for name, mine, theirs in pairs
        for what, ask in asked.items()
    ]  # fmt: skip


def graphs(checkout: Path) -> list[Row]:
    """NAS-Bench-101; its code, and ours on the table of the same records."""
    ops = ["conv1x1-bn-relu", *["conv3x3-bn-relu"] * 3, "maxpool3x3"]
    matrix = np.zeros((7, 7), dtype=int)
    for source, target in ((0, 1), (0, 2), (0, 3), (0, 5), (1, 6), (2, 6), (3, 4), (4, 6), (5, 6)):
        matrix[source, target] = 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / nasbench101.OFFICIAL
        path.write_bytes(small_101.training(matrix, ops, 108, 300_000, 0.9, 0.9, 1000.0) * 3)
        records = list(nasbench101.records(path))
        nasbench101.prepare(path, path.with_suffix(".npz"))
        table = nasbench101.open_prepared(path.with_suffix(".npz"))
    stand_in = types.ModuleType("tensorflow")
    stand_in.python_io = types.SimpleNamespace(tf_record_iterator=lambda _: iter(records))  # type: ignore[attr-defined]
    metrics = types.ModuleType("nasbench.lib.model_metrics_pb2")
    metrics.ModelMetrics = types.SimpleNamespace(FromString=_metrics)  # type: ignore[attr-defined]
    nothing = types.ModuleType("nasbench.lib.evaluate")
    config = types.ModuleType("nasbench.lib.config")
    config.build_config = lambda: nasbench.CONFIG | {"num_repeats": 3}  # type: ignore[attr-defined]
    sys.modules |= {
        "tensorflow": stand_in, "nasbench.lib.model_metrics_pb2": metrics, "nasbench.lib.evaluate": nothing,
        "nasbench.lib.config": config,
    }  # fmt: skip
    sys.path.insert(0, str(checkout))
    import nasbench.lib as lib  # type: ignore[import-not-found]
    from nasbench import api

    lib.model_metrics_pb2, lib.evaluate, lib.config = metrics, nothing, config
    theirs, mine = api.NASBench("records"), tables.as_nasbench(table)
    names = ["input", *ops, "output"]
    many = nb101.sample(np.random.default_rng(0), 5 * TIMES)
    drawn = [
        (one, ["input", *(nb101.OPS[op] for op in genotype[nb101.EDGE_GENES :]), "output"])
        for one, genotype in zip(nb101.matrices(many).astype(int), many, strict=True)
    ]
    ours, peers = iter(drawn), iter(drawn)
    return [
        row(
            "nasbench.hash", "a graph made and hashed, each another one",
            lambda: nasbench.ModelSpec(*next(ours)).hash_spec(nb101.OPS),
            lambda: api.ModelSpec(*next(peers)).hash_spec(list(nb101.OPS)), "nasbench",
        ),
        row(
            "nasbench.query", "a graph made, hashed and looked up",
            lambda: mine.query(nasbench.ModelSpec(matrix, names)), lambda: theirs.query(api.ModelSpec(matrix, names)),
            "nasbench, its records handed over",
        )
    ]  # fmt: skip


def _metrics(data: bytes) -> types.SimpleNamespace:
    params, evaluations = nasbench101.parse_metrics(data)
    names = {2: "training_time", 3: "train_accuracy", 4: "validation_accuracy", 5: "test_accuracy"}
    held = [
        types.SimpleNamespace(**{names[key]: value for key, value in one.items() if key in names})
        for one in evaluations
    ]
    return types.SimpleNamespace(trainable_parameters=params, evaluation_data=held)


def hardware(checkout: Path) -> list[Row]:
    """HW-NAS-Bench, on the same invented figures."""
    rng = np.random.default_rng(0)
    figures = {
        name: {metric: rng.uniform(1, 9, nb201.SIZE).tolist() for metric in METRICS} for name in DATASETS.values()
    }
    columns = {
        f"{prefix}_{HARDWARE[metric]}": np.array(figures[name][metric], dtype=np.float32)
        for prefix, name in DATASETS.items()
        for metric in METRICS
    }
    with tempfile.NamedTemporaryFile(suffix=".pickle") as file:
        pickle.dump({"nasbench201": figures}, file)
        file.flush()
        code: dict[str, Any] = {}
        exec(
            (checkout / "hw_nas_bench_api" / "hw_nas_bench_api.py").read_text(), code
        )  # the package imports torch models
        theirs = code["HWNASBenchAPI"](file.name, search_space="nasbench201")
    mine = tables.as_hw_nas_bench(tables.Table("nb201_hw", columns, source="invented"))
    return [
        row(
            "hw_nas_bench.query_by_index", "all metrics of one network", lambda: mine.query_by_index(858, "cifar10"),
            lambda: theirs.query_by_index(858, "cifar10"), "hw_nas_bench_api",
        )
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nasbench", type=Path, help="a checkout of google-research/nasbench")
    parser.add_argument("--hw", type=Path, help="a checkout of GATECH-EIC/HW-NAS-Bench")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    random.seed(0)
    warnings.simplefilter("ignore")
    rows = topology()
    if asked.hw:
        rows += hardware(asked.hw)
    if asked.nasbench:
        rows += graphs(asked.nasbench)
    record(rows)


if __name__ == "__main__":
    main()
