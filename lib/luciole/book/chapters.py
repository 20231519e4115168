"""The chapters: found by number or name, run headless, and run again only when what they depend on has changed.

A chapter is ``notebooks/NN_name.py``. Running it gives an executed notebook whose metadata say what the run
depended on: the script, its parameters, the pins, the interpreter, and every file of the library and of the data
that the kernel read (:mod:`luciole.book.ledger`). :func:`stale` compares that with what is on disk now.

    for failure in run_stale(files.root() / "book" / "chapters"):
        print(failure)
"""

import ast
import hashlib
import json
import multiprocessing
import os
import platform
import re
import shlex
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from luciole import files, lifeline, results
from luciole.book import comments, fetching
from luciole.errors import LucioleError, extra

FORM = 7  # of the metadata and of what `_publish` does; another number makes every chapter run again
LONGEST_CELL = 1200  # seconds; a chapter is meant to take about a minute, this is for chapters that hang
WORKERS = 2
SAID = (
    "LucioleError",
    "NoSource",
    "NoTable",
    "Unavailable",
    "Unfinished",
)  # errors whose text is meant for people: no traceback
ENVIRONMENT = {  # of the kernels: data is fetched before, digits do not depend on threads, nothing is drawn on stderr
    "LUCIOLE_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "TQDM_DISABLE": "1",
    "CODECARBON_LOG_LEVEL": "error",
    "PYTHONHASHSEED": "0",
}

MOVED = {"07_har_application": "07_contest, 08_skeletons (the skeletons) and 09_streams (the streams, `hop`)"}


def names() -> list[str]:
    """Names of all chapters, in the order of the book; LucioleError where the library is installed without them."""
    if files.study() is None:
        raise LucioleError(
            "expected the chapters, got the library alone; run this in a checkout, or name one in LUCIOLE_HOME"
        )
    return sorted(path.stem for path in (files.root() / "notebooks").glob("[0-9]*.py"))


def find(name: str) -> Path:
    """Script of the chapter called ``name``: its number (3 or 03) or its whole name (03_ifa_reproduction).

    Raises LucioleError, listing the chapters, when there is none.
    """
    known = names()
    if name in MOVED:
        raise LucioleError(f"the chapter {name} stands in {MOVED[name]} now")
    for chapter in known:
        number = chapter.split("_")[0]
        if name in (chapter, number) or (name.isdecimal() and int(name) == int(number)):
            return files.root() / "notebooks" / f"{chapter}.py"
    raise LucioleError(f"expected a chapter, got {name!r}; the chapters are {', '.join(known) or 'none yet'}")


def defaults(script: Path) -> dict[str, Any]:
    """The parameters of a chapter and their default values, read from its cell tagged ``parameters``.

    Raises LucioleError when a value there is not a literal.
    """
    cells = [cell for cell in read(script).cells if "parameters" in cell.metadata.get("tags", [])]
    values: dict[str, Any] = {}
    for statement in ast.parse(cells[0].source if cells else "").body:
        if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
            raise LucioleError(
                f"{script.name}: the parameters cell should hold only name = value, got {ast.unparse(statement)!r}"
            )
        try:
            values[statement.targets[0].id] = ast.literal_eval(statement.value)
        except ValueError as error:
            raise LucioleError(
                f"{script.name}: a parameter should be a plain value, got {ast.unparse(statement)!r}"
            ) from error
    return values


def least(script: Path) -> dict[str, int]:
    """The least value of each whole-number parameter of a chapter: "at least n" in its comment, else 0."""
    cells = [cell for cell in read(script).cells if "parameters" in cell.metadata.get("tags", [])]
    comments_of = dict(re.findall(r"^(\w+) = .*?#(.*)$", cells[0].source if cells else "", re.MULTILINE))
    said = {name: re.search(r"at least (\d+)", words) for name, words in comments_of.items()}
    return {
        name: int(found.group(1)) if (found := said.get(name)) else 0
        for name, value in defaults(script).items()
        if isinstance(value, int) and not isinstance(value, bool)
    }


def check(script: Path, parameters: dict[str, Any]) -> None:
    """Raise LucioleError where a parameter is below the least value that its comment names."""
    for name, lowest in least(script).items():
        if name in parameters and parameters[name] < lowest:
            raise LucioleError(
                f"parameter {name} of chapter {script.stem} should be at least {lowest}, got {parameters[name]}"
            )


