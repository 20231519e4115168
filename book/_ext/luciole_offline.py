"""Sphinx extension: the pages ask nothing from a remote host.

Formulas are drawn by MathJax's single file from the package ``sphinx-mathjax-offline``, and the listeners of
``sphinx-thebe``, which Jupyter Book always loads and this book does not use, are taken off.
"""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

MATHJAX = "tex-svg.js"  # SVG glyphs: no font files to fetch, so that it works from a folder too


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Put MathJax beside the other static files once the pages are written."""
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    if error or package is None or package.origin is None:
        return
    shutil.copy(Path(package.origin).parent / "static" / "mathjax" / MATHJAX, Path(app.outdir) / "_static")


def drop_thebe(app: Sphinx, config: Any) -> None:
    """Disconnect what sphinx-thebe does to pages, and its style sheet."""
    for listeners in app.events.listeners.values():
        listeners[:] = [one for one in listeners if not one.handler.__module__.startswith("sphinx_thebe")]
    app.registry.css_files[:] = [one for one in app.registry.css_files if "thebe" not in one[0]]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", lambda app, config: setattr(config, "mathjax_path", MATHJAX))
    app.connect("config-inited", drop_thebe)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
