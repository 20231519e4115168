"""The command line: what it prints, and that bad input gets one line and no traceback."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from luciole import cli, experiments
from luciole.errors import LucioleError


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "luciole.cli", *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("chapter", "99"), "expected a chapter, got '99'; the chapters are 01_"),
        (("chapter", "01", "--params", "sead=1"), "unknown parameter 'sead'; this chapter has "),
        (("run", "nothing"), "'nothing'"),
    ],
)
def test_bad_input_gets_one_line(arguments, said):
    done = _run(*arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [("run", "har201/table", "--workers", "0"), ("no-such-command",), ("chapter",)])
def test_bad_usage_is_refused_without_a_traceback(arguments):
    done = _run(*arguments)
    assert done.returncode == 2
    assert "Usage" in done.stderr and "Traceback" not in done.stderr


def test_help_lists_the_commands():
    shown = CliRunner().invoke(cli.app, ["--help"]).output
    assert all(command in shown for command in ("fetch", "chapter", "book", "run", "claims"))


def test_run_passes_its_options_on(monkeypatch, tmp_path):
    seen = {}
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    monkeypatch.setattr(experiments, "load", lambda name: lambda **options: seen.update(name=name, **options))
    done = CliRunner().invoke(cli.app, ["run", "har201/table", "--workers", "3", "--seconds", "9"])
    assert done.exit_code == 0, done.output
    assert seen == {"name": "har201/table", "workers": 3, "scheduler": None, "seconds": 9.0}


def test_published_prints_the_published_figures():
    done = CliRunner().invoke(cli.app, ["published"])
    assert done.exit_code == 0


def test_attest_says_what_is_stale_and_what_did_not_come_out(monkeypatch):
    from luciole import attestation

    monkeypatch.setattr(attestation, "stale", lambda: {"toy/squares": ("decides has changed",)})
    done = CliRunner().invoke(cli.app, ["attest", "--check"])
    assert "toy/squares is stale: decides has changed" in done.output and "1 results are stale" in str(done.exception)
    monkeypatch.setattr(attestation, "stale", dict)
    assert CliRunner().invoke(cli.app, ["attest", "--check"]).exit_code == 0

    def attest(name, commit):
        if name == "b":
            raise LucioleError("2 is 3 now")
        return f"{name}: all the same"

    monkeypatch.setattr(attestation, "attest", attest)
    monkeypatch.setattr(attestation, "commit", lambda: "0123456789ab")
    done = CliRunner().invoke(cli.app, ["attest", "a", "b", "c"])
    assert "b: NOT attested: 2 is 3 now" in done.output and "c: all the same" in done.output
    assert "not attested: b" in str(done.exception)
    for wrong in ([], ["a", "--check"]):
        assert "expected either" in str(CliRunner().invoke(cli.app, ["attest", *wrong]).exception)
