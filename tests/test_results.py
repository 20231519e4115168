"""Results: what is written is what is read, and nothing else is."""

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import FrozenInstanceError, asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from luciole import files, results
from luciole.errors import LucioleError


def made_by() -> None:
    """Stands for the function that computed a result."""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module whose code decides a result, and which can be edited."""
    (tmp_path / "decides.py").write_text('"""Says."""\n\ndef f(x):\n    """Add."""\n    return x + 1\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / "decides.py"
    sys.modules.pop("decides", None)
    results.fingerprint.cache_clear()


def write(folder, data, **changes):
    given = dict(
        function=made_by, parameters={"seed": 3}, modules=["luciole.errors"], inputs={"table": "made up"}, seconds=1.5
    )
    return results.write("one", data, folder=folder, **{**given, **changes})


def test_a_table_comes_back(tmp_path):
    table = pd.DataFrame({"cell": [1, 2], "score": [0.1, np.nan]})
    write(tmp_path, table, joules=2.0, energy="estimate: 4 W a thread")
    result = results.read("one", tmp_path)
    pd.testing.assert_frame_equal(result.frame, table)
    assert result.stale == ()
    assert result.provenance.parameters == {"seed": 3} and result.provenance.joules == 2.0
    assert result.provenance.function.endswith(".made_by")
    assert {"torch", "numpy"} <= set(result.provenance.versions)
    with pytest.raises(LucioleError, match=r"use \.frame"):
        _ = result.arrays


def test_arrays_come_back(tmp_path):
    arrays = {"a": np.arange(5, dtype=np.int16), "names": np.array(["x", "yy"])}
    write(tmp_path, arrays)
    result = results.read("one", tmp_path)
    assert {name: value.dtype for name, value in result.arrays.items()} == {n: v.dtype for n, v in arrays.items()}
    assert all((result.arrays[name] == arrays[name]).all() for name in arrays)
    with pytest.raises(LucioleError, match=r"use \.arrays"):
        _ = result.frame


def test_comments_do_not_make_a_result_stale_but_code_does(tmp_path, module):
    write(tmp_path, {"a": np.zeros(2)}, modules=["decides"])
    text = module.read_text()
    module.write_text(text.replace("Says.", "Says more.").replace("return", "# why\n    return"))
    results.fingerprint.cache_clear()
    assert results.read("one", tmp_path).stale == ()
    module.write_text(text.replace("+ 1", "+ 2"))
    results.fingerprint.cache_clear()
    assert results.read("one", tmp_path).stale == ("decides has changed",)
    module.unlink()
    results.fingerprint.cache_clear()
    assert results.read("one", tmp_path).stale == ("decides is gone",)


TRICKY = '''
"""Told."""
from dataclasses import dataclass

@dataclass(frozen=True)
class Pair:
    """Two."""
    name: str = "it\'s"
    size: int | None = None

def told(pairs: list[Pair], *, wide=3, **more) -> str:
    """Say."""
    return f"{pairs[0].name!r:>{wide}} {more['a']}" + " and " f"{len(pairs):,}"
'''


def test_a_fingerprint_is_the_same_under_every_python(tmp_path, monkeypatch):
    """Pinned: committed results carry fingerprints that another Python made (checked so from 3.11 to 3.14)."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "tricky.py").write_text(TRICKY)
    results.fingerprint.cache_clear()
    assert results.fingerprint("tricky") == "a683ebd9d47131eb"
    (tmp_path / "quoted.py").write_text(
        TRICKY.replace('"""Two."""', '"""Other words."""').replace("(pairs: ", "(  pairs: ")
    )
    assert results.fingerprint("quoted") == results.fingerprint("tricky")
    (tmp_path / "other.py").write_text(TRICKY.replace("None = None", "None = 0"))
    assert results.fingerprint("other") != results.fingerprint("tricky")


def test_altered_or_truncated_data_is_refused(tmp_path):
    path = write(tmp_path, {"a": np.arange(1000)})
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(LucioleError, match="is not the data that one.json describes"):
        results.read("one", tmp_path)


