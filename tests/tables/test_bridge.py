"""The official file as a table, and a table behind the official interface, against nas_201_api itself."""

import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from nas_201_api import NASBench201API

from luciole import tables
from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables import prepared
from luciole.tables.table import Table

sys.path.insert(0, str(Path(__file__).parent))  # the maker of official files is used by a benchmark too

import official_file as official

CELLS = (0, 1, 7, 858, 6111, 15624)
CELL = nb201.format(nb201.all_cells()[858])
DATASETS = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    held = official.benchmark(CELLS)
    trial = held["arch2infos"][858]["full"]["all_results"]["cifar10", 888]
    for name in ("train_acc1es", "eval_acc1es"):  # numbers of numpy, as arithmetic leaves them
        trial[name] = {key: np.float64(value) for key, value in trial[name].items()}
    return official.write(tmp_path_factory.mktemp("official") / "NAS-Bench-201.pth", held)


@pytest.fixture(scope="module")
def real(file):
    return NASBench201API(torch.load(file, weights_only=False), verbose=False)


@pytest.fixture(scope="module")
def table(file):
    return tables.from_api(file)


def script(api) -> list:
    """What users of nas_201_api do, written for that package; everything it gives, in one flat list."""
    seen: list = [len(api), api[0], api.arch(858), api.query_index_by_arch(CELL), api.query_index_by_arch("|foreign|")]
    seen += [api.evaluated_indexes, sum(1 for _ in api), 0 <= api.random() < 15_625, api.str2lists(api[7])]
    seen += [api.str2matrix(api[7]).tolist()]
    for hp in ("12", "200"):
        for dataset in DATASETS:
            for index in (0, 858, CELL):
                seen.append(api.get_more_info(index, dataset, hp=hp, is_random=False))
            seen.append(api.get_cost_info(6111, dataset, hp))
            seen.append(api.query_meta_info_by_index(7, hp).get_metrics(dataset, "train")["accuracy"])
            seen.append(api.get_net_config(1, dataset))
        for dataset, split in (("cifar10", "test"), ("cifar10", "valid"), ("cifar100", "valid"), ("cifar100", "test")):
            seen.append(api.find_best(dataset, split, hp=hp))
            seen.append(api.find_best(dataset, split, FLOP_max=60, Param_max=0.4, hp=hp))
        seen.append(api.query_by_arch(CELL, hp).splitlines()[0])
        trials = api.query_by_index(1, "ImageNet16-120", hp=hp).values()
        seen.append(np.mean([trial.get_eval("x-test")["accuracy"] for trial in trials]))
        seen.append(np.mean([trial.get_times()["T-train@total"] for trial in trials]))
        seen.append(np.mean([trial.get_train()["loss"] for trial in trials]))
    api.reset_time()
    seen += [api.simulate_train_eval(1, "cifar10", hp="12"), api.simulate_train_eval(CELL, "cifar10", hp="12")]
    seen += [api.get_latency(1, "cifar10"), api.used_time]
    return seen


def flat(value, at="") -> list:
    if isinstance(value, dict):
        return [leaf for key, held in sorted(value.items()) for leaf in flat(held, f"{at}.{key}")]
    if isinstance(value, (list, tuple)):
        return [leaf for i, held in enumerate(value) for leaf in flat(held, f"{at}[{i}]")]
    return [] if value is None else [(at, value)]  # the package gives None for what it lacks, a table leaves it out


def test_the_same_script_gives_the_same_answers(real, table):
    expected, got = flat(script(real)), flat(script(tables.as_api(table)))
    assert [place for place, _ in got] == [place for place, _ in expected]
    assert len(expected) > 400
    for (place, mine), (_, theirs) in zip(got, expected, strict=True):
        if isinstance(theirs, str):
            assert mine == theirs, place
        else:
            assert mine == pytest.approx(theirs, rel=1e-6), place  # columns are float32


def test_reports_read_the_same(real, table, capsys):
    api = tables.as_api(table)
    real.show(1)
    expected = capsys.readouterr().out
    api.show(1)
    assert capsys.readouterr().out == expected
    assert "ImageNet16-120" in expected


