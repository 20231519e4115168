"""What the library asks of an environment: little at its core, and the rest says which extra brings it."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from luciole import files
from luciole.errors import LucioleError, extra

LIBRARY = files.PACKAGE
PROJECT = tomllib.loads((LIBRARY.parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
CALLED = {  # the import: the package, where their names differ
    "sklearn": "scikit-learn",
    "nas_201_api": "nas-bench-201",
    "cpuinfo": "py-cpuinfo",
    "markdown_it": "markdown-it-py",
    "bs4": "beautifulsoup4",
    "yaml": "pyyaml",
}
HEAVY = {"torch", "numpy", "pandas", "scipy", "sklearn", "matplotlib", "pooch", "rich"}


def _names(requirements: list[str]) -> set[str]:
    """Names of the packages, those of an extra that is named in turn included."""
    found: set[str] = set()
    for requirement in map(Requirement, requirements):
        if requirement.name == "luciole":
            for name in requirement.extras:
                found |= _names(PROJECT["optional-dependencies"][name])
        else:
            found.add(canonicalize_name(requirement.name))
    return found


CORE = _names(PROJECT["dependencies"])


def _imports(node: ast.AST, under: str = "") -> Iterator[tuple[str, str, int]]:
    """Every import below ``node``: package, the extra whose block it stands in ("" for none), line."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue  # never run
        inside = under
        if isinstance(child, ast.With):
            for item in child.items:
                call = item.context_expr
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "extra":
                    inside = ast.literal_eval(call.args[0])
        if isinstance(child, ast.Import):
            yield from ((alias.name.split(".")[0], under, child.lineno) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield child.module.split(".")[0], under, child.lineno
        yield from _imports(child, inside)


def test_an_import_outside_the_core_names_an_extra_that_brings_it():
    for path in sorted(LIBRARY.rglob("*.py")):
        for module, named, line in _imports(ast.parse(path.read_text("utf-8"))):
            package = canonicalize_name(CALLED.get(module, module))
            if module in sys.stdlib_module_names or module == "luciole" or package in CORE:
                continue
            place = f"{path.relative_to(LIBRARY)}:{line}"
            assert named, f"{place}: {module} is not at the core; import it under `with extra(...)`"
            brought = _names(PROJECT["optional-dependencies"][named])
            assert package in brought, f"{place}: the extra {named} does not bring {package}"


def test_what_the_core_asks_for_is_imported():
    imported = {module for path in LIBRARY.rglob("*.py") for module, _, _ in _imports(ast.parse(path.read_text()))}
    assert {CALLED.get(name, name) for name in imported} >= CORE


def test_an_absent_package_is_one_line_that_names_the_extra():
    with (
        pytest.raises(LucioleError, match=r"no_such_package.*pip install 'luciole\[search\]'") as caught,
        extra("search"),
    ):
        import no_such_package  # noqa: F401
    assert "\n" not in str(caught.value)


def test_another_failure_of_an_import_is_not_taken_for_an_absent_package():
    with pytest.raises(ImportError, match="cannot import name"), extra("search"):
        from math import no_such_name  # noqa: F401


def _loaded(code: str) -> set[str]:
    """Top-level packages that a fresh interpreter has imported after ``code``."""
    code += "\nimport sys; print('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_importing_the_library_imports_nothing_heavy():
    assert not _loaded("import luciole") & (HEAVY | {"typer", "platformdirs"})


def test_help_imports_nothing_heavy():
    help_ = "import contextlib\nfrom luciole import cli\nwith contextlib.suppress(SystemExit): cli.app(['--help'])"
    assert not _loaded(help_) & HEAVY


def test_rooms_that_need_no_torch_import_none():
    rooms = ("search", "spaces", "tables", "datasets", "efficiency")
    assert "torch" not in _loaded("".join(f"import luciole.{room}\n" for room in rooms))
