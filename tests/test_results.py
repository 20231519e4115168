"""Results: what is written is what is read, and nothing else is."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from luciole import results
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
        with pytest.raises(LucioleError, match="expected between one and all"):
            write(tmp_path, {"a": np.arange(3)}, holds=holds)


def test_results_are_listed_by_study(tmp_path):
    write(tmp_path, {"a": np.arange(3)})
    write(tmp_path / "study", {"a": np.arange(3)})
    (tmp_path / "study" / "notes.json").write_text("{}")
    assert results.names(tmp_path) == ["one", "study/one"]
