"""Tables and folds of a chapter: what is too large for the page is refused, what is folded says what it holds."""

import numpy as np
import pandas as pd
import pytest

from luciole.errors import LucioleError
from luciole.report import show


@pytest.fixture
def shown(monkeypatch):
    kept = []
    monkeypatch.setattr("IPython.display.display", lambda data: kept.append(data.data))
    return kept


def test_a_table_is_rounded_and_its_names_are_no_row_of_their_own(shown):
    frame = pd.DataFrame({"runs": [1200], "mean (%)": [93.456], "lacking": [np.nan]}, index=["FA"]).rename_axis(
        "search"
    )
    show.table(frame, digits=1)
    (html,) = shown
    assert all(f"<td>{text}</td>" in html for text in ("1,200", "93.5", "–"))
    assert html.count("<tr") == 2 and "search" not in html


@pytest.mark.parametrize("shape", [(13, 2), (2, 8)])
def test_a_table_that_does_not_fit_is_refused(shape, shown):
    rows, columns = shape
    with pytest.raises(LucioleError, match=f"got {columns + 1} and {rows}; show its most telling part"):
        show.table(pd.DataFrame(0, index=range(rows), columns=range(columns)))
    assert not shown


def test_what_is_folded_stands_behind_its_words(shown):
    show.folded(pd.DataFrame({"a": range(30)}), "All 30 & more")
    assert shown[0].startswith('<details class="fold"><summary>All 30 &amp; more</summary><table')
    show.lines(["a < b"], "What was compared")
    assert "<p>a &lt; b</p></details>" in shown[1]


def test_numbers_are_kept_for_the_prose(monkeypatch):
    kept = {}
    monkeypatch.setattr("luciole.book.figures.glue", lambda name, text: kept.update({name: text}))
    show.keep({"ifa": "93.19"})
    assert kept == {"ifa": "93.19"}


def test_long_cells_and_their_head_are_prose_and_names_are_words():
    why = ["no time was left for the whole of it", "none"]
    frame = pd.DataFrame({"tau": [0.5, 0.25], "why_not": why}, index=["grad_norm", "plain"])
    text = show.markup(frame)
    assert text.count('<td class="prose">') == 2 and '<td class="prose">none</td>' in text
    assert "<td>0.50</td>" in text and "<td>0.25</td>" in text
    assert '<th class="prose">why not</th>' in text and text.count('<th class="prose">') == 1
    assert "<th>tau</th>" in text and "<th>grad norm</th>" in text and "<th>plain</th>" in text


def test_heads_of_two_indices_are_told_from_those_of_columns():
    why = ["no time was left for the whole of it", "none"]
    index = pd.MultiIndex.from_tuples([("one", "a"), ("other", "b")], names=["set", "score"])
    text = show.markup(pd.DataFrame({"why": why, "tau": [0.5, 0.25]}, index=index))
    assert '<th class="prose">why</th>' in text and "<th>tau</th>" in text
    assert "<th>set</th>" in text and "<th>score</th>" in text