def test_a_write_that_fails_leaves_the_old_result(tmp_path, monkeypatch):
    write(tmp_path, {"a": np.arange(3)})

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(LucioleError, match="No space left on device; free space"):
        write(tmp_path, {"a": np.arange(4)})
    monkeypatch.undo()
    assert results.read("one", tmp_path).arrays["a"].tolist() == [0, 1, 2]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one.json", "one.npz"]


def test_unknown_results_are_listed(tmp_path):
    write(tmp_path, {"a": np.arange(3)})
    with pytest.raises(LucioleError, match="no result 'two' .* there are: one"):
        results.read("two", tmp_path)


def test_a_broken_record_is_refused(tmp_path):
    write(tmp_path, {"a": np.arange(3)})
    record = json.loads((tmp_path / "one.json").read_text())
    del record["machine"]
    (tmp_path / "one.json").write_text(json.dumps(record))
    with pytest.raises(LucioleError, match="not a provenance record"):
        results.read("one", tmp_path)


def test_python_objects_are_refused(tmp_path):
    with pytest.raises(LucioleError, match="Python objects in"):
        write(tmp_path, {"a": np.array([{}], dtype=object)})


@pytest.mark.parametrize(
    "change",
    [{"parameters": {"seed": 4}}, {"seconds": 1.0}, {"joules": 5.0}, {"code": {}}, {"commit": "x"}, {"holds": [2, 2]}],
    ids=lambda change: next(iter(change)),
)
def test_an_edited_record_is_refused(tmp_path, change):
    write(tmp_path, {"a": np.arange(3)})
    record = json.loads((tmp_path / "one.json").read_text())
    (tmp_path / "one.json").write_text(json.dumps(record | change))
    with pytest.raises(LucioleError, match="does not say what it said when it was sealed"):
        results.read("one", tmp_path)


def test_a_result_of_no_code_is_refused(tmp_path):
    with pytest.raises(LucioleError, match="expected the modules"):
        write(tmp_path, {"a": np.arange(3)}, modules=[])


def test_a_part_never_replaces_what_holds_more(tmp_path, capsys):
    def part(done, planned=14):
        return write(tmp_path, {"a": np.arange(done)}, holds=(done, planned))

    def held():
        return results.read("one", tmp_path, part=True).arrays["a"].size

    assert part(3) is not None and held() == 3
    with pytest.raises(LucioleError, match="expected the whole result 'one', got 3 of 14"):
        results.read("one", tmp_path)
    part(5)
    assert part(4) is None and held() == 5  # less than is there
    assert "4 of 14 pieces" in capsys.readouterr().out
    part(14)
    assert results.read("one", tmp_path).provenance.holds == (14, 14)
    assert part(13) is None and part(29, planned=30) is None and held() == 14
    part(30, planned=30)
    assert held() == 30
    write(tmp_path, {"a": np.arange(7)})  # by an experiment without a plan: whole
    assert part(3) is None and held() == 7
    for holds in ((0, 3), (4, 3)):
        said = f"^expected between one and all of the planned pieces of 'one', got {holds[0]} of {holds[1]}$"
        with pytest.raises(LucioleError, match=said):
            write(tmp_path, {"a": np.arange(3)}, holds=holds)


def test_results_are_listed_by_study(tmp_path):
    write(tmp_path, {"a": np.arange(3)})
    write(tmp_path / "study", {"a": np.arange(3)})
    (tmp_path / "study" / "notes.json").write_text("{}")
    assert results.names(tmp_path) == ["one", "study/one"]


@given(
    st.lists(
        st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda held: held[0] <= held[1]), min_size=2, max_size=5
    )
)
@settings(max_examples=15, deadline=None)
def test_what_is_kept_is_never_a_smaller_share(parts):
    """Whatever is offered in whatever order: a whole replaces all, a part replaces what holds no larger share."""
    kept = None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (done, planned) in enumerate(parts):
            replaced = kept is None or done == planned or (kept[0] < kept[1] and kept[0] / kept[1] <= done / planned)
            path = write(folder, {"a": np.array([number])}, holds=(done, planned))
            assert (path is not None) is replaced
            if replaced:
                kept, last = (done, planned), number
            read = results.read("one", folder, part=True)
            assert read.provenance.holds == kept and read.arrays["a"].tolist() == [last]