def test_evaluated_cells_may_be_a_set(tmp_path):
    held = official.benchmark([3], seeds=(777,))
    held["evaluated_indexes"] = {3}
    table = tables.from_api(official.write(tmp_path / "set.pth", held))
    assert np.flatnonzero(np.isfinite(table["c100_val200"])).tolist() == [3]


def test_columns_are_averages_over_seeds(file, table):
    held = torch.load(file, weights_only=False)["arch2infos"][858]
    trials = [held["full"]["all_results"]["cifar10", seed]["eval_acc1es"]["ori-test@199"] for seed in (777, 888)]
    assert table["c10_test200"][858] == pytest.approx(np.mean(trials), rel=1e-6)
    short = held["less"]["all_results"]["cifar10-valid", 777]
    assert table["c10_cost12_s"][858] == pytest.approx(sum(short["train_times"].values()), rel=1e-6)
    assert table.role("valid")[858] == pytest.approx(short["eval_acc1es"]["x-valid@11"], rel=1e-6)


def test_cells_that_the_file_does_not_evaluate_are_nan(table):
    assert np.flatnonzero(np.isfinite(table["c10_test200"])).tolist() == sorted(CELLS)
    assert (table["ops"] == nb201.all_cells()).all()
    with pytest.raises(LucioleError, match="no training of cell 5, of 6"):
        tables.as_api(table).arch2infos_dict[5]
    with pytest.raises(ValueError, match=r"arch_index \[5\] does not"):  # the package's own words, and its class
        tables.as_api(table).query_by_index(5)


def test_a_saved_table_opens_as_the_prepared_one(table, tmp_path, monkeypatch):
    tables.save(table, tmp_path / "nb201.npz")
    monkeypatch.setenv("LUCIOLE_DATA", str(tmp_path))
    again = tables.nb201()
    assert again.columns == table.columns
    assert all(np.array_equal(again[name], table[name], equal_nan=again[name].dtype.kind == "f") for name in table)
    assert "vouched for" in again.source
    with pytest.raises(LucioleError, match=r"ends in \.npz"):
        tables.save(table, tmp_path / "nb201.csv")


@pytest.fixture(scope="module")
def few():
    """What the public originals hold: no losses, no times but the cost of the 12-epoch query."""
    rng = np.random.default_rng(0)
    from luciole.tables import originals

    names = ("c10_test200", "c10_val12", "c10_cost12_s", "c100_val12", "c100_test200", "c100_val200_s")
    columns = {name: rng.uniform(10, 95, nb201.SIZE).astype(np.float32) for name in names}
    return Table("nb201", {**originals.derived(), **columns}, source="invented", index=nb201.index)


@pytest.mark.filterwarnings("ignore:this table has no accuracies:UserWarning")
def test_a_table_without_losses_still_answers(few):
    api = tables.as_api(few)
    assert len(api.evaluated_indexes) == 15_625
    info = api.get_more_info(CELL, "cifar10-valid", hp="12")
    cost = few["c10_cost12_s"][858]
    assert dict(info) == {
        "train-per-time": pytest.approx(cost / 12),
        "train-all-time": pytest.approx(cost),
        "valid-accuracy": pytest.approx(few["c10_val12"][858]),
    }
    accuracy, latency, seconds, total = api.simulate_train_eval(np.int64(858), "cifar10")
    assert (accuracy, latency) == (pytest.approx(few["c10_val12"][858]), None)
    assert seconds == total == few["c10_cost12_s"][858]
    costs = api.get_cost_info(858, "cifar10", "200")
    assert costs["params"] * 1e6 == pytest.approx(few["c10_params"][858])
    assert costs["latency"] is None


def test_a_test_accuracy_published_as_validation_is_no_answer(few):
    """``c100_val200_s``: see ``luciole.tables.columns``."""
    api = quiet(few)
    info = api.get_more_info(3, "cifar100", hp="200")
    assert dict(info) == {"test-accuracy": pytest.approx(few["c100_test200"][3])}
    with pytest.warns(UserWarning, match="'valid-accuracy' of cell 3 on cifar100 after 200 epochs; the answer is None"):
        assert info["valid-accuracy"] is None
    with pytest.warns(UserWarning, match="the set 'x-valid'"):
        assert api.query_meta_info_by_index(3, "200").get_metrics("cifar100", "x-valid")["accuracy"] is None
    with pytest.raises(LucioleError, match="does not hold 'valid-accuracy'"):
        api.simulate_train_eval(3, "cifar100", hp=200)


