"""Sphinx extension: a registry of the library, as ``luciole.search.SEARCHERS``, with what each of its entries is.

    .. registry:: luciole.search.SEARCHERS

       Every searcher by name.

The words after each name are the first paragraph of the entry's docstring.
"""

import importlib
import inspect

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


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("registry", Registry)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
