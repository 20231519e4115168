"""Would the tests notice? Mutants of some modules, drawn at random, each tried against its module's own tests.

    python tests/mutants.py --seed 201 --count 300 --workers 2 [NAME...]        (or: make mutants)

Cosmic Ray lists the mutants and writes each into a copy of the tree. A mutant is tried in a process forked from one
that has imported the libraries already: Cosmic Ray's own runner starts a fresh interpreter, and importing torch takes
longer than most tests. (mutmut forks too, but leaves decorated functions alone: properties, and what torch decorates.)
A mutant whose module cannot be imported is met by everybody and says nothing of the tests: another one is drawn.
How each ended is kept in _build/mutants.jsonl: a run that was stopped goes on, and what has neither another module nor
other tests since is not tried again.

A mutant that survives because it changes nothing that could be observed is named in mutants.md, with the reason.
The run fails for any other survivor, and when less than 95 % of the mutants are killed; one that runs out of time is
killed, and counted apart.
"""

import argparse
import contextlib
import difflib
import hashlib
import importlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

ROOT = Path(__file__).parents[1]
KNOWN = Path(__file__).with_name("mutants.md")
LEAST = 0.95  # share of the mutants to be killed
KEPT = ROOT / "_build" / "mutants.jsonl"  # how mutants ended, one a line
SAID = "said.txt"  # in the copy of the tree: what the tests of the last trial said
SAME = re.compile(  # other signs for the same: on masks & is * and //, | is +; small numbers are what they equal
    r"BitAnd_(Mul|FloorDiv)$|BitOr_Add$|Operator_(Eq_Is|NotEq_IsNot|Is_Eq|IsNot_NotEq)$"
)
PASSED, STILLBORN, TIMEOUT = 0, 100, 101  # how a trial ended; any other status is a failed test

TESTS = {  # module: its own tests, besides its doctests
    "datasets/splits": ["datasets/test_splits.py"],
    "search/history": ["search/test_history.py", "search/test_account.py"],
    "sensors/study": ["sensors/test_study.py"],
    "sensors/training": ["sensors/test_training.py"],
    "costs/bill": ["costs/test_bill.py"],
    "tables/nasbench201": ["tables/test_nasbench201.py"],
    "results": ["test_results.py"],
    "attestation": ["test_attestation.py"],
    "shards": ["test_shards.py"],
    "workers": ["test_workers.py", "test_shards.py"],
    "locks": ["test_locks.py"],
    "search/evaluated": ["search/test_evaluated.py"],
}


class Mutant(NamedTuple):
    """One small change of one module: an operator of Cosmic Ray, and which of the places where it applies."""

    module: str
    operator: str
    occurrence: int


class Change(NamedTuple):
    """What a mutant changes, in words that stay the same when other lines move."""

    module: str
    definition: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.module}, `{self.definition}`: `{self.before}` → `{self.after}`"


def source(module: str, root: Path = ROOT) -> Path:
    """The file of a module."""
    return root / "lib" / "luciole" / f"{module}.py"


def known() -> dict[Change, str]:
    """The survivors that mutants.md names, and why each is equivalent."""
    found, module = {}, ""
    for line in KNOWN.read_text(encoding="utf-8").splitlines() if KNOWN.exists() else []:
        if line.startswith("## "):
            module = line.removeprefix("## ").strip()
        elif match := re.fullmatch(r"- `(.*?)`: `(.*?)` → `(.*?)`\. (.+)", line):
            found[Change(module, *match.groups()[:3])] = match.group(4)
    return found


def listed(modules: Sequence[str]) -> list[tuple[Mutant, str]]:
    """Every mutant that Cosmic Ray makes of the modules, but for ``SAME``, and the definition that it changes."""
    from cosmic_ray.commands.init import init
    from cosmic_ray.work_db import WorkDB

    with tempfile.TemporaryDirectory() as folder:
        database = WorkDB(f"{folder}/session.sqlite", WorkDB.Mode.create)
        init([source(module) for module in modules], database, {})
        specifications = [item.mutations[0] for item in database.work_items]
        database.close()
    names = {str(source(module)): module for module in modules}
    found = [
        (Mutant(names[str(one.module_path)], one.operator_name, one.occurrence), one.definition_name or "module")
        for one in specifications
        if not SAME.search(one.operator_name)
    ]
    return sorted(found)