def quiet(table, **settings):
    with pytest.warns(UserWarning, match="this table has no accuracies of cifar10-valid after 200 epochs; cifar10 aft"):
        return tables.as_api(table, **settings)


def test_costs_that_nobody_published_are_refused_or_scaled_when_asked(few):
    with pytest.raises(LucioleError, match="'train-all-time' of cell 7 on cifar100 after 12 epochs: never published"):
        quiet(few).simulate_train_eval(7, "cifar100")
    api = quiet(few, costs="scaled")
    second = few["c10_cost12_s"][7]
    assert api.simulate_train_eval(7, "cifar10")[2] == pytest.approx(second)
    assert api.simulate_train_eval(7, "cifar100", account_time=False)[2:] == pytest.approx((2 * second, second))
    assert api.simulate_train_eval(7, "cifar100")[3] == pytest.approx(3 * second) == api.used_time
    with pytest.raises(LucioleError, match="expected costs among published, scaled, got 'free'"):
        tables.as_api(few, costs="free")


@pytest.mark.filterwarnings("ignore:this table has no accuracies:UserWarning")
def test_reports_show_what_is_held(few):
    """Clients end by logging this report; the package would stop for one missing loss."""
    lines = tables.as_api(few).query_by_arch(CELL).splitlines()
    assert lines[0] == CELL and lines[1].startswith("datasets : ['cifar10', 'cifar100']")
    assert lines[3].endswith(f"test  : [loss = None, top1 = {few['c10_test200'][858]:.2f}%]")
    assert "train : [loss = None, top1 = None%]" in lines[3]


def test_a_numpy_number_is_a_cell_and_a_schedule(real, table):
    """The package takes neither: such an index is -1 there, and ``hp=200`` an error in most methods."""
    assert real.query_index_by_arch(np.int64(858)) == -1
    api = tables.as_api(table)
    assert api.query_index_by_arch(np.int64(858)) == 858
    for hp in (200, np.int64(200)):
        assert api.get_cost_info(np.int16(858), "cifar10", hp) == api.get_cost_info(858, "cifar10", "200")
        assert api.find_best("cifar10", "test", hp=hp) == real.find_best("cifar10", "test", hp="200")[:1] + (
            pytest.approx(real.find_best("cifar10", "test", hp="200")[1], rel=1e-6),
        )
        assert api.query_info_str_by_arch(858, hp) == real.query_info_str_by_arch(858, "200")
    with pytest.raises(NameError):  # on its way to say that it has no such schedule
        real.query_info_str_by_arch(858, 200)


