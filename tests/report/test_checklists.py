"""Checklists: every item is answered, every page that an answer points to is there, every number has its place."""

import re
from string import Formatter

import pytest

from luciole import files
from luciole.report import checklists, verdict

EVERY = [(says, item, answer) for says, items in checklists.LISTS.items() for item, answer in items.items()]


def test_every_page_that_is_named_is_one_of_the_book():
    chapters = files.root() / "book" / "chapters"
    toc = (files.root() / "_toc.yml").read_text()
    for name, page in checklists.PAGES.items():
        at = (chapters / page).resolve().relative_to(files.root())
        assert f"file: {at}\n" in toc, name
    named = {name for _, _, answer in EVERY for name in re.findall(r"\[(.+?)\]", answer)}
    assert named == set(checklists.PAGES)


@pytest.mark.parametrize(("says", "item", "answer"), EVERY)
def test_the_answers_are_whole_with_the_numbers_of_the_chapter(says, item, answer):
    asked = {name for _, name, _, _ in Formatter().parse(answer) if name}
    numbers = verdict.numbers() if asked else {}
    assert asked <= numbers.keys()
    text = checklists.markup({item: answer}, numbers)
    assert not re.search(r"[\[\]{}`*]", text) and text.count("<a ") == answer.count("[")
