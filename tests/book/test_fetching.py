"""Fetching: what was found is kept with its source, what was not is said and left out."""

import json
from types import SimpleNamespace

import pytest

from luciole.book import fetching
from luciole.datasets import uci_har
from luciole.errors import LucioleError
from luciole.tables import manifest, originals


@pytest.fixture
def openers(monkeypatch, tmp_path):
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_OFFLINE", "1")

    def set_to(**sources: object) -> None:
        def opener(source: object):
            def opened() -> SimpleNamespace:
                if isinstance(source, Exception):
                    raise source
                return SimpleNamespace(source=source)

            return opened

        monkeypatch.setattr(fetching, "_openers", lambda: [(name, opener(s)) for name, s in sources.items()])

    return set_to


def test_sources_are_kept(openers, tmp_path):
    openers(nb201="replica in the package", har="download")
    said = []
    assert fetching.fetch(said.append) == {"nb201": "replica in the package", "har": "download"}
    assert said == ["nb201: replica in the package", "har: download"]
    assert fetching.sources() == {"nb201": "replica in the package", "har": "download"}
    assert json.loads((tmp_path / "sources.json").read_text()) == fetching.sources()


def test_what_is_not_available_is_said_and_does_not_stop_the_rest(openers):
    openers(one=LucioleError("no source has it"), two=OSError("no network"), three="package")
    said = []
    assert fetching.fetch(said.append) == {"three": "package"}
    assert said[:2] == ["one: not available (no source has it)", "two: not available (no network)"]


def test_a_defect_of_ours_is_not_taken_for_a_missing_source(openers):
    openers(one=TypeError("a defect"))
    with pytest.raises(TypeError, match="a defect"):
        fetching.fetch(lambda line: None)


def test_what_will_be_downloaded_is_said_before(openers, monkeypatch):
    openers(one="download")
    monkeypatch.setattr(fetching, "to_download", lambda: 84_600_000)
    said = []
    fetching.fetch(said.append)
    assert said[0].startswith("about 85 MB are downloaded now") and said[1] == "one: download"


def test_nothing_is_downloaded_that_is_at_hand_or_forbidden(openers, monkeypatch, tmp_path):
    assert fetching.to_download() == 0  # offline
    monkeypatch.setenv("LUCIOLE_OFFLINE", "0")
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    everything = fetching.to_download()
    needed = [
        manifest.original(place) for place in sorted({place for some in originals.NEEDS.values() for place in some})
    ]
    tables = sum(one.size for one in needed)
    assert everything == tables + uci_har.SIZE
    place = tmp_path / "originals" / needed[0].place
    place.parent.mkdir(parents=True)
    place.touch()
    assert fetching.to_download() == everything - needed[0].size
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "uci_har.npz").touch()
    monkeypatch.setenv("LUCIOLE_DATA", str(tmp_path / "mine"))
    assert fetching.to_download() == tables - needed[0].size


@pytest.mark.parametrize("text", [None, "", '{"nb201": '])
def test_without_a_record_no_source_is_claimed(openers, tmp_path, text):
    if text is not None:
        (tmp_path / "sources.json").write_text(text)
    assert fetching.sources() == {}
