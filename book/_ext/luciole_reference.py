"""Sphinx extension for the reference: what a registry of the library holds, and signatures that can be read.

    .. registry:: luciole.search.SEARCHERS

       Every searcher by name.

The words after each name are the first paragraph of the entry's docstring. In signatures arrays are ``NDArray[int8]``,
as in the source, not what that stands for.
"""

import importlib
import inspect
import re
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Registry(SphinxDirective):
    """Describes a dictionary name -> function, or name -> object with a docstring."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Write the description as reStructuredText and let Sphinx read it."""
        module, _, name = self.arguments[0].rpartition(".")
        lines = [f".. py:data:: {self.arguments[0]}", "   :type: dict", ""]
        lines += [f"   {line}" for line in self.content] + [""]
        for key, entry in getattr(importlib.import_module(module), name).items():
            text = inspect.getdoc(getattr(entry, "func", entry)) or ""  # a partial's words are its function's
            first = " ".join(text.partition("\n\n")[0].split()).replace("|", "\\|")  # |w| is no substitution
            lines += [f"   ``{key}``", f"      {first}", ""]
        return self.parse(lines)

    def parse(self, lines: list[str]) -> list[nodes.Node]:
        """Nodes of some lines of reStructuredText."""
        holder = nodes.Element()
        self.state.nested_parse(StringList(lines, self.arguments[0]), self.content_offset, holder)
        return holder.children


ARRAY = re.compile(r"(?:~?numpy\.)?ndarray\[tuple\[(?:~?typing\.)?Any, \.\.\.\], (?:~?numpy\.)?dtype\[([^\[\]]+)\]\]")


def shorten(*event: Any) -> tuple[str | None, str | None]:
    """Write arrays as the source does; called by autodoc with a signature and what it returns last."""
    signature, returns = (text and ARRAY.sub(lambda found: f"NDArray[{found[1]}]", text) for text in event[-2:])
    return signature, returns


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("registry", Registry)
    app.connect("autodoc-process-signature", shorten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
