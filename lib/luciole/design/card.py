"""The model card: what the network is, whom it learnt from, how it was judged, what it costs, where it ends."""

from luciole.design.deliver import Delivered, metadata
from luciole.design.outcome import Outcome


def share(value: float) -> str:
    """A share in per cent.

    >>> share(0.8749)
    '87.5 %'
    """
    return f"{100 * value:.1f} %"


def estimate(outcome: Outcome) -> str:
    """How well the delivered network recognises, with its interval over whoever was tested."""
    mine, parts = outcome.mine, outcome.parts
    count = outcome.people["unit"].nunique()
    what = {"people": "people", "recordings": "recordings", "blocks": "blocks of time"}[parts.level]
    over = f"; mean over {count} {what} between {share(mine['low'])} and {share(mine['high'])} (95 %)"
    seeds = f", mean of {mine['seeds']} seeds" if mine["seeds"] > 1 else ""
    return (
        f"{share(mine['accuracy'])} of {len(parts.tested):,} windows of {what} that it never saw{seeds}"
        f"{over if count > 1 and parts.level != 'blocks' else ''}; macro-F1 {share(mine['macro_f1'])}"
    )


def limits(outcome: Outcome) -> list[str]:
    """Where the network and its estimate end."""
    data = outcome.dataset
    told = [
        "It knows its classes and no other: whatever else is done is called one of them.",
        "It expects the same sensor, worn alike, in the same units, at the same rate.",
    ]
    if outcome.parts.folds:
        told.append(
            "The estimate is of networks found and trained the same way without the people tested; the one delivered "
            "learnt from everybody."
        )
    told += [line for line in outcome.parts.said if line.startswith(("take care", "class", "not "))]
    account = getattr(data, "account", None)
    told += [line for line in (account.lines() if account else []) if line.startswith("take care")]
    return told


def write(outcome: Outcome, delivered: Delivered) -> str:
    """The card in Markdown."""
    data, mine, said = outcome.dataset, outcome.mine, metadata(outcome.dataset)
    rate = f"{data.hz:g} Hz" if data.hz else "a rate that is not known"
    where = [f"* {one}" for one in outcome.parts.said]
    cost = [
        f"* {mine['macs']:,} multiply-accumulates a window, {mine['parameters']:,} parameters; model.onnx has "
        f"{delivered.bytes:,} bytes",
        f"* {delivered.microseconds:.0f} µs a window on one thread of the machine that made it",
    ]
    cost += [
        f"* {one.file} on a {one.core}, {one.how}: {one.cost.flash / 1024:.1f} kB of flash, "
        f"{one.cost.ram / 1024:.1f} kB of memory, {one.cost.instructions / 1e6:.3f} million instructions an answer"
        for one in delivered.takes
    ]
    cost.append(f"* 8 bits: {delivered.small}")
    cost += [f"* {line}" for line in delivered.said]
    lines = [
        f"# Model card: {_plain(data.name)}",
        "",
        f"A network that tells {data.classes} classes apart from windows of {data.length} samples of {data.channels} "
        f"channels at {rate}, made by Luciole.",
        "",
        "## What it takes and gives",
        "",
        f"* classes, in the order of its scores: {_plain(', '.join(said['classes']))}",
        f"* channels, in order: {_plain(', '.join(said['channels']))}",
        f"* units: {_plain(said['units'])}; the normalisation is inside",
        f"* a window every {said['hop']} samples",
        f"* design: {outcome.chosen.name}",
        "",
        "## Data and people",
        "",
        f"* {_plain(data.describe().splitlines()[0])}",
        *where,
        "",
        "## How good it is",
        "",
        f"* {estimate(outcome)}",
        "",
        "## What it costs",
        "",
        *cost,
        "",
        "## Limits",
        "",
        *[f"* {_plain(one)}" for one in limits(outcome)],
        "",
        "## Licence",
        "",
        f"The network is yours. Data: {_plain(data.licence or 'not said')}.",
        "",
    ]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """A text that Markdown shows as it is.

    >>> _plain("<b>run</b> | `x`")
    '\\\\<b\\\\>run\\\\</b\\\\> \\\\| \\\\`x\\\\`'
    """
    return "".join(f"\\{letter}" if letter in "\\`*_<>|[]#$" else letter for letter in text)
