"""Chapters: names, parameters, and when they run again; on a small study of two chapters, with real kernels."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from luciole.book import chapters
from luciole.errors import LucioleError

HEADER = """# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% tags=["parameters"]
"""
READER = (
    HEADER
    + """seed = 0  # a whole number
rate = 0.5
words = ["a", "b"]
fast = False
# %%
from pathlib import Path
from luciole import files
print(Path(files.root() / "data" / "numbers.csv").read_text(), seed)
"""
)
LONER = (
    HEADER
    + """seed = 0
# %%
print("alone", seed)
"""
)


@pytest.fixture
def study(tmp_path, monkeypatch) -> Path:
    """A study of two chapters, of which the first reads a file of data."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "notebooks" / "01_reader.py").write_text(READER)
    (tmp_path / "notebooks" / "02_loner.py").write_text(LONER)
    (tmp_path / "data" / "numbers.csv").write_text("1,2,3")
    (tmp_path / "requirements.txt").write_text("numpy==2.4.6\n")
    monkeypatch.setenv("LUCIOLE_HOME", str(tmp_path))
    monkeypatch.setenv("LUCIOLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LUCIOLE_DATA", raising=False)
    for name in chapters.ENVIRONMENT:  # `run` sets them in this process; they go back after the test
        monkeypatch.setenv(name, os.environ.get(name, ""))
    return tmp_path


def _outputs(executed: Path) -> str:
    cells = json.loads(executed.read_text())["cells"]
    return "".join("".join(out.get("text", "")) for cell in cells for out in cell.get("outputs", []))


def test_another_folder_of_data_counts_and_is_not_named(study, tmp_path, monkeypatch):
    """Executed notebooks are offered for download."""
    before = chapters.key(chapters.find("1"), {})
    monkeypatch.setenv("LUCIOLE_DATA", str(tmp_path / "data"))
    now = chapters.key(chapters.find("1"), {})
    assert now["LUCIOLE_DATA"] != before["LUCIOLE_DATA"]
    assert str(tmp_path) not in json.dumps(now)


@pytest.mark.parametrize("name", ["1", "01", "01_reader"])
def test_a_chapter_is_found_by_number_or_name(study, name):
    assert chapters.find(name).name == "01_reader.py"


@pytest.mark.parametrize("name", ["", "0", "11", "reader", "../01_reader", "01_reader.py"])
def test_an_unknown_chapter_is_refused_with_the_list(study, name):
    with pytest.raises(LucioleError, match=r"01_reader, 02_loner") as caught:
        chapters.find(name)
    assert "\n" not in str(caught.value)


def test_parameters_are_read_from_the_script_and_typed_like_their_defaults(study):
    known = chapters.defaults(chapters.find("1"))
    assert known == {"seed": 0, "rate": 0.5, "words": ["a", "b"], "fast": False}
    given = chapters.parse("seed=7 rate=2 words=x,'y z' fast=true", known)
    assert given == {"seed": 7, "rate": 2.0, "words": ["x", "y z"], "fast": True}
    assert [type(value) for value in given.values()] == [int, float, list, bool]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sead=1", "unknown parameter 'sead'; this chapter has seed=0, rate=0.5"),
        ("seed=1.5", "type int like its default 0, got '1.5'"),
        ("rate=much", "type float"),
        ("fast=maybe", "type bool"),
        ("seed", "expected name=value"),
    ],
)
def test_bad_parameters_get_one_line(study, text, said):
    with pytest.raises(LucioleError, match=said) as caught:
        chapters.parse(text, chapters.defaults(chapters.find("1")))
    assert "\n" not in str(caught.value)


def test_a_parameter_must_be_a_plain_value(study):
    (study / "notebooks" / "01_reader.py").write_text(HEADER + "import os\n")
    with pytest.raises(LucioleError, match="only name = value"):
        chapters.defaults(chapters.find("1"))
    (study / "notebooks" / "01_reader.py").write_text(HEADER + "seed = f(1)\n")
    with pytest.raises(LucioleError, match="plain value"):
        chapters.defaults(chapters.find("1"))