def test_what_stays_is_said(tmp_path, capsys):
    write(tmp_path, {"a": np.arange(5)}, holds=(5, 14))
    write(tmp_path, {"a": np.arange(4)}, holds=(4, 14))
    assert capsys.readouterr().out == (
        "one: 4 of 14 pieces are done and kept; the result of 5 of 14 that is there stays. Run again to go on\n"
    )
    write(tmp_path, {"a": np.arange(3)}, holds=(3, 3))
    write(tmp_path, {"a": np.arange(4)}, holds=(4, 14))
    assert "done and kept; the whole result that is there stays." in capsys.readouterr().out
    (tmp_path / "one.npz").write_bytes(b"")  # what cannot be read keeps nobody out
    assert write(tmp_path, {"a": np.arange(4)}, holds=(4, 14)) is not None


def test_a_record_says_what_it_was_told(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "commit", lambda: "0123456789ab+")
    path = write(
        tmp_path,
        {"a": np.arange(3)},
        modules=["luciole.files", "luciole.errors"],
        seconds=1.23456,
        joules=2.34567,
        energy="estimate",
    )
    text = (tmp_path / "one.json").read_text(encoding="utf-8")
    record = json.loads(text)
    assert text == json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    provenance = results.read("one", tmp_path).provenance
    assert record == json.loads(json.dumps(asdict(provenance))) | {"seal": record["seal"]}
    assert provenance.function == f"{made_by.__module__}.made_by"
    assert list(record["code"].items()) == [
        (name, results.fingerprint(name)) for name in ("luciole.errors", "luciole.files")
    ]
    assert (provenance.inputs, provenance.parameters) == ({"table": "made up"}, {"seed": 3})
    assert (provenance.seconds, provenance.joules, provenance.energy) == (1.235, 2.346, "estimate")
    assert (provenance.commit, provenance.holds) == ("0123456789ab+", None)
    assert provenance.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (provenance.versions, provenance.machine) == (results.versions(), results.machine())
    written = datetime.fromisoformat(provenance.written)
    assert written.tzinfo == UTC and written.microsecond == 0
    write(tmp_path, {"a": np.arange(3)})
    plain = results.read("one", tmp_path).provenance
    assert (plain.joules, plain.energy, plain.holds) == (None, "not measured", None)


def test_text_of_any_language_is_recorded_as_it_is(tmp_path):
    write(tmp_path, {"a": np.arange(3)}, inputs={"données": "relevés à Brest"})
    assert "relevés à Brest" in (tmp_path / "one.json").read_text(encoding="utf-8")
    assert results.read("one", tmp_path).provenance.inputs == {"données": "relevés à Brest"}


def test_a_seal_is_over_everything_but_what_comes_behind_it():
    """Pinned: committed records carry seals."""
    record = {"b": [1, None], "a": "é", "c": {"y": 1.5, "x": True}}
    said = '{"a": "é", "b": [1, null], "c": {"x": true, "y": 1.5}}'
    assert results.seal(record) == hashlib.sha256(said.encode()).hexdigest()
    assert results.seal(dict(reversed(record.items())) | {"seal": "x", "attestations": [1]}) == results.seal(record)
    for change in ({"a": "e"}, {"b": [1]}, {"d": None}, {"attestation": []}):
        assert results.seal(record | change) != results.seal(record)