def parse(assignments: str, known: dict[str, Any]) -> dict[str, Any]:
    """Turn ``"seed=1 runs=20"`` into values typed like the defaults they replace.

    Raises LucioleError for an unknown name or a value of another type.

    >>> parse("seed=1 rate=2 names=a,b", {"seed": 0, "rate": 0.5, "names": ["c"]})
    {'seed': 1, 'rate': 2.0, 'names': ['a', 'b']}
    """
    values = {}
    for assignment in shlex.split(assignments):
        name, equals, text = assignment.partition("=")
        if not equals:
            raise LucioleError(f"expected name=value, got {assignment!r}; write for instance PARAMS='seed=1'")
        if name not in known:
            listed = ", ".join(f"{name}={value!r}" for name, value in known.items())
            raise LucioleError(f"unknown parameter {name!r}; this chapter has {listed or 'no parameters'}")
        try:
            values[name] = _typed(text, known[name])
        except (ValueError, SyntaxError, KeyError) as error:
            kind = type(known[name]).__name__
            raise LucioleError(
                f"parameter {name} should be of type {kind} like its default {known[name]!r}, got {text!r}"
            ) from error
    return values


def _typed(text: str, default: Any) -> Any:
    if isinstance(default, bool):
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
    if isinstance(default, int | float | str):
        return type(default)(text)
    if isinstance(default, list | tuple):
        if text[:1] in ("[", "("):
            return type(default)(ast.literal_eval(text))
        items = [item for item in text.split(",") if item]
        return type(default)(_typed(item, default[0] if default else "") for item in items)
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text  # a parameter whose default is None takes words without quotes


def read(script: Path) -> Any:
    """The chapter as a notebook in memory, with cell identifiers that are the same at every reading."""
    with extra("book"):
        import jupytext

    notebook = jupytext.read(script)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{script.stem[:40]}-{number}"
    return notebook


def key(script: Path, parameters: dict[str, Any]) -> dict[str, str]:
    """What a run of a chapter depends on and is known before it: named hashes and words."""
    pins = files.root() / "requirements.txt"
    return {
        "engine": str(FORM),
        "script": files.sha256(script),
        "parameters": json.dumps(parameters, sort_keys=True),
        "pins": files.sha256(pins) if pins.exists() else "",
        "python": platform.python_version(),
        "LUCIOLE_DATA": _digest(_absolute(files.data_folder())),
        "sources": json.dumps(fetching.sources(), sort_keys=True),
        "LUCIOLE_COUNTRY": os.environ.get("LUCIOLE_COUNTRY", ""),
    }


def _digest(folder: Path | None) -> str:
    """What tells one folder from another without naming it, as executed notebooks are offered for download."""
    return hashlib.sha256(str(folder).encode()).hexdigest()[:16] if folder else ""


def stale(executed: Path, script: Path, parameters: dict[str, Any]) -> str:
    """Why ``executed`` is not a run of the chapter as it is now: a reason for people, empty when it is one."""
    try:
        record = json.loads(executed.read_text(encoding="utf-8"))["metadata"]["luciole"]
    except FileNotFoundError:
        return "it has not run yet"
    except (ValueError, KeyError, TypeError):
        return "its last run left no record"
    for name, value in key(script, parameters).items():
        if record["key"].get(name) != value:
            return f"{name} changed"
    for name, digest in record["inputs"].items():
        path = files.root() / name
        if not path.is_file() or files.sha256(path) != digest:
            return f"{name} changed"
    return ""


def run(script: Path, output: Path, parameters: dict[str, Any]) -> None:
    """Run a chapter in a fresh kernel and write the executed notebook to ``output``, whole or not at all.

    Raises LucioleError when a cell fails, its text the traceback, or the cell's own line where that is meant for
    people, and for a parameter below its least value; ``output`` is then what it was before.
    """
    check(script, parameters)
    with extra("book"):
        import nbformat
        import papermill
        from nbclient.exceptions import CellTimeoutError, DeadKernelError

    os.environ.update(ENVIRONMENT, LUCIOLE_CACHE=str(_absolute(files.cache())))
    if folder := _absolute(files.data_folder()):  # the kernel works in another folder than we do
        os.environ["LUCIOLE_DATA"] = str(folder)
    known = key(script, parameters)
    notebook = read(script)
    first, last = (nbformat.v4.new_code_cell(f"import luciole.book.ledger\nluciole.book.ledger.{call}()", id=call)
                   for call in ("start", "report"))  # fmt: skip
    # what matplotlib says of its fonts, or of a home it cannot write to, would be output and fail the book
    first.source = f"import matplotlib.font_manager\n{first.source}"
    notebook.cells = [first, *notebook.cells, last]
    try:
        done = papermill.execute_notebook(
            notebook, None, parameters, kernel_name="python3", progress_bar=False, cwd=script.parent,
            execution_timeout=LONGEST_CELL, start_timeout=180, extra_arguments=["--log-level=CRITICAL"],
        )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        if error.ename in SAID:
            raise LucioleError(f"chapter {script.stem} stopped: {error.evalue}") from error
        trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
        raise LucioleError(f"chapter {script.stem} failed:\n{trace}") from error
    except DeadKernelError as error:
        raise LucioleError(_ended(f"the kernel of chapter {script.stem}")) from error
    except CellTimeoutError as error:
        limit = f"a cell of chapter {script.stem} took more than {LONGEST_CELL} s"
        raise LucioleError(f"{limit}; its last run is kept: make it cheaper and run it again") from error
    report = json.loads("".join(out["text"] for out in done.cells[-1].outputs if out.get("name") == "stdout"))
    done.cells = done.cells[1:-1]
    _publish(done, script.stem)
    inputs = {_shown(Path(path)): digest for path, digest in report["inputs"].items()}
    done.metadata = {
        "kernelspec": done.metadata.kernelspec,
        "luciole": {"key": known, "inputs": inputs, "account": report["account"], "machine": results.machine()},
    }
    with files.atomic(output) as temporary:
        temporary.write_text(nbformat.writes(nbformat.from_dict(done)), encoding="utf-8")


