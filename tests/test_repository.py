"""Habits of the repository: pins that agree, commands that are those of the README, nothing that does not belong."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import luciole
from luciole import files, published
from luciole.book import chapters

ROOT = files.root()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def _pins() -> dict[str, str]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    rows = [line.split("==") for line in lines if not line.startswith("#")]
    return {name.lower().replace("_", "-"): version for name, version in rows}


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_every_dependency_is_pinned_and_locked():
    wanted = PROJECT["dependencies"] + [w for group in PROJECT["optional-dependencies"].values() for w in group]
    pins = _pins()
    for requirement in wanted:
        if requirement.startswith("luciole["):
            continue
        name, _, version = requirement.partition("==")
        assert version, f"pyproject.toml: {requirement} is not pinned"
        assert pins.get(name.lower().replace("_", "-")) == version, f"requirements.txt does not hold {requirement}"


def test_the_lock_is_sorted_portable_and_installed():
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()[1:]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._]+", line) for line in lines)
    names = [line.split("==")[0].lower().replace("_", "-") for line in lines]
    assert names == sorted(names) and len(names) == len(set(names))
    assert "luciole" not in names
    found = subprocess.run([sys.executable, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
    installed = dict(line.split("==") for line in found.splitlines() if "==" in line and not line.startswith("#"))
    for name, version in installed.items():
        assert _pins().get(name.lower().replace("_", "-")) == version.split("+")[0], f"{name}=={version} is not locked"


def test_environment_yml_is_the_same_lock():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    assert f"python{PROJECT['requires-python']}" in dependencies
    assert dependencies[-1] == {"pip": [f"torch=={_pins()['torch']}", "-r requirements.txt"]}


def test_make_installs_torch_first_and_the_same_one():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert makefile.index(f"pip install -q torch=={_pins()['torch']}") < makefile.index("-r requirements.txt")


def test_the_commands_of_the_readme_are_those_that_are_checked():
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.partition("## Two commands")[2]
    commands = re.search(r"```\n(.*?)```", section, re.DOTALL)[1].splitlines()
    checked = re.findall(r"^step (.*)$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert commands == ["make book", "make test"]
    assert sorted(checked[:2]) == commands and checked[2:] == ["make check"]


def test_make_alone_lists_every_target():
    listed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
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


def test_search_and_spaces_do_not_need_torch():
    code = "import sys, luciole.search, luciole.spaces; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