def test_only_what_changed_runs_again(study):
    folder, said = study / "book" / "chapters", []
    reader, loner = (folder / f"{name}.ipynb" for name in chapters.names())

    def reasons() -> tuple[str, str]:
        return chapters.stale(reader, chapters.find("1"), {}), chapters.stale(loner, chapters.find("2"), {})

    assert chapters.run_stale(folder, said.append) == []
    assert "1,2,3 0" in _outputs(reader)
    assert reasons() == ("", "")
    (study / "data" / "unread.csv").write_text("0")
    assert reasons() == ("", "")
    (study / "requirements.txt").write_text("numpy==2.4.7\n")
    assert reasons() == ("pins changed", "pins changed")
    (study / "requirements.txt").write_text("numpy==2.4.6\n")
    (study / "notebooks" / "02_loner.py").write_text(LONER.replace("alone", "lonely"))
    assert reasons() == ("", "script changed")
    (study / "notebooks" / "02_loner.py").write_text(LONER)
    (study / "data" / "numbers.csv").write_text("4,5,6")
    assert reasons() == ("data/numbers.csv changed", "")

    kept = loner.read_bytes()
    (folder / "09_gone.ipynb").write_text("{}")
    said.clear()
    assert chapters.run_stale(folder, said.append) == []
    assert said == [
        "chapter 01_reader: runs (data/numbers.csv changed)",
        "chapter 02_loner: kept from its last run",
        "chapter 01_reader: done",
    ]
    assert "4,5,6 0" in _outputs(reader)
    assert loner.read_bytes() == kept
    assert not (folder / "09_gone.ipynb").exists()


def test_what_a_chapter_makes_and_removes_does_not_run_it_again(study):
    between = (study / "data" / "between.txt").as_posix()
    makes = f"\n# %%\nfrom pathlib import Path\nmade = Path({between!r})\nmade.write_text('x')\n"
    (study / "notebooks" / "02_loner.py").write_text(LONER + makes + "made.read_text()\nmade.unlink()\n")
    chapters.run(chapters.find("2"), study / "out.ipynb", {})
    assert chapters.stale(study / "out.ipynb", chapters.find("2"), {}) == ""
    (study / "notebooks" / "02_loner.py").write_text(LONER + makes + "made.read_text()\n")
    chapters.run(chapters.find("2"), study / "out.ipynb", {})
    made = Path(between)
    made.write_text("y")
    assert chapters.stale(study / "out.ipynb", chapters.find("2"), {}) == "data/between.txt changed"


def test_a_file_of_the_cache_that_a_chapter_makes_anew_does_not_run_it_again(study):
    cached = (study / "cache" / "model.txt").as_posix()
    makes = (
        f"\n# %%\nfrom pathlib import Path\nmade = Path({cached!r})\nmade.parent.mkdir(parents=True, exist_ok=True)\n"
    )
    grows = "text = made.read_text() if made.exists() else ''\nmade.write_text(text + 'x')\n"
    (study / "notebooks" / "02_loner.py").write_text(LONER + makes + grows)
    for length in (1, 2):
        chapters.run(chapters.find("2"), study / "out.ipynb", {})
        assert Path(cached).read_text() == length * "x"
        assert chapters.stale(study / "out.ipynb", chapters.find("2"), {}) == ""


def test_the_record_names_the_modules_that_ran_and_no_others(study):
    chapters.run(chapters.find("2"), study / "out.ipynb", {})
    record = json.loads((study / "out.ipynb").read_text())["metadata"]["luciole"]
    modules = {Path(name).name for name in record["inputs"]}
    assert {"ledger.py", "files.py", "energy.py"} <= modules
    assert not {"figures.py", "chapters.py", "numbers.csv"} & modules
    assert record["account"]["seconds"] > 0
    assert chapters.stale(study / "out.ipynb", chapters.find("2"), {}) == ""
    assert "parameters" in chapters.stale(study / "out.ipynb", chapters.find("2"), {"seed": 1})
    notebook = json.loads((study / "out.ipynb").read_text())
    edited = next(name for name in record["inputs"] if name.endswith("files.py"))
    notebook["metadata"]["luciole"]["inputs"][edited] = "0" * 64
    (study / "out.ipynb").write_text(json.dumps(notebook))
    assert chapters.stale(study / "out.ipynb", chapters.find("2"), {}) == f"{edited} changed"


def test_parameters_reach_the_kernel(study):
    chapters.run(chapters.find("2"), study / "out.ipynb", {"seed": 41})
    assert "alone 41" in _outputs(study / "out.ipynb")