def run_stale(folder: Path, say: Callable[[str], None] = print) -> list[str]:
    """Run every chapter whose executed notebook in ``folder`` is stale, two at once; give the failures as text."""
    todo = {}
    for name in names():
        script, output = find(name), folder / f"{name}.ipynb"
        if reason := stale(output, script, {}):
            todo[name] = (script, output)
            say(f"chapter {name}: runs ({reason})")
        else:
            say(f"chapter {name}: kept from its last run")
    for orphan in {path.stem for path in folder.glob("*.ipynb")} - set(names()):
        (folder / f"{orphan}.ipynb").unlink()
    failures = []
    if todo:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(WORKERS, len(todo)), spawn, lifeline.follow, (os.getpid(),)) as pool:
            jobs = {pool.submit(run, script, output, {}): name for name, (script, output) in todo.items()}
            for job in as_completed(jobs):
                if isinstance(error := job.exception(), BrokenProcessPool):
                    failures.append(_ended(f"the process that ran chapter {jobs[job]}"))
                    say(f"chapter {jobs[job]}: FAILED")
                elif error:
                    failures.append(str(error) if isinstance(error, LucioleError) else f"{jobs[job]}: {error!r}")
                    say(f"chapter {jobs[job]}: FAILED")
                else:
                    say(f"chapter {jobs[job]}: done")
    return failures


def _ended(what: str) -> str:
    return f"{what} was ended by the system (out of memory?); its last run is kept, and the same command goes on"


def _publish(notebook: Any, chapter: str) -> None:
    """Give each figure a cell of its own, with the words of `figures.show` where the book looks for them.

    The book would make a figure of every output of that cell. The code of the cell that drew is folded. Printed
    paths of this machine are cut to those inside the study. Markdown with a line that the book would not show, written
    or computed, is refused.
    """
    with extra("book"):
        import nbformat

    for text in _markdown(notebook):
        comments.refuse(text, f"chapter {chapter}")

    published = []
    for cell in notebook.cells:
        published.append(cell)
        for out in cell.get("outputs", []):
            if out.output_type == "stream":
                out.text = out.text.replace(f"{files.root().resolve()}/", "")
        images = [out for out in cell.get("outputs", []) if "image/png" in out.get("data", {})]
        words = [out.metadata.get("luciole") for out in images]
        if images and (len(images) > 1 or not words[0]):
            raise LucioleError(
                f"chapter {chapter}: expected one figure a cell, shown by figures.show with its alternative text, "
                f"got {len(images)} image(s) from the cell\n{cell.source}"
            )
        if images:
            alt, name, caption = (words[0][part] for part in ("alt", "name", "caption"))
            cell.metadata["tags"] = sorted({"hide-input", *cell.metadata.get("tags", [])})
            cell["outputs"] = [out for out in cell.outputs if out is not images[0]]
            seen = {"image": {"alt": alt}, "figure": {"name": name, "caption": caption}}
            # the book leaves out cells without source, outputs and all
            figure = nbformat.v4.new_code_cell(f"# {name}", id=f"{cell.id}-figure", outputs=images)
            figure.metadata.update(tags=["remove-input"], mystnb=seen)
            published.append(figure)
    notebook.cells = published


def _markdown(notebook: Any) -> Iterator[str]:
    """Every text of an executed chapter that the book reads as Markdown: its cells, what they show, captions."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield cell.source
        for out in cell.get("outputs", []):
            yield from (text for kind, text in out.get("data", {}).items() if kind.endswith("text/markdown"))
            yield out.get("metadata", {}).get("luciole", {}).get("caption", "")


def _absolute(folder: Path | None) -> Path | None:
    return folder.resolve() if folder else None


def _shown(path: Path) -> str:
    """A path inside the study relative to its root, so that a record moves with the folder."""
    root = files.root().resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
