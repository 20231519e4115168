"""The report: one HTML file about one data set, that opens offline, in light and in dark, on a phone and on a desk."""

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import pandas as pd

from luciole.design import drawing
from luciole.design.card import estimate, limits, share
from luciole.design.deliver import SCRIPT, Delivered
from luciole.design.outcome import DELIVERED, Outcome
from luciole.design.parts import called

SHOWN = 24  # people or recordings, at most, that have a bar each; the worst are kept

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --soft: #57606a; --line: #d0d7de; --mark: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9aa4af; --line: #30363d; --mark: #56b4e9; } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 46rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.2 } h2 { font-size: 1.2rem; margin-top: 2.2rem }
a { color: var(--mark) } code, pre { font: 0.85em ui-monospace, monospace }
pre { border: 1px solid var(--line); padding: .6rem; white-space: pre-wrap }
.wide { overflow-x: auto } table { border-collapse: collapse; font-size: .9rem; width: 100% }
th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--line); text-align: right; overflow-wrap: normal }
th:first-child, td:first-child { text-align: left } th { color: var(--soft); font-weight: 600; vertical-align: bottom }
tr.mine td { font-weight: 700 } .note { color: var(--soft); font-size: .9rem }
.bar { position: relative; min-width: 6rem; width: 45% }
.bar i { display: block; height: .8rem; background: var(--mark) }
.confusion td { border: 1px solid var(--line); text-align: center } .confusion th { text-align: left }
svg { width: 100%; max-width: 36rem; display: block } svg text { font: 11px system-ui, sans-serif; fill: var(--ink) }
svg .grid { stroke: var(--line); fill: none } svg .limit { stroke: var(--soft); stroke-dasharray: 4 3; fill: none }
svg .front { stroke: var(--mark); fill: none; stroke-width: 1.5 } svg circle { fill: var(--mark); opacity: .65 }
svg .chosen { fill: none; stroke: var(--ink); stroke-width: 2; opacity: 1 }
"""


def write(outcome: Outcome, delivered: Delivered, command: str) -> str:
    """The page; every name that came with the data is escaped."""
    data = outcome.dataset
    parts = [
        f"<h1>A network for {escape(data.name)}</h1>",
        f"<p>{escape(_short(outcome, delivered))}</p>",
        _section("What was read", _read(outcome)),
        _section("Who is where", _list(outcome.parts.said) + _sides(outcome)),
        _section("The contest", _contest(outcome)),
        _section("Accuracy against cost", _front(outcome)),
        _section("What is taken for what", _confusion(outcome)),
        _section("Everybody", _people(outcome)),
        _section("What it costs", _costs(outcome, delivered)),
        _section("What to do next", _list(advice(outcome)) + _use(outcome, delivered, command)),
        _section("Where it ends", _list(limits(outcome))),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(data.name)}: a network by Luciole</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _short(outcome: Outcome, delivered: Delivered) -> str:
    mine = outcome.mine
    return (
        f"It recognises {estimate(outcome)}. It takes {mine['macs']:,} multiply-accumulates a window (limit "
        f"{outcome.course.limit:,}) and {delivered.bytes / 1024:.0f} kB. {standing(outcome)}"
    )


def standing(outcome: Outcome) -> str:
    """Whether something else recognises more than what is delivered, and why it is not delivered."""
    winner, mine = outcome.winner, outcome.mine
    if winner is None:
        return "Nothing that it was held against recognises more."
    return (
        f"Highest in the contest is {winner['model']} with {share(winner['accuracy'])}, "
        f"{100 * (winner['accuracy'] - mine['accuracy']):.1f} points more. It is not delivered: what is delivered is "
        "chosen without looking at the test, among what keeps the limit and is exported, which are networks found and "
        "linear classifiers in their form."
    )


def advice(outcome: Outcome) -> list[str]:
    """What would help most, in order."""
    data, parts = outcome.dataset, outcome.parts
    told = []
    people = outcome.people[outcome.people["model"] == DELIVERED]
    if parts.level != "people":
        told.append("Record other people, and name them: without them nothing is known about anybody else.")
    elif len(np.unique(parts.unit)) < 10:
        told.append(f"Record more people: {len(np.unique(parts.unit))} make the interval wide.")
    few = np.bincount(data.y, minlength=data.classes)
    rare = [data.class_names[label] for label in np.flatnonzero(few < max(30, few.max() / 20))]
    if rare:
        told.append(f"Record more of {', '.join(rare)}: there are few windows of it.")
    for true, answered, windows, part in outcome.confused(2):
        if part > 0.1:
            told.append(f"{true!r} is taken for {answered!r} in {share(part)} of its windows ({windows}).")
    if len(people) > 3 and people["accuracy"].min() < people["accuracy"].median() - 0.15:
        worst = people.iloc[int(people["accuracy"].argmin())]
        told.append(
            f"Look at the recordings of {worst['unit']}: {share(worst['accuracy'])} there, "
            f"{share(people['accuracy'].median())} in the median. Is the sensor worn another way?"
        )
    told.append(outcome.more())
    return told


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>\n{body}</section>"


def _list(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], mine: Sequence[bool] = ()) -> str:
    """A table of texts; rows that are ``mine`` stand out."""
    out = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = ""
    for place, row in enumerate(rows):
        kind = ' class="mine"' if place < len(mine) and mine[place] else ""
        body += f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
    return f'<div class="wide"><table><thead><tr>{out}</tr></thead><tbody>{body}</tbody></table></div>\n'


def _read(outcome: Outcome) -> str:
    data = outcome.dataset
    first = data.describe().splitlines()[0]
    account = getattr(data, "account", None)
    lines = [first, *(account.lines() if account is not None else [])]
    windows = np.bincount(data.y, minlength=data.classes)
    who = data.subject
    rows = []
    for label, name in enumerate(data.class_names):
        count = "–" if who is None else str(len(np.unique(who[data.y == label])))
        rows.append([name, f"{windows[label]:,}", count])
    return _list(lines) + _table(["class", "windows", "people"], rows)


def _sides(outcome: Outcome) -> str:
    data, parts = outcome.dataset, outcome.parts
    if parts.folds:
        return ""
    rows = []
    for name in ("train", "validation", "test"):
        side = getattr(parts.benches[0], name)
        who = np.unique(parts.unit[side])
        names = ", ".join(called(data, int(one)) for one in who[:12]) + (" …" if len(who) > 12 else "")
        counted = names if parts.level == "people" else str(len(who))
        rows.append([name, f"{len(side):,}", str(len(np.unique(data.y[side]))), counted])
    return _table(["part", "windows", "classes", "people" if parts.level == "people" else parts.level], rows)


def _contest(outcome: Outcome) -> str:
    rows, mine = [], []
    for row in outcome.leaderboard.to_dict("records"):
        tried = not pd.isna(row["accuracy"])
        between = f"{100 * row['low']:.1f} to {100 * row['high']:.1f}" if tried and not pd.isna(row["low"]) else "–"
        rows.append([
            "the network delivered" if row["model"] == DELIVERED else str(row["model"]),
            f"{100 * row['accuracy']:.1f}" if tried else str(row["note"]),
            between,
            f"{100 * row['macro_f1']:.1f}" if tried else "–",
            drawing.short(row["macs"]) if not pd.isna(row["macs"]) else "–",
            f"{row['steps']:,}" if tried and not pd.isna(row["steps"]) else "–",
            str(row["seeds"]) if tried else "–",
        ])  # fmt: skip
        mine.append(row["model"] == DELIVERED)
    head = ["model", "accuracy (%)", "95 % over those tested", "macro-F1 (%)", "MACs", "steps", "seeds"]
    note = (
        '<p class="note">All learnt from the same windows and answered for the same ones, which nothing was chosen by. '
        f"A network with fewer steps than another found no time for more. {escape(standing(outcome))}</p>"
    )
    return _table(head, rows, mine) + note


def _front(outcome: Outcome) -> str:
    tried, chosen = outcome.tried, outcome.chosen
    at = tried[(tried["genes"] == chosen.genes) & (tried["steps"] == chosen.steps) & (tried["model"] == chosen.model)]
    svg = drawing.front(
        tried["accuracy"].tolist(), tried["macs"].tolist(), int(at.index[-1]), outcome.course.limit
    )  # of the network delivered
    designs = tried["genes"].nunique()
    return (
        f'{svg}<p class="note">{designs} designs in {len(tried)} trainings, judged where designs are chosen, never on '
        f"those tested. The line joins those that none beats; the ring is what is delivered ({escape(chosen.name)}); "
        "the broken line is the limit.</p>"
    )


def _confusion(outcome: Outcome) -> str:
    counts, names = outcome.confusion, outcome.dataset.class_names
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = ""
    for name, row, of in zip(names, counts, total[:, 0], strict=True):
        cells = ""
        for cell in row:
            shade = f"background:color-mix(in srgb, var(--mark) {70 * cell / of:.0f}%, transparent)"
            cells += f'<td style="{shade}">{cell or ""}</td>'
        body += f"<tr><th>{escape(name)}</th>{cells}</tr>"
    return (
        f'<div class="wide"><table class="confusion"><thead><tr><th>done ↓ recognised →</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
        '<p class="note">Windows of those tested, the network\'s first seed.</p>'
    )


def _people(outcome: Outcome) -> str:
    people = outcome.people[outcome.people["model"] == DELIVERED].sort_values("accuracy", kind="stable")
    rows = ""
    for row in people.head(SHOWN).to_dict("records"):
        width = 100 * row["accuracy"]
        rows += (
            f"<tr><td>{escape(str(row['unit']))}</td><td>{row['windows']:,}</td><td>{width:.1f}</td>"
            f'<td class="bar"><i style="width:{width:.1f}%"></i></td></tr>'
        )
    more = f'<p class="note">The {SHOWN} lowest of {len(people)}.</p>' if len(people) > SHOWN else ""
    return (
        '<div class="wide"><table><thead><tr><th>tested</th><th>windows</th><th>recognised (%)</th><th></th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div>{more}"
    )


def _costs(outcome: Outcome, delivered: Delivered) -> str:
    mine = outcome.mine
    lines = [
        f"{mine['macs']:,} multiply-accumulates a window, {mine['parameters']:,} parameters; model.onnx has "
        f"{delivered.bytes:,} bytes and takes {delivered.microseconds:.0f} µs a window here, on one thread",
        f"8 bits: {delivered.small}",
    ]
    lines += delivered.said
    rows = [
        [
            f"{one.file} on a {one.core}, {one.how}",
            *(f"{value / 1024:.1f}" for value in (one.cost.flash, one.cost.ram)),
            f"{one.cost.instructions / 1e6:.3f}",
        ]
        for one in delivered.takes
    ]
    head = ["C, and how it is known", "flash (kB)", "memory (kB)", "million instructions an answer"]
    return _list(lines) + (_table(head, rows) if rows else "")


def _use(outcome: Outcome, delivered: Delivered, command: str) -> str:
    names = ", ".join(path.name for path in delivered.files)
    columns = ",".join(outcome.dataset.channel_names)
    return (
        f"<p>In this folder: {escape(names)}, card.md, leaderboard.csv, settings.json. To recognise what a file "
        f"holds, its columns named <code>{escape(columns)}</code>:</p>"
        f"<pre>pip install onnxruntime numpy\npython {SCRIPT} recording.csv</pre>"
        "<p>To go on with more minutes, or to make all of this again in another folder:</p>"
        f"<pre>{escape(command)}</pre>"
    )
