"""Two checklists of good practice, answered item by item, the items in our words.

That of Lindauer and Hutter for architecture search (http://automl.org/nas_checklist.pdf) and that of the AutoML
conference (https://github.com/automl-conf/LatexTemplate). A page that an answer points to is named from the folder of
the chapters.
"""

import html
import re
from collections.abc import Mapping

PAGES = {
    "the library": "../use_the_library",
    "how this book was computed": "../computed",
    "how to rerun": "../how_to_rerun",
    "bibliography": "../references",
    "chapter 1": "01_state_of_the_art",
    "chapter 2": "02_efficiency",
    "chapter 5": "05_better_firefly",
    "chapter 6": "06_har201",
    "chapter 7": "07_contest",
    "chapter 10": "10_differentiable_search",
    "chapter 11": "11_growing_and_pruning",
}

NAS = {
    "code that trains the final networks": "yes: [the library], `make book`",
    "code of the search space": "yes: `luciole.spaces`, `luciole.networks`",
    "settings and seeds of the final training": "yes: the record beside each result",
    "code of the search methods": "yes: `luciole.search`, `luciole.supernet`, `luciole.sparsity`",
    "settings and seeds of the search methods": "yes: the record; seeds are explicit everywhere",
    "the same benchmark, space and training for all": "yes on tables; on sensors one recipe ([chapter 7])",
    "confounders (hardware, versions, time) controlled": "in part: versions are pinned; measured times are of several "
    "machines, each named",
    "ablations": "yes: [chapter 5], [chapter 7], [chapter 11]",
    "the same protocol of evaluation": "yes; where a published one differs, a table says so",
    "performance over time": "yes: [chapter 1]",
    "random search beside": "yes: [chapter 1], [chapter 5], [chapter 6] and here",
    "several runs, with seeds": "{seeds_tables} on tables, {seeds_sensors} on sensors, {seeds_supernets} for supernets "
    "([chapter 10]); some scores have one",
    "tabular or surrogate benchmarks": "yes: NAS-Bench-101, NAS-Bench-201, HAR-201",
    "how settings were tuned, and at what cost": "in part: on validation people or other tables; where test accuracies "
    "were seen the claim says so",
    "time of the whole method, not the search alone": "yes: [how this book was computed]",
    "all details of the set-up": "yes: function, parameters, inputs, versions, machine in every record",
}

AUTOML = {
    "claims reflect what was found": "`luciole claims` derives each; the README can state no other",
    "limitations are stated": "*what we could not reproduce* in every chapter",
    "harm and ethics": "people's recordings are public and anonymous; nothing is collected",
    "assumptions and proofs of what is proved": "the merit's properties and bound, [chapter 2]",
    "the same evaluation for all methods compared": "yes",
    "repeated runs, error bars": "yes, but for single-seed scores",
    "significance": "Friedman's and Nemenyi's tests, paired intervals, Bayesian chances in [chapter 7]; many intervals "
    "are not corrected for their number",
    "ablations of what matters": "yes",
    "tabular or surrogate benchmarks": "yes",
    "total compute and kind of machine": "[how this book was computed]; energy is an estimate, and says how",
    "code, data, dependencies with versions, instructions": "yes: locks, `make book`, [how to rerun]",
    "raw results as well as means": "yes: `data/results`, runs where they are small",
    "figures can be made again from results": "yes: every chapter",
    "sources of data and models cited, licences said": "yes: `luciole.datasets`, [bibliography]",
    "new assets documented": "HAR-201: its card, from [chapter 6]",
    "human subjects": "none",
}

LISTS = {"The NAS best-practice checklist, item by item": NAS, "The checklist of the AutoML conference": AUTOML}


def markup(items: Mapping[str, str], numbers: Mapping[str, str]) -> str:
    """A list as HTML for a chapter's page: the numbers of its answers filled in, its links relative.

    >>> markup({"ablations": "{seeds} of [chapter 5], `x`"}, {"seeds": "3"})
    '<ul><li><em>ablations</em>: 3 of <a href="05_better_firefly.html">chapter 5</a>, <code>x</code></li></ul>'
    """
    told = []
    for item, answer in items.items():
        said = html.escape(answer.format(**numbers), quote=False)
        said = re.sub(r"\[(.+?)\]", lambda one: f'<a href="{PAGES[one[1]]}.html">{one[1]}</a>', said)
        said = re.sub(r"`(.+?)`", r"<code>\1</code>", re.sub(r"\*(.+?)\*", r"<em>\1</em>", said))
        told.append(f"<li><em>{html.escape(item, quote=False)}</em>: {said}</li>")
    return f"<ul>{''.join(told)}</ul>"
