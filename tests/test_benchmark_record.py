"""What benchmarks measured is put on record whole, row by row, without losing the rest."""

import json
import sys
from pathlib import Path

import pytest

from luciole import files
from luciole.errors import LucioleError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import record

FAST = record.Row("demo.fast", "how fast", 0.5, "s", "under 1 s", met=True, peer=4.0, peer_name="slowpoke")
SMALL = record.Row("demo.small", "how small", 70.0, "MB", "under 60 MB", met=False)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "results", lambda: tmp_path)
    return tmp_path


def test_rows_replace_their_like_and_keep_the_others(capsys):
    assert record.recorded() == {}
    record.record([FAST, SMALL])
    record.record([record.Row("demo.small", "how small", 50.0, "MB", "under 60 MB", met=True)])
    held = json.loads(record.place().read_text())
    assert held["demo.fast"]["ratio"] == 8
    assert held["demo.small"]["measured"] == 50
    assert held["demo.small"]["ratio"] is None
    assert held["demo.fast"]["machine"]["cores"]
    assert held["demo.fast"]["versions"]["numpy"]
    printed = capsys.readouterr().out
    assert "8x" in printed
    assert "under 60 MB: NOT MET" in printed


def test_a_damaged_record_is_said_not_overwritten():
    record.place().write_text('{"demo.fast": ')
    with pytest.raises(LucioleError, match=r"expected JSON in .*benchmarks\.json"):
        record.record([FAST])
    assert record.place().read_text() == '{"demo.fast": '