def test_a_failing_chapter_says_where_and_leaves_the_last_good_run(study):
    folder = study / "book" / "chapters"
    folder.mkdir(parents=True)
    good = folder / "02_loner.ipynb"
    good.write_text("the last good run")
    (study / "notebooks" / "02_loner.py").write_text(LONER.replace('"alone"', "undefined_name"))
    with pytest.raises(LucioleError, match="undefined_name") as caught:
        chapters.run(chapters.find("2"), good, {})
    assert "02_loner failed" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert good.read_text() == "the last good run"
    assert [path.name for path in folder.iterdir()] == ["02_loner.ipynb"]


def test_a_cell_that_says_what_is_wrong_is_one_line(study):
    said = "from luciole import tables\nraise tables.NoSource('expected a table, got none; fetch it')"
    (study / "notebooks" / "02_loner.py").write_text(LONER + f"# %%\n{said}\n")
    with pytest.raises(LucioleError, match="^chapter 02_loner stopped: expected a table, got none; fetch it$"):
        chapters.run(chapters.find("2"), study / "never.ipynb", {})
    assert not (study / "never.ipynb").exists()


def test_a_whole_number_has_a_least_value_which_its_comment_names(study):
    script = study / "notebooks" / "01_reader.py"
    script.write_text(READER.replace("seed = 0  # a whole number", "seed = 3  # of what, at least 2: or less"))
    assert chapters.least(script) == {"seed": 2}
    assert chapters.least(study / "notebooks" / "02_loner.py") == {"seed": 0}
    for seed in (1, 0, -1):
        with pytest.raises(
            LucioleError, match=f"^parameter seed of chapter 01_reader should be at least 2, got {seed}$"
        ):
            chapters.run(script, study / "never.ipynb", {"seed": seed})
    chapters.check(script, {"seed": 2, "rate": -1.0})
    script.write_text(READER)
    with pytest.raises(LucioleError, match="should be at least 0, got -1"):
        chapters.check(script, {"seed": -1})


def test_a_broken_executed_notebook_is_run_again(study):
    broken = study / "broken.ipynb"
    for text in ("", '{"cells": [', '{"cells": [], "metadata": {}}', "[]"):
        broken.write_text(text)
        assert chapters.stale(broken, chapters.find("2"), {}) == "its last run left no record"


