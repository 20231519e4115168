"""The record of other people's programs, run unmodified on our tables."""

import re

import pytest

from luciole import files, published
from luciole.errors import LucioleError
from luciole.report import clients

DATASETS = {"cifar10", "cifar100", "ImageNet16-120"}


def test_every_row_says_what_ran_and_how():
    frame = clients.read()
    assert len(frame) >= 15
    assert frame["commit"].str.fullmatch(r"[0-9a-f]{40}").all()
    assert frame["repository"].str.fullmatch(r"[\w.-]+/[\w.-]+").all()
    assert set(frame["searched"]) | set(frame["reported"]) <= DATASETS
    assert (frame["runs"] > 0).all() and (frame["sd"] >= 0).all()
    assert not frame["called"].eq("").any() and not frame["table"].eq("").any()
    for client, rows in frame.groupby("client"):
        images = rows["note"].str.contains("CIFAR-10 alone")  # it looks at images, and only those are at hand
        assert set(rows["searched"]) == ({"cifar10"} if images.all() else DATASETS), client


def test_published_figures_are_in_reach():
    """Within one deviation of the published runs, where one is published."""
    known = dict(published.read()[["key", "figure"]].itertuples(index=False))
    rows = [row for row in clients.read().to_dict("records") if row["published"]]
    assert len(rows) >= 9
    for row in rows:
        theirs, sd = known[row["published"]], known.get(f"{row['published']}_sd", 1.5)
        assert abs(row["mean"] - theirs) <= sd, row


def test_the_table_puts_ours_beside_theirs():
    table = clients.table()
    assert len(table.columns) <= 8
    assert table["theirs (%)"].str.match(r"^(\d\d\.\d\d( ± \d\.\d\d)?|not read)$").all()
    once = table["95 % interval of our mean"] == "one run"
    assert (table["runs"][once] == 1).all() and (table["runs"][~once] > 1).all()
    for row in table[~once].to_dict("records"):
        low, high = map(float, re.findall(r"[\d.]+", row["95 % interval of our mean"]))
        assert low <= float(row["ours (%)"].split()[0]) <= high


def test_another_file_is_refused(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "clients.csv").write_text("client,runs\nx,1\n")
    monkeypatch.setattr(files, "root", lambda: tmp_path)
    with pytest.raises(LucioleError, match="expected the columns client, repository"):
        clients.read()
