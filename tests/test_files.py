"""Where things are: in a checkout, where the library is installed, and where a variable says so."""

from pathlib import Path

import pytest

from luciole import files, published, tables
from luciole.book import chapters
from luciole.errors import LucioleError

HAR201 = files.data_file("results/har201/table.npz").resolve().parent


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Path:
    """The package as if it were installed, carrying the published figures, and a user who stands in a project."""
    package = tmp_path / "lib" / "luciole"
    (package / "data").mkdir(parents=True)
    (package / "data" / "published.csv").write_bytes(files.data_file("published.csv").read_bytes())
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'theirs'\n")  # vendored there, which makes no checkout
    (tmp_path / "home").mkdir()
    monkeypatch.setattr(files, "PACKAGE", package)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("LUCIOLE_HOME", "LUCIOLE_CACHE", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return package


def test_an_installed_library_writes_into_the_users_folders(installed, tmp_path):
    assert files.study() is None
    for folder in (files.cache(), files.root(), files.results()):
        assert folder.is_relative_to(tmp_path / "home") and "luciole" in folder.parts


def test_what_the_package_carries_is_read_until_the_user_has_it(installed):
    assert files.data_file("published.csv") == installed / "data" / "published.csv"
    assert len(published.read()) > 50
    own = files.root() / "data" / "published.csv"
    own.parent.mkdir(parents=True)
    own.write_text("")
    assert files.data_file("published.csv") == own
    assert files.data_file("absent.csv") == own.with_name("absent.csv")


def test_the_latency_of_har201_comes_from_where_its_table_is(installed):
    carried, own = installed / "data" / "results" / "har201", files.results() / "har201"
    for folder, names in ((carried, ("table", "latency")), (own, ("table",))):
        folder.mkdir(parents=True)
        for name in names:
            for suffix in (".npz", ".json"):
                (folder / f"{name}{suffix}").symlink_to(HAR201 / f"{name}{suffix}")
    assert "wisdm_latency_ms" not in tables.har201()
    (own / "table.npz").unlink()
    assert "wisdm_latency_ms" in tables.har201()


def test_an_installed_library_has_no_chapters_and_says_so(installed):
    with pytest.raises(LucioleError, match="LUCIOLE_HOME"):
        chapters.names()


def test_variables_come_first(installed, monkeypatch):
    monkeypatch.setenv("LUCIOLE_HOME", "/study")
    assert files.root() == files.study() == Path("/study")
    assert files.cache() == Path("/study/data/cache")
    monkeypatch.setenv("LUCIOLE_CACHE", "/elsewhere")
    assert files.cache() == Path("/elsewhere")


def test_a_checkout_keeps_everything_in_itself(monkeypatch):
    for name in ("LUCIOLE_HOME", "LUCIOLE_CACHE"):
        monkeypatch.delenv(name, raising=False)
    checkout = files.PACKAGE.parents[1]
    assert (checkout / "pyproject.toml").exists()
    assert files.root() == files.study() == checkout
    assert files.cache() == checkout / "data" / "cache"
