"""Headlines: every row is derived again, and a row that hides something or was altered is refused by name."""

import csv
import math

import pytest
from scipy import stats
from typer.testing import CliRunner

from luciole import cli, results
from luciole.errors import LucioleError
from luciole.experiments import EXPERIMENTS
from luciole.report import claims


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A copy of the committed file that a test may spoil."""
    copy = tmp_path / "claims.csv"
    copy.write_text(claims.path().read_text("utf-8"), "utf-8")
    monkeypatch.setattr(claims, "path", lambda: copy)
    return copy


def spoil(path, which, **changed):
    with path.open(encoding="utf-8", newline="") as rows:
        table = list(csv.DictReader(rows))
    for row in table:
        if row["key"] == which:
            row.update(changed)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, table[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def test_every_claim_is_what_the_results_say(kept):
    assert claims.check() == []
    before = kept.read_text("utf-8")
    claims.write()
    assert kept.read_text("utf-8") == before
    done = CliRunner().invoke(cli.app, ["claims"])
    assert done.exit_code == 0 and "firefly/ifa_c10" in done.output


def test_an_altered_number_is_named(kept):
    spoil(kept, "firefly/ifa_c10", value="93.58")
    (line,) = claims.check()
    assert line.startswith("firefly/ifa_c10: value is 93.1") and line.endswith("93.58 in claims.csv")
    done = CliRunner().invoke(cli.app, ["claims"])
    assert isinstance(done.exception, LucioleError)
    spoil(kept, "firefly/ifa_c10", how="preregistered")
    assert any("the how was changed" in line for line in claims.check())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"low": "0.5"}, "ranking/tau_c10: low is 0.787"),
        ({"high": "0.9"}, "ranking/tau_c10: high is 0.793"),
        ({"statement": "something else"}, "ranking/tau_c10: the statement was changed"),
        ({"command": "luciole run har/arena"}, "ranking/tau_c10: the command was changed"),
    ],
)
def test_whatever_is_altered_of_a_claim_is_named(kept, changed, said):
    spoil(kept, "ranking/tau_c10", **changed)
    (line,) = claims.check()
    assert line.startswith(said)


def test_a_claim_that_is_made_twice_is_refused(monkeypatch):
    monkeypatch.setattr(claims, "MAKERS", (claims.ranking, claims.ranking))
    with pytest.raises(LucioleError, match="every claim once, got ranking/tau_c10 twice"):
        claims.derive()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"how": "chosen well"}, "expected it to be chosen by nested, preregistered, reproduction, descriptive, got"),
        ({"command": ""}, "expected a command, got nothing"),
        ({"value": "about 93"}, "expected a number, got 'about 93'"),
        ({"low": "about 93"}, "expected a number, got 'about 93'"),
        ({"key": "firefly/other"}, "firefly/other is in one alone|firefly/ifa_c10 is in one alone"),
    ],
)
def test_a_row_that_cannot_stand_is_refused(kept, changed, said):
    spoil(kept, "firefly/ifa_c10", **changed)
    with pytest.raises(LucioleError, match=said):
        claims.check()


def test_columns_are_those_of_a_claim(kept):
    kept.write_text("key,value\nfirefly/ifa_c10,93\n", "utf-8")
    with pytest.raises(
        LucioleError, match=r"claims.csv should have the columns key, statement, .*, got \['key', 'value'\]"
    ):
        claims.check()


def test_what_is_said_of_a_rate_is_of_its_own_data_set():
    frame = results.read("efficiency/exponents").frame
    held = {claim.key: claim.protocol for claim in claims.read()}
    for name in ("c10", "c100", "in16"):
        rows = frame[(frame["dataset"] == name) & (frame["cost"] == "macs") & (frame["cells"] == "all")]
        (least,) = rows[rows["k"] == 10]["k_from"]
        assert f"; 10 is {1000 / least - 100:.0f} % above the least rate" in held[f"efficiency/merit_rank_{name}"]


def test_intervals_over_seeds_are_students():
    frame = results.read("har/models").frame
    runs = frame[(frame["dataset"] == "uci_har") & (frame["model"] == "found, 53 k MACs")]["accuracy"]
    (claim,) = (claim for claim in claims.read() if claim.key == "sensors/uci_har_accuracy")
    low, high = stats.ttest_1samp(100 * runs, 0).confidence_interval()
    assert (claim.low, claim.high) == pytest.approx((low, high), abs=1e-3)
    assert claim.protocol.startswith(f"{len(runs)} seeds")


def test_intervals_hold_their_values():
    for claim in claims.read():
        assert math.isnan(claim.low) or claim.low <= claim.value <= claim.high, claim.key


def test_commands_run_experiments_that_there_are():
    for claim in claims.read():
        command, name = claim.command.rsplit(" ", 1)
        assert command == "luciole run" and name in EXPERIMENTS, claim.key