def change(mutant: Mutant, definition: str) -> Change:
    """The line that a mutant changes, before and after."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    text = source(mutant.module).read_text(encoding="utf-8")
    mutated = mutate_code(text, get_operator(mutant.operator)(), mutant.occurrence)
    lines = list(difflib.ndiff(text.splitlines(), mutated.splitlines()))
    before, after = (" ".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Change(mutant.module, definition, before, after)


def copied(folder: Path) -> Path:
    """Copy what git knows of the tree, edits included, into ``folder``."""
    asked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def trial(module: str, root: Path, seconds: float, imported: Path | None = None) -> int:
    """Run the module's tests in a forked process until one fails, and return how it ended."""
    child = os.fork()
    if child == 0:
        os.setsid()  # whatever the tests start ends with them
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        status = 1
        try:
            null, told = os.open(os.devnull, os.O_RDONLY), os.open(root / SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for stream, place in enumerate((null, told, told)):
                os.dup2(place, stream)
            status = _tests(module, root, write=imported is not None)
            if imported is not None:
                imported.write_text(json.dumps(_libraries()))
        finally:
            os._exit(status)
    deadline, ended = time.monotonic() + seconds, 0
    try:
        while time.monotonic() < deadline:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        return TIMEOUT
    finally:
        if not ended:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _tests(module: str, root: Path, write: bool) -> int:
    """Import the module and run its tests, in the process that was forked for it."""
    import hypothesis
    import pytest

    sys.dont_write_bytecode = not write  # a mutant and the original could have the same age and size
    os.chdir(root)
    try:
        importlib.import_module(f"luciole.{module.replace('/', '.')}")
    except BaseException:
        return STILLBORN
    hypothesis.settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugins = ["-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider", "-p", "no:faulthandler"]
    options = ["-x", "-q", "--durations=0", *plugins, "--hypothesis-profile=mutants"]
    paths = [*(f"tests/{one}" for one in TESTS[module]), f"lib/luciole/{module}.py"]
    return int(pytest.main([*options, *paths]))


def _libraries() -> list[str]:
    """Modules that are imported now and are no part of this repository."""
    places = [entry for entry in sys.path if "packages" in entry] + [str(Path(os.__file__).parent)]
    return [
        name for name, one in sys.modules.items() if str(getattr(one, "__file__", None) or "").startswith(tuple(places))
    ]


def key(mutant: Mutant) -> str:
    """A mutant of a module as it is now, with its tests as they are now, in hexadecimal digits."""
    files = [source(mutant.module), *(ROOT / "tests" / one for one in TESTS[mutant.module])]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    digest.update(f"{mutant.operator} {mutant.occurrence}".encode())
    return digest.hexdigest()[:20]


def kept() -> dict[str, int]:
    """How mutants ended in runs so far, by key."""
    lines = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.exists() else []
    return {one["key"]: one["ended"] for one in map(json.loads, lines)}


def prepared(root: Path, modules: Sequence[str]) -> dict[str, float]:
    """Run each module's tests on the unchanged copy, import here what they import, and return their seconds."""
    seconds = {}
    for module in modules:
        imported = root / "imported.json"
        started = time.monotonic()
        if (ended := trial(module, root, 1200, imported)) != PASSED:
            said = (root / SAID).read_text(errors="replace")[-4000:]
            sys.exit(f"{said}\nthe tests of {module} fail on the unchanged module (status {ended}): nothing to learn")
        seconds[module] = time.monotonic() - started
        for name in json.loads(imported.read_text()):
            if name not in sys.modules:
                with contextlib.suppress(BaseException):
                    importlib.import_module(name)
    return seconds


def tried(mutants: Sequence[tuple[Mutant, str]], count: int, workers: int, root: Path) -> Iterator[tuple[Change, int]]:
    """Try mutants in the order given until ``count`` were alive enough to be tested; give each change and its end."""
    mutants = mutants[: 2 * count]  # fewer than half cannot be imported; the tests of other modules need not be run
    ended = kept()
    keys = [key(mutant) for mutant, _ in mutants]
    first = sum(1 for _ in _alive(keys, ended, count))
    if first < min(count, len(mutants)):
        seconds = prepared(root, sorted({mutant.module for mutant, _ in mutants}))
        KEPT.parent.mkdir(exist_ok=True)
        shared = multiprocessing.get_context("fork").Array("i", [0, 0])  # the next place, mutants alive so far
        for number in range(1, workers):
            shutil.copytree(root, root.parent / f"tree {number}")
        children = [
            _worker(
                mutants, keys, ended, count, shared, root if not number else root.parent / f"tree {number}", seconds
            )
            for number in range(workers)
        ]
        _wait(children, shared, count)
        ended = kept()
    for place in _alive(keys, ended, count):
        yield change(*mutants[place]), ended[keys[place]]


def _alive(keys: Sequence[str], ended: dict[str, int], count: int) -> Iterator[int]:
    """Places of the first ``count`` mutants that could be imported, as far as all before them have been tried."""
    for place, one in enumerate(keys):
        if one not in ended or not count:
            return
        if ended[one] != STILLBORN:
            count -= 1
            yield place


def _worker(
    mutants: Sequence[tuple[Mutant, str]],
    keys: Sequence[str],
    ended: dict[str, int],
    count: int,
    shared: Any,
    root: Path,
    seconds: dict[str, float],
) -> int:
    """Fork a process that takes one mutant after the other and tries it in the copy ``root``; its number."""
    parent, child = os.getpid(), os.fork()
    if child:
        return child
    status = 1
    try:
        from cosmic_ray.mutating import use_mutation
        from cosmic_ray.plugins import get_operator

        sys.path[0] = os.environ["PYTHONPATH"] = str(root / "lib")
        while os.getppid() == parent:
            with shared.get_lock():
                place, alive = shared
                if place == len(mutants) or alive >= count:
                    break
                shared[0] += 1
                known_end = ended.get(keys[place])
                shared[1] += known_end not in (None, STILLBORN)
            if known_end is not None:
                continue
            mutant = mutants[place][0]
            with use_mutation(source(mutant.module, root), get_operator(mutant.operator)(), mutant.occurrence):
                end = trial(mutant.module, root, 10 + 4 * seconds[mutant.module])
            with shared.get_lock(), KEPT.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": keys[place], "ended": end}) + "\n")
                shared[1] += end != STILLBORN
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def _wait(children: Sequence[int], shared: Any, count: int) -> None:
    """Show how far it is until the workers are done; they end with this process."""
    left = list(children)
    try:
        with tqdm(total=count, unit="mutant", disable=False) as bar:
            while left:
                time.sleep(0.5)
                if new := min(shared[1], count) - bar.n:
                    bar.update(new)
                for child in [*left]:
                    done, status = os.waitpid(child, os.WNOHANG)
                    if done:
                        left.remove(child)
                    if status:
                        sys.exit("a process that tried mutants failed; what it had tried is kept")
    finally:
        for child in left:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)


