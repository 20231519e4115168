"""Columns, roles and look-ups of a table."""

import numpy as np
import pytest

from luciole.errors import LucioleError
from luciole.spaces import nb201
from luciole.tables import Role, Table


@pytest.fixture
def table():
    values = np.arange(nb201.SIZE, dtype=np.float32)
    return Table(
        "demo",
        {"test": values, "pairs": np.stack([values, -values], axis=1), "late": lambda: values * 2},
        source="invented",
        index=nb201.index,
        roles={"test": Role("test", "an invented accuracy")},
    )


def test_lookups_follow_the_cells(table):
    rng = np.random.default_rng(0)
    rows = nb201.sample(rng, 500)
    positions = {tuple(cell): i for i, cell in enumerate(nb201.all_cells().tolist())}
    expected = [positions[tuple(cell)] for cell in rows.tolist()]
    assert table.at(rows, "test").tolist() == expected
    both = table.lookup(rows.reshape(50, 10, 6), "late", "pairs")
    assert both["late"].shape == (50, 10)
    assert (both["late"].ravel() == 2 * np.array(expected)).all()
    assert (both["pairs"][..., 1].ravel() == -np.array(expected)).all()
    assert table.at(nb201.all_cells()[858], "test") == 858
    assert table.at(np.empty((0, 6), dtype=np.int8), "test").shape == (0,)


def test_columns_cannot_be_changed(table):
    for name in table:
        with pytest.raises(ValueError, match="read-only"):
            table[name][0] = 0
    assert len(table) == nb201.SIZE
    assert table.columns == ("test", "pairs", "late")
    assert "late" in table
    assert "demo, 3 columns of 15625 rows, from invented" in repr(table)


def test_a_column_is_made_once():
    made = []
    table = Table("demo", {"a": lambda: made.append(1) or np.zeros(3)}, source="invented")
    assert not made
    assert table["a"] is table["a"]
    assert made == [1]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda table: table["tset"], "no column 'tset'; did you mean 'test'"),
        (lambda table: table.at(nb201.all_cells()[:2], "zzz"), "no column 'zzz'; it has test, pairs, late"),
        (lambda table: table.role("valid"), "no column for the role 'valid', only for: test"),
        (lambda table: table.at([[5, 0, 0, 0, 0, 0]], "test"), "0..4"),
        (lambda table: table.at([[0.5] * 6], "test"), "float64"),
        (lambda table: Table("other", {"a": np.zeros(2)}, source="invented").at([[0] * 6], "a"), "by row number"),
        (
            lambda table: Table("other", {"a": np.zeros(2)}, source="", roles={"test": Role("b", "")}),
            "no column 'b' for its role 'test'",
        ),
    ],
)
def test_what_is_not_there_is_said_in_one_line(table, ask, said):
    with pytest.raises(LucioleError, match=said) as caught:
        ask(table)
    assert "\n" not in str(caught.value)