def test_a_killed_run_leaves_nothing_that_is_picked_up(study):
    (study / "notebooks" / "02_loner.py").write_text(
        LONER + "import pathlib, time\npathlib.Path('../started').touch()\ntime.sleep(60)\n"
    )
    output = study / "book" / "chapters" / "02_loner.ipynb"
    code = (
        "from pathlib import Path; from luciole.book import chapters; "
        f"chapters.run(chapters.find('2'), Path({str(output)!r}), {{}})"
    )
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    deadline = time.monotonic() + 60
    while not (study / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (study / "started").exists()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not output.exists()
    assert chapters.stale(output, chapters.find("2"), {}) == "it has not run yet"


def test_a_kernel_ended_by_the_system_is_one_line(study):
    (study / "notebooks" / "02_loner.py").write_text(LONER + "import os\nos.kill(os.getpid(), 9)\n")
    with pytest.raises(LucioleError) as caught:
        chapters.run(chapters.find("2"), study / "out.ipynb", {})
    assert str(caught.value) == (
        "the kernel of chapter 02_loner was ended by the system (out of memory?); "
        "its last run is kept, and the same command goes on"
    )
    assert not (study / "out.ipynb").exists()


def test_processes_and_kernels_end_with_the_book(study):
    """Two processes run chapters, each with a kernel below it: none outlives what started them."""
    folder = study / "book" / "chapters"
    for number, name in enumerate(("01_reader", "02_loner")):
        note = f"import os, pathlib, time\npathlib.Path('../kernel{number}').write_text(str(os.getpid()))\n"
        (study / "notebooks" / f"{name}.py").write_text(LONER + note + "time.sleep(600)\n")
    code = f"from pathlib import Path; from luciole.book import chapters; chapters.run_stale(Path({str(folder)!r}))"
    code = f"if __name__ == '__main__':\n    {code}\n"
    (study / "book.py").write_text(code)
    process = subprocess.Popen([sys.executable, study / "book.py"], stdout=subprocess.DEVNULL)
    notes = [study / "kernel0", study / "kernel1"]
    deadline = time.monotonic() + 90
    while not all(note.exists() and note.read_text() for note in notes) and time.monotonic() < deadline:
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    kernels = {int(note.read_text()) for note in notes}
    assert kernels <= {child.pid for child in children} and len(children) >= 4
    process.kill()
    process.wait()
    assert not psutil.wait_procs(children, timeout=30)[1]
    assert not list(folder.glob("*.ipynb"))


def test_a_figure_without_alternative_text_is_refused(study):
    (study / "notebooks" / "02_loner.py").write_text(
        LONER + "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\n"
    )
    with pytest.raises(LucioleError, match=r"figures\.show"):
        chapters.run(chapters.find("2"), study / "out.ipynb", {})
    assert not (study / "out.ipynb").exists()


def test_words_of_a_figure_reach_the_cell_and_those_of_a_home_that_cannot_be_written_do_not(study, monkeypatch):
    (study / "no-folder").touch()
    monkeypatch.setenv("MPLCONFIGDIR", str(study / "no-folder"))  # matplotlib warns of it where it is imported first
    (study / "notebooks" / "02_loner.py").write_text(
        LONER
        + "import matplotlib.pyplot as plt\nfrom luciole.book import figures\nfig, ax = plt.subplots()\n"
        + "ax.set(xlabel='time (s)', ylabel='regret (%)')\n"
        + "figures.show(fig, 'a-name', alt='An empty pair of axes, for a test.', caption='Nothing.')\n'a table'\n"
    )
    chapters.run(chapters.find("2"), study / "out.ipynb", {})
    cells = json.loads((study / "out.ipynb").read_text())["cells"]
    (drawing,) = [cell["metadata"] for cell in cells if "mystnb" in cell["metadata"]]
    assert drawing["mystnb"] == {
        "image": {"alt": "An empty pair of axes, for a test."},
        "figure": {"name": "a-name", "caption": "Nothing."},
    }
    code, figure = cells[-2:]
    assert code["metadata"]["tags"] == ["hide-input"], "code that draws is folded"
    assert [out["output_type"] for out in code["outputs"]] == ["stream", "execute_result"]
    assert figure["metadata"] == drawing and list(figure["outputs"][0]["data"]) == ["image/png", "text/plain"]
    assert "".join(figure["source"]).strip(), "the book leaves out a cell without source, outputs and all"


def test_printed_paths_of_this_machine_are_cut(study):
    (study / "notebooks" / "02_loner.py").write_text(
        LONER + "from luciole import files\nprint(files.root().resolve() / 'data' / 'numbers.csv')\n"
    )
    chapters.run(chapters.find("2"), study / "out.ipynb", {})
    assert "data/numbers.csv" in _outputs(study / "out.ipynb")
    assert str(study) not in (study / "out.ipynb").read_text()


LOST = "It reaches 94\n% of the best."  # MyST takes its second line for a comment


def test_displayed_markdown_with_a_line_that_vanishes_is_refused(study):
    (study / "notebooks" / "02_loner.py").write_text(
        LONER + f"from IPython.display import Markdown, display\ndisplay(Markdown({LOST!r}))\n"
    )
    with pytest.raises(LucioleError, match=r"^chapter 02_loner: .*'% of the best\.'") as caught:
        chapters.run(chapters.find("2"), study / "out.ipynb", {})
    assert "\n" not in str(caught.value)
    assert not (study / "out.ipynb").exists()


@pytest.mark.parametrize(
    "cell",
    [
        nbformat.v4.new_markdown_cell(LOST),
        nbformat.v4.new_code_cell(
            outputs=[
                nbformat.v4.new_output("display_data", {"application/papermill.record/text/markdown": LOST}),
            ]
        ),
        nbformat.v4.new_code_cell(
            outputs=[
                nbformat.v4.new_output(
                    "display_data",
                    {"image/png": ""},
                    metadata={"luciole": {"alt": "A line.", "name": "a-line", "caption": LOST}},
                )
            ]
        ),
    ],
    ids=["written", "glued", "caption"],
)
def test_a_line_that_vanishes_is_refused_wherever_the_book_reads_markdown(cell):
    with pytest.raises(LucioleError, match=r"chapter 01_reader: .*'% of the best\.'"):
        chapters._publish(nbformat.v4.new_notebook(cells=[cell]), "01_reader")


def test_a_chapter_that_was_parted_says_where_it_stands():
    with pytest.raises(LucioleError, match="07_har_application stands in 07_contest, 08_skeletons .* now"):
        chapters.find("07_har_application")
