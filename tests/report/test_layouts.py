"""The picture of layouts shows what a reading finds: each is written, read, and refused where it is drawn wrongly."""

from dataclasses import replace

import pytest

from luciole.errors import LucioleError
from luciole.report import layouts


@pytest.mark.parametrize("layout", layouts.LAYOUTS, ids=lambda layout: layout.title)
def test_a_layout_is_read_as_it_is_drawn(layout, tmp_path):
    path = layouts.write(layout, tmp_path)
    layouts.check(layout, path)
    shown = [*layouts.tree(layout), *layouts.table(layout, path)]
    told = {role for line in shown for _, role in line}
    assert {"the activity", "the person", "a channel"} <= told <= {"", *layouts.COLOURS}
    files = ["".join(text for text, _ in line) for line in layouts.tree(layout)]
    assert len(files) == len(set(files))
    assert all((tmp_path / name).is_file() for name in files)


def test_parts_of_a_path_are_marked_only_where_no_column_says_it():
    columns, folders, *_ = layouts.LAYOUTS
    assert {role for line in layouts.tree(columns) for _, role in line} == {""}
    assert layouts.tree(folders)[0][1] == ("run", "the activity")
    assert ("lea", "the person") in layouts.tree(folders)[0]


def test_a_layout_that_is_read_otherwise_than_drawn_stops_the_page(tmp_path, monkeypatch):
    silent = replace(layouts.LAYOUTS[0], path="{label}/{sensor}{subject}{label}.csv", sensors=("a", "b"))
    with pytest.raises(LucioleError, match="layout 'a file a recording': expected two activities and two people"):
        layouts.check(silent, layouts.write(silent, tmp_path))


def test_the_picture_is_as_wide_as_the_page():
    image = layouts.picture()
    assert image.data.startswith(b"\x89PNG")
    assert image.width == 736
