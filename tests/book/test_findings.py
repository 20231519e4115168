"""What the README says was found is what the committed results say."""

import pytest

from luciole import files
from luciole.book import findings
from luciole.errors import LucioleError
from luciole.report import claims


def test_the_readme_says_what_the_results_say():
    text = (files.root() / "README.md").read_text(encoding="utf-8")
    assert findings.block() in text, "run `luciole findings --write`"


def test_every_finding_has_numbers_and_none_is_missing():
    for sentence in findings.findings():
        assert any(character.isdigit() for character in sentence)
        assert "nan" not in sentence.lower().split()
        said, how = sentence.rsplit(" *(", 1)
        assert said.endswith(".") and how.removesuffix(")*") in claims.HOW


def test_a_finding_that_was_chosen_otherwise_cannot_stand():
    with pytest.raises(LucioleError, match="expected a finding to be chosen by nested, .*, got 'chosen well'"):
        findings.chosen("chosen well")


def test_writing_replaces_only_what_stands_between_the_marks(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{findings.BEGIN}\nold\n{findings.END}\nafter\n")
    findings.write(readme)
    assert readme.read_text() == f"before\n{findings.block()}\nafter\n"
    readme.write_text("no marks")
    with pytest.raises(LucioleError, match="the two marks"):
        findings.write(readme)
    assert readme.read_text() == "no marks"