def test_attestations_are_kept_one_behind_the_other(tmp_path):
    sha256 = files.sha256(write(tmp_path, {"a": np.arange(3)}))
    before = json.loads((tmp_path / "one.json").read_text())
    assert results.read("one", tmp_path).attestations == ()
    assert results.read("one", tmp_path).code == before["code"]
    for number in (1, 2):
        results.attest("one", {"code": {"luciole.files": str(number)}, "sha256": sha256}, tmp_path)
    result = results.read("one", tmp_path)
    assert [one["code"] for one in result.attestations] == [{"luciole.files": "1"}, {"luciole.files": "2"}]
    assert [one["record"] for one in result.attestations] == [before["seal"]] * 2
    assert result.code == {"luciole.files": "2"} and result.stale == ("luciole.files has changed",)
    after = json.loads((tmp_path / "one.json").read_text())
    assert {key: value for key, value in after.items() if key != "attestations"} == before
    results.attest("one", {"code": {"luciole.files": results.fingerprint("luciole.files")}, "sha256": sha256}, tmp_path)
    assert results.read("one", tmp_path).stale == ()


@pytest.mark.parametrize("change", [{"sha256": "0" * 64}, {"code": {}}], ids=lambda change: next(iter(change)))
def test_an_attestation_of_other_data_or_of_no_code_is_refused(tmp_path, change):
    path = write(tmp_path, {"a": np.arange(3)})
    results.attest("one", {"code": {"luciole.files": "1"}, "sha256": files.sha256(path)} | change, tmp_path)
    with pytest.raises(LucioleError, match="when it was sealed"):
        results.read("one", tmp_path)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    "change",
    [{"record": "0" * 64}, {"seal": "0" * 64}, {"seal": "f" * 64}, {"sha256": "x"}],
    ids=lambda c: next(iter(c)),
)
def test_every_attestation_has_to_hold(tmp_path, place, change):
    """The last one is not enough, nor the first; and a seal made anew does not help where they contradict."""
    path = write(tmp_path, {"a": np.arange(3)})
    for number in (1, 2):
        results.attest("one", {"code": {"luciole.files": str(number)}, "sha256": files.sha256(path)}, tmp_path)
    record = json.loads((tmp_path / "one.json").read_text())
    told = record["attestations"][place]
    told |= change
    if "seal" not in change:
        told["seal"] = results.seal({key: value for key, value in told.items() if key != "seal"})
    (tmp_path / "one.json").write_text(json.dumps(record))
    with pytest.raises(LucioleError, match="one.json does not say what it said"):
        results.read("one", tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[]", "7", '"x"', "{}", '{"seal": 1}', '{"seal": "x", "attestations": 5}', '{"seal": "x", "new": 1}']
)
def test_what_is_no_record_is_said(tmp_path, text):
    write(tmp_path, {"a": np.arange(3)})
    (tmp_path / "one.json").write_text(text)
    with pytest.raises(LucioleError, match=r"one.json is not a provenance record .*; restore it or run the experiment"):
        results.read("one", tmp_path)


def test_of_two_data_files_the_described_one_is_read(tmp_path):
    write(tmp_path, pd.DataFrame({"a": [1]}))
    write(tmp_path, {"a": np.arange(3)})
    assert results.read("one", tmp_path).arrays["a"].tolist() == [0, 1, 2]
    write(tmp_path, pd.DataFrame({"a": [1]}))
    assert results.read("one", tmp_path).frame["a"].tolist() == [1]
    (tmp_path / "one.parquet").unlink()
    with pytest.raises(LucioleError, match="one.npz is not the data that one.json describes; restore both"):
        results.read("one", tmp_path)


def test_a_table_has_no_index_and_a_result_is_not_changed(tmp_path):
    write(tmp_path, pd.DataFrame({"a": [1, 2]}, index=[7, 9]))
    result = results.read("one", tmp_path)
    assert result.frame.index.tolist() == [0, 1]
    for one, name in ((result, "stale"), (result.provenance, "seconds")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, 0)


def test_a_lonely_record_or_lonely_data_is_no_result(tmp_path):
    write(tmp_path, {"a": np.arange(3)})
    (tmp_path / "one.json").rename(tmp_path / "two.json")
    assert results.names(tmp_path) == []
    for name in ("one", "two"):
        with pytest.raises(LucioleError, match=f"no result '{name}' .* there are: none"):
            results.read(name, tmp_path)


