"""Sphinx extension: the first use of each word of the glossary, on the page of a chapter, leads to it."""

import re
from collections.abc import Iterator, Mapping
from functools import partial

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

CHAPTERS = "book/chapters/"
Places = dict[str, tuple[str, str]]  # word: page and mark of its entry


def link(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make a link of the first use of each term in the paragraphs of a chapter; titles, code and links stay."""
    if not docname.startswith(CHAPTERS):
        return
    open_ = words(app.env.get_domain("std").objects)  # type: ignore[attr-defined]
    for text in list(doctree.findall(nodes.Text)):
        if isinstance(text.parent, nodes.paragraph) and "chapter-files" not in text.parent["classes"]:
            refer = partial(make_refnode, app.builder, docname)
            text.parent.replace(text, [part if isinstance(part, nodes.Text) else refer(*part[1], part[0])
                                       for part in split(str(text), open_)])  # fmt: skip


def words(objects: Mapping[tuple[str, str], tuple[str, str]]) -> Places:
    """Every word that the glossary explains; an entry may have several, parted by commas.

    >>> words({("term", "FLOPs, MACs"): ("glossary", "term-FLOPs-MACs"), ("label", "x"): ("a", "b")})
    {'FLOPs': ('glossary', 'term-FLOPs-MACs'), 'MACs': ('glossary', 'term-FLOPs-MACs')}
    """
    terms = {name: place for (kind, name), place in objects.items() if kind == "term"}
    return {word: place for name, place in terms.items() for word in name.split(", ")}


def split(text: str, open_: Places) -> Iterator[nodes.Text | tuple[nodes.Text, tuple[str, str]]]:
    """The pieces of a text, those that are a first use with the place to link to; takes these from ``open_``.

    A word with capitals is one only so written; others may begin a sentence, and have a plural.
    """
    while open_:
        found = re.search(r"\b(?:" + "|".join(map(_pattern, sorted(open_, key=len, reverse=True))) + r")\b", text)
        if found is None:
            break
        place = open_[next(word for word in open_ if re.fullmatch(_pattern(word), found[0]))]
        for word in [word for word, other in open_.items() if other == place]:
            del open_[word]
        yield nodes.Text(text[: found.start()])
        yield nodes.Text(found[0]), place
        text = text[found.end() :]
    yield nodes.Text(text)


def _pattern(word: str) -> str:
    return re.escape(word) if word != word.lower() else rf"(?i:{re.escape(word)}s?)"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-resolved", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