def test_the_replica_says_what_it_lacks_when_the_bridge_is_made(tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    with pytest.warns(UserWarning, match="no accuracies of cifar10-valid after 12 and 200.*analog-nasbench"):
        api = tables.as_api(tables.nb201_replica())
    with pytest.raises(LucioleError, match="no training of cell 3, of 0 that it has"):
        api.get_more_info(3, "cifar10")


def test_all_cells_are_counted_and_shown(table, capsys):
    api = tables.as_api(table)
    assert api.statistics("cifar100", 200) == {0: 15_619, 1: 6}
    api.show()
    assert capsys.readouterr().out.count("arch : |") == len(CELLS)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda api: api.get_more_info(3, "cifar10-valid")["valid-per-time"], "does not hold 'valid-per-time'"),
        (lambda api: api.get_more_info(3, "cifar100")["train-all-time"], "does not hold 'train-all-time'"),
        (lambda api: api.get_more_info(3, "cifar10", hp="200", is_random=777), "got seed 777"),
        (lambda api: api.get_more_info("|foreign|", "cifar10"), "expected a cell of NAS-Bench-201, got |foreign|"),
        (lambda api: api.arch(15_625), r"expected a cell 0\.\.15624, got 15625"),
        (lambda api: api.get_net_config(3, "mnist"), "expected a data set among"),
        (lambda api: api.statistics("mnist", "12"), "expected a data set among"),
        (lambda api: api.query_by_index(3, "cifar10", hp="90"), "does not hold '90' of cell 3"),
        (lambda api: api.get_more_info(3, "cifar10-valid", iepoch=5), r"last epoch \(11\) of cell 3"),
        (lambda api: api.get_more_info(3, "ImageNet16-120", hp="200"), "does not hold 'ImageNet16-120'"),
        (lambda api: api.get_more_info(3, "cifar10", hp="90"), "does not hold '90' of cell 3"),
        (lambda api: api.get_latency(3, "cifar10", "200"), "does not hold 'latency'"),
        (lambda api: api.get_net_param(3, "cifar10", None, "200"), "does not hold the weights"),
        (lambda api: api.find_best("cifar10", "train-x", hp="200"), "does not hold the set 'train-x'"),
        (lambda api: api.simulate_train_eval(3, "mnist"), "got 'mnist'"),
        (lambda api: api.reload(), "no archive"),
    ],
)
@pytest.mark.filterwarnings("ignore:this table has no accuracies:UserWarning")
def test_what_a_table_lacks_is_said(few, ask, said):
    with pytest.raises(LucioleError, match=said) as caught:
        ask(tables.as_api(few))
    assert "\n" not in str(caught.value)


def test_only_nas_bench_201_has_this_interface():
    with pytest.raises(LucioleError, match="got demo"):
        tables.as_api(Table("demo", {"a": np.zeros(3)}, source="invented"))


class Harmful:
    def __init__(self, witness):
        self.witness = witness

    def __reduce__(self):
        return open, (str(self.witness), "w")


@pytest.mark.parametrize("zipped", [False, True])
def test_a_harmful_file_is_not_run(tmp_path, zipped):
    path, witness = tmp_path / "harmful.pth", tmp_path / "ran"
    torch.save({"meta_archs": Harmful(witness)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(LucioleError, match="not loaded") as caught:
        tables.from_api(path)
    assert "\n" not in str(caught.value)
    assert not witness.exists()
    torch.load(path, weights_only=False)  # the payload is real: the plain loader runs it
    assert witness.exists()


def test_damaged_and_foreign_files_are_said(file, tmp_path):
    def refuse(data, said):
        path = tmp_path / "bad.pth"
        path.write_bytes(data)
        with pytest.raises(LucioleError, match=said) as caught:
            tables.from_api(path)
        assert "\n" not in str(caught.value)

    whole = file.read_bytes()
    refuse(whole[: len(whole) // 2], "truncated|damaged")
    refuse(b"", "truncated")
    refuse(b"not a benchmark", "truncated|damaged")
    refuse(pickle.dumps([1, 2]), "truncated|damaged")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("hello", "world")
    refuse((tmp_path / "other.zip").read_bytes(), "truncated|foreign")
    with pytest.raises(LucioleError, match="got no file"):
        tables.from_api(tmp_path / "absent.pth")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda held: held.pop("arch2infos"), "expected a dictionary with"),
        (lambda held: held["meta_archs"].pop(), "official order"),
        (lambda held: held.update(meta_archs=None), "official order"),
        (lambda held: held["evaluated_indexes"].append(15_625), "expected cells 0"),
        (lambda held: held["evaluated_indexes"].append(3), "official format"),
        (lambda held: held["arch2infos"][0].pop("less"), "official format"),
        (lambda held: held["arch2infos"][0]["full"]["all_results"].clear(), "official format"),
        (lambda held: held["arch2infos"][0].update(full=held["arch2infos"][0]["less"]), "expected 200 epochs"),
    ],
)
def test_a_file_of_another_form_is_said(tmp_path, change, said):
    held = official.benchmark([0])
    change(held)
    with pytest.raises(LucioleError, match=said):
        tables.from_api(official.write(tmp_path / "other.pth", held))


def test_the_digest_is_written_last(table, tmp_path):
    tables.save(table, tmp_path / "t.npz")
    (tmp_path / "t.npz.sha256").unlink()
    assert not prepared.finished(tmp_path / "t.npz")
