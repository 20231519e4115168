"""What the build makes for the front page and its French sister: the figure, twice, and every number of their prose.

The pages write ``{{ name }}`` where a number stands; the extension ``luciole_front`` gives them those of
``book/chapters/front.json``, so that a name that is not there fails the build. ``minutes_…`` say how long a page takes
to read.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

from luciole import files
from luciole.report import front

RATE = 180  # words a minute, of a text with numbers in it
FIGURE = 0.5  # minutes that a figure is looked at
ALT = {
    "en": "Test accuracy of the cell found against the seconds of the search, on a logarithmic axis: {lines}. "
    "A dashed line is the best cell of the space, {optimum} per cent.",
    "fr": "Exactitude de la cellule trouvée selon la durée de la recherche, en échelle logarithmique : {lines}. "
    "Une ligne marque la meilleure cellule de l'espace, {optimum} pour cent.",
}
CAPTION = {
    "en": "NAS-Bench-201, CIFAR-10: mean accuracy of the cell that a search chooses, with 95 % intervals over runs. "
    "Hollow marks are printed by others. Which scores guide luciole was chosen on CIFAR-100.",
    "fr": "NAS-Bench-201, CIFAR-10 : exactitude moyenne de la cellule choisie, intervalles à 95 % sur les recherches. "
    "Les marques creuses sont publiées par d'autres. Les scores de luciole ont été choisis sur CIFAR-100.",
}


def write(folder: Path) -> None:
    """Write ``front.json`` and, for each language, the figure and its directive, into the folder of the chapters."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = front.numbers()
    for language in ("en", "fr"):
        image = folder / f"front_{language}.png"
        with files.atomic(image) as temporary:
            front.figure(language).savefig(temporary, format="png", dpi=200)
        with files.atomic(folder / f"front_{language}.txt") as temporary:
            temporary.write_text(directive(language, numbers), encoding="utf-8")
    with files.atomic(folder / "front.json") as temporary:
        temporary.write_text(
            json.dumps({**numbers, **dict(minutes(folder))}, indent=1, ensure_ascii=False), encoding="utf-8"
        )


def directive(language: str, numbers: dict[str, str]) -> str:
    """The figure as the page includes it: its words say what its lines end at."""
    place = language == "fr"
    ends = [f"{line.name[place]} {line.accuracy[-1]:.2f}" for line in front.lines() if line.name[place]]
    listed, optimum = "; ".join(ends), numbers["optimum"]
    if place:
        listed, optimum = (text.replace(".", ",") for text in (listed, optimum))
    alt = ALT[language].format(lines=listed, optimum=optimum)
    lines = [f"```{{figure}} chapters/front_{language}.png", f":alt: {alt}", f":name: front-{language}"]
    return "\n".join([*lines, "", CAPTION[language], "```", ""])


def minutes(folder: Path) -> Iterator[tuple[str, str]]:
    """How long each executed chapter (``minutes_03``) and each page by hand (``minutes_glossary``) takes to read."""
    for path in sorted(folder.glob("[0-9]*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        words = sum(len(prose("".join(cell["source"])).split()) for cell in cells if cell["cell_type"] == "markdown")
        shown = sum("image/png" in out.get("data", {}) for cell in cells for out in cell.get("outputs", []))
        yield f"minutes_{path.stem.partition('_')[0]}", str(math.ceil(words / RATE + FIGURE * shown))
    for page in sorted((files.root() / "book").glob("*.md")):
        yield f"minutes_{page.stem}", str(math.ceil(len(prose(page.read_text("utf-8")).split()) / RATE))


def prose(text: str) -> str:
    """A MyST text without its code and its directives' marks.

    >>> prose("Two words.\\n```\\ncode\\n```\\n")
    'Two words.\\n\\n'
    """
    return re.sub(r"^(```+)(?!\{(?:admonition|figure|note)).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
