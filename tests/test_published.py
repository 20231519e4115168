"""Published figures: read as numbers, and refused when a field that makes them honest is missing."""

import pytest

from luciole import published
from luciole.errors import LucioleError

HEAD = "key,figure,unit,protocol,source,seen\n"
ROW = "dong2020/best,94.37,%,mean of seeds,table 5,paper\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    return (tmp_path / "data" / "published.csv").write_text


def test_a_figure_is_a_number(write):
    write(HEAD + ROW)
    assert published.figure("dong2020/best") == 94.37
    assert list(published.read().columns) == published.COLUMNS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key,figure\na,1\n", "columns key, figure, unit"),
        (HEAD + ROW.replace("table 5", ""), "'dong2020/best' has an empty field"),
        (HEAD + ROW + ROW, "stands twice"),
        (HEAD + ROW.replace("94.37", "about 94"), "numbers"),
    ],
)
def test_a_row_that_hides_something_is_refused(write, text, said):
    write(text)
    with pytest.raises(LucioleError, match=said):
        published.read()


def test_an_unknown_figure_is_refused(write):
    write(HEAD + ROW)
    with pytest.raises(LucioleError, match="dong2020/worst"):
        published.figure("dong2020/worst")
