"""Sphinx extension: numbers of the front page, ``{{ name }}`` in its Markdown, from what the build wrote.

They stand in ``book/chapters/front.json``, written by ``luciole book`` from the committed results.
"""

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def give_numbers(app: Sphinx, config: Any) -> None:
    """Make every number of the file a substitution of MyST, on all pages."""
    path = Path(app.srcdir) / "book" / "chapters" / "front.json"
    if not path.exists():
        raise ExtensionError(f"expected the numbers of the front page in {path.name}, found none; run luciole book")
    config.myst_substitutions = {**config.myst_substitutions, **json.loads(path.read_text("utf-8"))}


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", give_numbers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