SAME = [
    ("def f():\n    return 1", "def f():\n    'Told.'\n    return 1"),
    ("async def f():\n    return 1", "async def f():\n    'Told.'\n    return 1"),
    ("class A:\n    x = 1", "class A:\n    'Told.'\n    x = 1"),
    ("x = 'a'", '# why\nx = u"a"'),
    ("x = (1,\n2)", "x = 1, 2"),
]
OTHER = [
    ("x = 1", "x = 2"),
    ("x = 1", "x = 1.0"),
    ("x = 1", "x = True"),
    ("x = None", "x = 0"),
    ("x = 'a'", "x = b'a'"),
    ("def f():\n    'Told.'\n    'a'", "def f():\n    'Told.'\n    'b'"),
    ("x = 1\n'a'", "x = 1\n'b'"),
    ("def f(a, b): ...", "def f(b, a): ..."),
    ("def f(a=None): ...", "def f(a): ..."),
    ("x = [1]", "x = []"),
    ("x = a < b", "x = a <= b"),
    ("f(a)", "f(*a)"),
    ("lambda: 'a'", "lambda: 'b'"),
    ("import a", "import a as b"),
]


@pytest.mark.parametrize(("one", "two"), [*SAME, *OTHER])
def test_a_fingerprint_is_of_what_code_does(tmp_path, monkeypatch, one, two):
    monkeypatch.syspath_prepend(tmp_path)
    for name, text in (("written_one", one), ("written_two", two)):
        (tmp_path / f"{name}.py").write_text(text)
    results.fingerprint.cache_clear()
    prints = [results.fingerprint(name) for name in ("written_one", "written_two")]
    assert (prints[0] == prints[1]) is ((one, two) in SAME)
    assert all(re.fullmatch("[0-9a-f]{16}", found) for found in prints)
    results.fingerprint.cache_clear()


def test_only_modules_of_python_have_a_fingerprint(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "no_module").mkdir()  # a package without code
    for name in ("luciole_nowhere", "no_module"):
        with pytest.raises(LucioleError, match=f"expected the name of a Python module, got '{name}'"):
            results.fingerprint(name)
    with pytest.raises(LucioleError, match="got 'luciole_nowhere'"):
        write(tmp_path, {"a": np.arange(3)}, modules=["luciole_nowhere"])


def test_this_machine_is_described():
    machine = results.machine()
    assert machine["cores"] == os.cpu_count()
    assert machine["memory_gib"] == round(psutil.virtual_memory().total / 2**30, 1)
    assert machine["system"] == f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    assert machine["processor"] and set(machine) == {"processor", "cores", "memory_gib", "system"}
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and "model name" in cpuinfo.read_text():
        assert f": {machine['processor']}\n" in cpuinfo.read_text()


def test_versions_have_no_local_tags(monkeypatch):
    def version(name):
        if name == "absent":
            raise importlib.metadata.PackageNotFoundError
        return {"torch": "2.13.0+cpu"}.get(name, "1.2")

    monkeypatch.setattr(importlib.metadata, "version", version)
    asked = ["torch", "absent", "numpy"]
    assert results.versions(asked) == {"torch": "2.13.0", "absent": "not installed", "numpy": "1.2"}
    assert list(results.versions()) == list(results.VERSIONED)


def test_a_commit_has_a_plus_when_tracked_files_have_changed(tmp_path, monkeypatch):
    def git(*arguments):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        return subprocess.run(
            ["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    monkeypatch.setattr(files, "root", lambda: tmp_path)
    assert results.commit() == "unknown"
    git("init", "-q")
    (tmp_path / "code.py").write_text("x = 1")
    git("add", "code.py")
    git("commit", "-q", "-m", "First")
    commit = results.commit()
    assert commit == git("rev-parse", "HEAD")[:12]
    (tmp_path / "other.py").write_text("y = 1")
    assert results.commit() == commit
    (tmp_path / "code.py").write_text("x = 2")
    assert results.commit() == f"{commit}+"
    monkeypatch.setenv("PATH", "")
    assert results.commit() == "unknown"
