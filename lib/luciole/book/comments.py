"""Lines of MyST Markdown that no reader sees: one that begins with ``%`` is a comment, wherever the sign came from.

A sentence wrapped before its per cent sign, or a number put in front of one, loses the rest of its line in silence.
So the book has no such comments at all (``<!-- -->`` stays for notes), and :func:`refuse` says which line to mend.
"""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from luciole.errors import LucioleError, extra

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

EXTENSIONS = frozenset(
    {"amsmath", "attrs_inline", "colon_fence", "deflist", "dollarmath", "smartquotes", "substitution"}
)
LITERAL = {"raw", "code", "code-block", "code-cell", "math"}  # directives whose content is not Markdown


def refuse(text: str, where: str) -> None:
    """Raise LucioleError, naming ``where`` and the line, when a line of the Markdown ``text`` is a comment.

    >>> refuse("It has 94 %, and that is that.", "chapter 03")
    """
    for line in comments(text):
        raise LucioleError(
            f"{where}: expected no line that begins with %, which hides it from the page, got {line!r}; "
            "move the sign to the end of the line before"
        )


def comments(text: str) -> Iterator[str]:
    """The lines of the MyST Markdown ``text`` that its parser takes for comments, in directives too.

    >>> list(comments("It has 94\\n% of them.\\n\\n* a list of 3\\n  % more"))
    ['% of them.', '% more']
    >>> list(comments("```\\n% a command of a notebook, shown\\n```"))
    []
    """
    for token in _parser().parse(text):
        if token.type == "myst_line_comment":
            yield from (f"%{line}" for line in token.content.split("\n"))
        directive = token.info.strip().partition("}")[0]
        if token.type in ("fence", "colon_fence") and directive[:1] == "{" and directive[1:] not in LITERAL:
            yield from comments(token.content)


@cache
def _parser() -> "MarkdownIt":
    """The parser of the book, with the extensions that ``_config.yml`` switches on."""
    with extra("book"):
        from markdown_it.renderer import RendererHTML
        from myst_parser.config.main import MdParserConfig
        from myst_parser.parsers.mdit import create_md_parser

    return create_md_parser(MdParserConfig(enable_extensions=set(EXTENSIONS)), RendererHTML)
