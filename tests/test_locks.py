"""One run at a time in a folder: the second is told who is there, and a dead one holds nothing."""

import os
import platform
import re
import subprocess
import sys

import pytest

from luciole.errors import LucioleError
from luciole.locks import held


def test_a_second_run_is_told_who_is_at_work(tmp_path):
    folder = tmp_path / "new" / "study"  # is made
    with held(folder, "luciole run toy"):
        told = (folder / ".held-by").read_text()
        assert re.fullmatch(
            rf"process {os.getpid()} on {re.escape(platform.node())}, since \d{{4}}-\d\d-\d\dT\d\d:\d\d[+-]\d\d:\d\d",
            told,
        )
        with pytest.raises(LucioleError) as caught, held(folder, "luciole run other"):
            pytest.fail("both are at work")
        assert str(caught.value) == (
            f"luciole run other is at work already ({told}) and keeps {folder}; wait until it is done, or end it"
        )
        assert (folder / ".held-by").exists()  # the second did not take the first one's away
        (folder / ".held-by").write_text("")
        with pytest.raises(LucioleError, match=r"\(it has just begun\)"), held(folder, "x"):
            pass
        (folder / ".held-by").unlink()
        with pytest.raises(LucioleError, match=r"\(it has just begun\)"), held(folder, "x"):
            pass
    assert not (folder / ".held-by").exists()


def test_what_fails_inside_lets_go(tmp_path):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), held(tmp_path, "toy"):
            _ = 1 / 0
    assert not (tmp_path / ".held-by").exists()


def test_two_folders_are_held_at_once(tmp_path):
    with held(tmp_path / "one", "toy"), held(tmp_path / "two", "toy"):
        pass


def test_a_dead_process_holds_nothing(tmp_path):
    script = (
        "import os, sys; from pathlib import Path; from luciole.locks import held\n"
        "with held(Path(sys.argv[1]), 'x'): os._exit(3)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == 3
    assert (tmp_path / ".held-by").exists()
    with held(tmp_path, "toy"):
        assert f"process {os.getpid()} " in (tmp_path / ".held-by").read_text()


def test_where_nothing_can_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    said = "cannot write in .*file/study: .*; free space or choose another folder"
    with pytest.raises(LucioleError, match=said), held(tmp_path / "file" / "study", "toy"):
        pass