def main() -> None:
    """Draw, try, and say what survived."""
    parser = argparse.ArgumentParser(description="Mutants drawn at random, tried against their modules' own tests.")
    parser.add_argument("modules", nargs="*", metavar="NAME", help=f"of {', '.join(TESTS)}; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--workers", type=int, default=1, help="processes that try mutants")
    parser.add_argument("--only", default="", help="a definition, to try its mutants alone")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # what runs ends with it
    modules = given.modules or list(TESTS)
    if unknown := sorted({*modules} - {*TESTS}):
        parser.error(f"no module {', '.join(unknown)}; there are: {', '.join(TESTS)}")
    mutants = [one for one in listed(modules) if given.only in ("", one[1])]
    order = np.random.default_rng(given.seed).permutation(len(mutants))
    excused = known()
    counts: dict[str, Counter[str]] = {module: Counter() for module in modules}
    new: list[Change] = []
    with tempfile.TemporaryDirectory() as folder:
        root = copied(Path(folder) / "tree")
        sys.path.insert(0, str(root / "lib"))
        os.environ |= {"PYTHONPATH": str(root / "lib"), "LUCIOLE_OFFLINE": "1", "TQDM_DISABLE": "1"}
        for changed, ended in tried([mutants[place] for place in order], given.count, given.workers, root):
            survived = "equivalent" if changed in excused else "survived"
            what = {PASSED: survived, TIMEOUT: "out of time"}.get(ended, "killed")
            counts[changed.module][what] += 1
            if what == "survived":
                new.append(changed)
    _report(counts, new)


def _report(counts: dict[str, Counter[str]], new: Sequence[Change]) -> None:
    total: Counter[str] = sum(counts.values(), Counter())
    columns = ("killed", "out of time", "equivalent", "survived")
    print(f"{'':20}" + "".join(f"{name:>13}" for name in columns))
    for module, ends in {**counts, "all": total}.items():
        print(f"{module:20}" + "".join(f"{ends[name]:>13}" for name in columns))
    share = (total["killed"] + total["out of time"]) / max(1, total.total())
    print(f"{share:.1%} of {total.total()} killed; survivors that {KNOWN.name} does not explain: {len(new)}")
    for one in new:
        print(f"- {one}")
    sys.exit(bool(new) or share < LEAST)


if __name__ == "__main__":
    main()
