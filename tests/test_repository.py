"""Habits of the repository: pins that agree, commands that are those of the README, nothing that does not belong."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import luciole
from luciole import files, published
from luciole.book import chapters

ROOT = files.root()
LOCKS = ("requirements.txt", "requirements-dev.txt")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def _lock(name: str) -> list[str]:
    """The pins of a lock, without its comments and options."""
    return [line for line in (ROOT / name).read_text("utf-8").splitlines() if not line.startswith(("#", "-"))]


def _pins() -> dict[str, str]:
    """Package: version, of both locks."""
    rows = [line.split("==") for name in LOCKS for line in _lock(name)]
    return {canonicalize_name(name): version for name, version in rows}


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_every_dependency_has_a_lower_bound_that_the_locks_keep():
    pins = _pins()
    extras = PROJECT["optional-dependencies"].values()
    for requirement in map(Requirement, [*PROJECT["dependencies"], *(wanted for group in extras for wanted in group)]):
        if requirement.name == "luciole":
            continue
        assert {one.operator for one in requirement.specifier} & {">=", "=="}, f"{requirement} has no lower bound"
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), f"not locked: {requirement}"


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_is_sorted_and_portable(name):
    lines = _lock(name)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._]+", line) for line in lines)
    names = [canonicalize_name(line.split("==")[0]) for line in lines]
    assert names == sorted(set(names))
    assert "luciole" not in names


def test_the_locks_share_nothing_and_hold_all_that_is_installed():
    assert len(_pins()) == sum(len(_lock(name)) for name in LOCKS)
    found = subprocess.run([sys.executable, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
    installed = dict(line.split("==") for line in found.splitlines() if "==" in line and not line.startswith("#"))
    installed.pop("torch")  # whoever makes the environment may choose it
    for name, version in installed.items():
        assert _pins().get(canonicalize_name(name)) == version.split("+")[0], f"{name}=={version} is not locked"


def test_environment_yml_is_the_same_lock():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    assert f"python{PROJECT['requires-python']}" in dependencies
    assert dependencies[-1] == {"pip": [f"torch=={_pins()['torch']}", "-r requirements.txt"]}


def test_the_commands_of_the_readme_are_those_that_are_checked():
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition("## Two commands")[2]
    commands = re.search(r"```\n(.*?)```", section, re.DOTALL)[1].splitlines()
    checked = re.findall(r"^step (.*)$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert commands == ["make book", "make test"]
    assert sorted(checked[:2]) == commands and checked[2:] == ["make check"]


@pytest.mark.parametrize("locale", ["C", "tr_TR.UTF-8"])  # between a and z of Turkish there is no i
def test_make_alone_lists_every_target(locale):
    spoken = {**os.environ, "LC_ALL": locale}
    make = ["make", "--no-print-directory"]
    listed = subprocess.run(make, cwd=ROOT, env=spoken, capture_output=True, text=True, check=True)
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split()
    assert set(re.findall(r"make ([a-z]+)", listed.stdout)) >= set(declared)


def test_the_table_of_contents_lists_every_chapter():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
    listed = [chapter["file"] for part in parts for chapter in part["chapters"]]
    assert [Path(name).name for name in listed if "/chapters/" in name] == chapters.names()
    for name in listed:
        assert "/chapters/" in name or (ROOT / f"{name}.md").exists()


def test_published_figures_have_a_source_in_the_bibliography():
    known = set(re.findall(r"^@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text("utf-8"), re.MULTILINE))
    for key in published.read()["key"]:
        assert key.split("/")[0] in known, f"data/published.csv: {key} should begin with a key of references.bib"


def test_the_version_is_said_once():
    assert luciole.__version__ == PROJECT["version"]
    assert f"version: {PROJECT['version']}" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_no_path_of_a_machine_is_committed():
    homes = re.compile(r"(?<![\w.])/(?:home|root|work|Users|farm)/\w+")
    for path in _tracked():
        if path.suffix in (".py", ".md", ".yml", ".toml", ".json", ".ipynb", ".txt", ".csv", ".bib", ".cff", ""):
            found = homes.search(path.read_text("utf-8"))
            assert not found, f"{path.relative_to(ROOT)} holds {found[0] if found else ''}"


def test_what_is_generated_or_large_is_not_committed():
    for path in _tracked():
        name = path.relative_to(ROOT).as_posix()
        assert not name.startswith(("book/chapters/", "_build/", "data/cache/")), f"{name} is generated"
        assert path.stat().st_size < 3_000_000, f"{name} is larger than 3 MB"


def test_findings_can_be_run_and_name_their_versions():
    scripts = sorted((ROOT / "findings").glob("*"))
    assert scripts
    for script in scripts:
        text = script.read_text("utf-8")
        assert script.suffix == ".sh" and script.stat().st_mode & 0o111, f"{script.name} cannot be run"
        assert "mktemp -d" in text and re.search(r"pip install.* [\w.-]+==\d", text), f"{script.name} pins nothing"
        assert "luciole" not in text.replace("luciole_", "").lower(), f"{script.name} needs the project"
