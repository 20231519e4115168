"""Sphinx extension: under the title of a chapter stand its files to download, and the command that runs it."""

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

CHAPTERS = "book/chapters"
FILES = {  # words: where it stands, from the top of the study
    "script (.py)": "notebooks/{}.py",
    "notebook (.ipynb)": "notebooks/{}.ipynb",
    "executed notebook (.ipynb)": CHAPTERS + "/{}.ipynb",
}


def offer(app: Sphinx, doctree: nodes.document) -> None:
    """Put the line of files under the title of a page that is a chapter."""
    folder, _, name = app.env.docname.rpartition("/")
    if folder != CHAPTERS:
        return
    title = next(doctree.findall(nodes.title))
    line = nodes.paragraph("", "Download this chapter: ", classes=["chapter-files"])
    for place, (words, path) in enumerate(FILES.items()):
        asked = addnodes.download_reference(reftarget=f"/{path.format(name)}", refdoc=app.env.docname)
        line += [nodes.Text(", " if place else ""), asked]
        asked += nodes.inline("", words)
    line += [nodes.Text(". Run it: "), nodes.literal("", f"make chapter NAME={name.partition('_')[0]}")]
    title.parent.insert(title.parent.index(title) + 1, line)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("doctree-read", offer, priority=400)  # before Sphinx, at 500, collects what is to be downloaded
    return {"parallel_read_safe": True, "parallel_write_safe": True}
