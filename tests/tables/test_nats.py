"""A table behind the interface of nats_bench: against the package where it is installed, and by itself."""

import inspect
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from luciole import tables
from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables import nats

sys.path.insert(0, str(Path(__file__).parent))  # the maker of official files is used by a benchmark too

import official_file as official

CELLS = (0, 1, 7, 858, 6111, 15624)
CELL = nb201.format(nb201.all_cells()[858])
DATASETS = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")


@pytest.fixture(scope="module")
def held():
    """Nothing is evaluated before the last epoch there, as in the true file; latencies are of every training."""
    return official.benchmark(CELLS, seeds=(777, 888))


@pytest.fixture(scope="module")
def api(held, tmp_path_factory):
    file = official.write(tmp_path_factory.mktemp("nats") / "official.pth", held)
    return tables.as_nats(tables.from_api(file))


@pytest.fixture(scope="module")
def real(held):
    package = pytest.importorskip("nats_bench", reason="nats_bench, the peer, is not installed")
    renamed = {cell: {"12": infos["less"], "200": infos["full"]} for cell, infos in held["arch2infos"].items()}
    return package.create(held | {"arch2infos": renamed}, "tss", fast_mode=False, verbose=False)


def script(api) -> list:
    """What clients of nats_bench do; everything it gives, in one list."""
    seen: list = [len(api), api.is_size, api.is_topology, api.full_train_epochs, api.search_space_name]
    seen += [api.arch(858), api[7], api.query_index_by_arch(CELL), sorted(api.evaluated_indexes)]
    seen += [api.str2lists(api[7]), api.str2matrix(api[7]).tolist(), sorted(api.avaliable_hps)]
    for hp in ("12", "200"):
        for dataset in DATASETS:
            info = api.get_more_info(858, dataset, hp=hp, is_random=False)
            seen += [{key: info[key] for key in info if key != "comment"}, api.get_cost_info(6111, dataset, hp)]
            seen.append(api.get_latency(1, dataset, hp) if dataset != "cifar100" else None)
            seen.append(api.get_net_config(1, dataset))
        seen.append(api.find_best("cifar100", "valid", flop_max=60, param_max=0.4, hp=hp))
        seen.append(api.find_best("cifar10", "test", hp=hp))
        seen.append(api.query_info_str_by_arch(CELL, hp))
    api.reset_time()
    seen += [
        api.simulate_train_eval(CELL, "cifar10", hp="12"),
        api.simulate_train_eval(1, "cifar100", None, "12", False),
    ]
    return [*seen, api.used_time]


def test_the_same_script_gives_the_same_answers(real, api):
    def flat(value) -> list:
        if isinstance(value, dict):
            return [leaf for key in sorted(value) for leaf in [key, *flat(value[key])]]
        return [leaf for held in value for leaf in flat(held)] if isinstance(value, list | tuple) else [value]

    expected, got = flat(script(real)), flat(script(api))
    assert len(got) == len(expected) > 300
    for mine, theirs in zip(got, expected, strict=True):
        assert mine == (pytest.approx(theirs, rel=1e-6) if isinstance(theirs, float) else theirs)


def test_every_public_method_has_the_package_s_arguments(real, api):
    theirs = {name: one for name, one in inspect.getmembers(type(real)) if not name.startswith("_")}
    for name, one in theirs.items():
        mine = getattr(type(api), name)
        if inspect.isfunction(one):
            assert list(inspect.signature(mine).parameters) == list(inspect.signature(one).parameters), name
        else:
            assert getattr(api, name) is not None or name == "archive_dir"


def test_arguments_stand_where_clients_put_them(api):
    """By position, as text or as a number: FreeREA asks ``hp=200``, others ``api.full_train_epochs``."""
    by_number = api.get_more_info(858, "cifar100", None, api.full_train_epochs, False)
    assert by_number == api.get_more_info(CELL, "cifar100", iepoch=199, hp="200")
    assert api.get_more_info(858, "cifar10")["comment"] == "trained on all training images of CIFAR-10, 12 epochs"
    api.reset_time()
    assert api.simulate_train_eval(858, "cifar100", 11, 12, False)[3] == 0 == api.used_time
    with pytest.raises(LucioleError, match=r"last epoch \(11\) of cell 858 on cifar100"):
        api.simulate_train_eval(858, "cifar100", 5)
    random.seed(3)
    drawn = api.random()
    random.seed(3)
    assert drawn == random.randint(0, 15_624)


def test_isomorphic_cells_have_one_string(api):
    iso = nb201.iso()
    rng = np.random.default_rng(0)
    for cell in rng.permutation(nb201.SIZE)[:50].tolist():
        assert api.get_unique_str(cell) == api[int(iso[cell])]


def test_the_repr_and_what_a_table_never_does(api):
    assert repr(api).startswith("TableNATS(6/15625 architectures, fast_mode=False, file=official file")
    api.reset_fast_mode(True)
    api.reset_archive_dir("/nowhere")
    api.clear_params(3)
    assert api.fast_mode is False and api.archive_dir is None
    with pytest.raises(LucioleError, match="no archive"):
        api.reload()
    with pytest.raises(LucioleError, match="got nb201_hw; open tables.nb201"):
        nats.as_nats(tables.Table("nb201_hw", {"a": np.zeros(3)}, source="invented"))
