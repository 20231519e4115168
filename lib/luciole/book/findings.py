"""What was found, in a few sentences made from the committed results: the README's section of that name.

``luciole findings --write`` puts them into the README between its two marks; a test fails when they differ. Each ends
on how what it is about was chosen, one of :data:`luciole.report.claims.HOW`; anything else cannot stand there.
"""

from pathlib import Path

from luciole import files, published, results, tables
from luciole.errors import LucioleError
from luciole.experiments.har import arena
from luciole.experiments.nb201.search import GUIDED
from luciole.experiments.nb201.stages import COMBINATIONS
from luciole.report import arena as contest
from luciole.report import choice, titles
from luciole.report.claims import HOW
from luciole.spaces import nb201

BEGIN, END = "<!-- findings: written by `luciole findings --write` -->", "<!-- end of findings -->"
DATASETS = (*titles.IMAGES,)


def findings() -> list[str]:
    """Return one sentence or two for each finding, every number read from a result or from the published figures."""
    told = {
        _choosing: "nested",
        _ranking: "descriptive",
        _searching: "descriptive",
        _reproducing: "reproduction",
        _improving: "descriptive",
        _weighing: "descriptive",
        _sensing: "descriptive",
        _contest: "descriptive",
    }
    return [f"{sentence()} *({chosen(how)})*" for sentence, how in told.items()]


def chosen(how: str) -> str:
    """How a finding was chosen, in a word; LucioleError for a way that cannot stand in the README.

    >>> chosen("nested")
    'nested'
    """
    if how not in HOW:
        raise LucioleError(f"expected a finding to be chosen by {', '.join(HOW)}, got {how!r}; it cannot stand here")
    return how


def _choosing() -> str:
    told = choice.told
    return (
        "**Chosen here, read there.** The set of training-free scores whose first cell is best is "
        f"{told('best first', 'whole')} points below the best of NAS-Bench-201 on the classes that chose it (CIFAR-10, "
        f"CIFAR-100, ImageNet16-120), and {told('best first', 'halves')} on the other half. Thirty good sets averaged "
        f"come to {told('averaged thirty', 'halves')} there, and to {told('averaged thirty', 'across')} where another "
        f"table chose; the number of parameters, which nobody chose, to {told('parameters', 'whole')}."
    )


def _ranking() -> str:
    quality = results.read("nb201/quality").frame
    everywhere = quality[quality["subset"] == "all"].set_index(["score", "inputs", "dataset"])["tau"]
    summed = " / ".join(f"{everywhere['one_pass', 'deep', name]:.3f}" for name in DATASETS)
    printed = " / ".join(f"{published.figure(f'lee2024aznas/tau_az_synflow_{name}'):.3f}" for name in DATASETS)
    epochs = " / ".join(f"{everywhere['12 epochs', 'training', name]:.2f}" for name in DATASETS)
    top = quality[quality["subset"] == "all"].set_index(["score", "inputs", "dataset"])["overlap"]
    shared = [100 * top["one_pass", "deep", name] for name in DATASETS]
    costs = results.read("nb201/costs").frame.set_index(["score", "inputs"])["milliseconds"]
    return (
        f"**Ranking without training.** A sum of log-ranks of {len(COMBINATIONS['one_pass'])} published scores orders "
        f"all {nb201.SIZE:,} cells of NAS-Bench-201 with a Kendall tau of {summed} (CIFAR-10, CIFAR-100, "
        f"ImageNet16-120; best published: {printed}), in {costs['one_pass', 'deep']:.0f} ms of one CPU core a cell. "
        "The set follows a rule, all that one pass of a network gives, and no accuracy weighs anything in it; but it "
        "was put together after its members had been judged on this benchmark, by their authors and here, so that "
        f"these figures are not free of a choice. Twelve epochs of training give {epochs}. It orders the space well "
        f"and its top badly: of the true best hundredth of the cells, {min(shared):.1f} to {max(shared):.1f} % are in "
        "its own."
    )


def _searching() -> str:
    last = results.read("nb201/search").frame.groupby("searcher", as_index=False).tail(1).set_index("searcher")
    accuracy = last["c10"].to_dict()
    plain = last[~last.index.isin(GUIDED)]
    leading = max(plain.index[plain["runs"] >= 200], key=accuracy.__getitem__)
    best = max(GUIDED, key=accuracy.__getitem__)
    printed = published.figure("dong2020nasbench201/random_c10")
    return (
        f"**Searching with {last['seconds'].max():,.0f} simulated seconds.** Of {len(plain)} searchers, {leading} ends "
        f"highest among those run on 200 seeds or more, at {accuracy[leading]:.2f} % on CIFAR-10; random search "
        f"ends at {accuracy['random']:.2f} % (published: {printed:.2f} %). With a score to guide it, its cost charged, "
        f"the best of {len(GUIDED)} combinations ({best}) ends at {accuracy[best]:.2f} %; with the number of "
        f"parameters instead of a score, guided evolution ends at {accuracy['guided evolution, params']:.2f} %."
    )


def _reproducing() -> str:
    arrays = results.read("firefly/ifa_nb201").arrays
    final = dict(zip(arrays["variants"].tolist(), arrays["c10_mean"][:, -1].tolist(), strict=True))
    one_sided, centred = (final[f"IFA, {noise}, strength, icd"] for noise in ("one-sided", "centred"))
    plain = final["FA, one-sided, strength, icd"]
    printed, printed_plain = (published.figure(f"mokhtari2022ifa/{name}_nb201_c10") for name in ("ifa", "fa"))
    reached = "" if one_sided >= printed and plain < one_sided else "not "
    order = "below it as in print" if plain < one_sided else "above it, where print has it below"
    return (
        f"**The improved firefly, run again: {reached}reproduced.** "
        f"With the released one-sided noise it reaches {one_sided:.2f} % on NAS-Bench-201 (printed: {printed:.2f} %), "
        f"with the textbook's centred noise {centred:.2f} %; the plain firefly, at {plain:.2f} % (printed: "
        f"{printed_plain:.2f} %), stands {order}. Taking the cell "
        f"with the most parameters of as many random ones gives {final['random search, params']:.2f} %."
    )


def _improving() -> str:
    result = results.read("firefly/luciole_nb201")
    arrays, chosen = result.arrays, result.provenance.parameters["chosen"]
    plans = arrays["plans"].tolist()
    most = max(int(plan.split(", ")[1]) for plan in plans if plan.startswith("luciole, "))
    at = plans.index(f"luciole, {most}")
    free, trained = (
        " / ".join(f"{arrays[f'{name}_{how}_mean'][at]:.2f}" for name in DATASETS) for how in ("best", "trained")
    )
    return (
        f"**A better firefly.** On the cells themselves, guided by the ranks of {', '.join(chosen)}, with "
        f"{most:,} scored cells and no training it reaches {free} %, and {trained} % when it may train its few best "
        "for 12 epochs. The scores do the work, its moves hardly matter; and which scores was chosen on CIFAR-100 "
        "accuracies, so that chapter 5 says which of these figures are clean."
    )


def _weighing() -> str:
    crowns = results.read("efficiency/crowns").frame
    by_macs = crowns[(crowns["dataset"] == "c10") & (crowns["cost"] == "macs") & (crowns["cells"] == "all")]
    ratio, merit = (by_macs.set_index("metric").loc[name] for name in ("bcr", "merit"))
    return (
        f"**Efficiency.** Accuracy divided by cost crowns a cell of {100 * ratio['accuracy']:.1f} %, rank "
        f"{ratio['rank']:,} of {ratio['models']:,}; the merit proposed here, which states what halving the errors is "
        f"worth, one of {100 * merit['accuracy']:.1f} %, rank {merit['rank']:,}. Chapter 2 also shows where it loses."
    )


def _sensing() -> str:
    models = results.read("har/models").frame
    groups = models[models["dataset"] == "uci_har"].groupby("model")
    f1 = {str(model): 100 * float(mean) for model, mean in groups["macro_f1"].mean().items()}
    macs, seeds = groups["macs"].mean().to_dict(), groups.size().to_dict()
    ours = sorted((model for model in f1 if model.startswith("found")), key=macs.__getitem__)
    best = max((model for model in f1 if model not in ours), key=f1.__getitem__)
    reached = " / ".join(f"{f1[model]:.1f}" for model in ours)
    spent = " / ".join(f"{macs[model]:,.0f}" for model in ours)
    return (
        f"**Sensors.** On UCI HAR's official test people, the networks that the search finds reach {reached} % "
        f"macro-F1 at {spent} multiply-accumulates (means of {min(seeds[model] for model in ours)} seeds); the best "
        f"hand-made one {f1[best]:.1f} % at {macs[best]:,.0f} (seeds: {seeds[best]}). HAR-201 is the NAS-Bench-201 "
        "cells in one dimension, trained to recognise what people do, tested on people never seen; "
        f"{tables.har201().source}."
    )


def _contest() -> str:
    arrays = results.read("har/arena").arrays
    table = arena.table(arrays)
    rows = {row["dataset"]: row for row in table[table["model"] == contest.LINEAR].to_dict("records")}
    said = " and ".join(
        f"{row['macro_f1']:.1f} ± {row['error']:.1f} % on {title} (best of {contest.networks()} published networks: "
        f"{contest.best_printed(name):.1f} %)"
        for name, title in titles.of("uci_har", "hapt").items()
        for row in (rows[name],)
    )
    return (
        "**The field's own contest.** Under the protocol of WHAR Arena, ten groups of people, a linear discriminant on "
        f"statistics of the window has a macro-F1 of {said}: {contest.level(arrays)} them, with "
        f"{contest.cheaper():.0f} times fewer multiplications than TinierHAR on UCI HAR."
    )


def block() -> str:
    """Return the findings as the README shows them, marks included."""
    return "\n".join([BEGIN, "", *(f"* {sentence}" for sentence in findings()), "", END])


def write(readme: Path | None = None) -> None:
    """Put the findings between the marks of the README; LucioleError when it lacks them."""
    readme = readme or files.root() / "README.md"
    text = readme.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise LucioleError(f"expected {readme.name} to hold the two marks of the findings, {BEGIN!r} and {END!r}")
    head, rest = text.split(BEGIN, 1)
    with files.atomic(readme) as temporary:
        temporary.write_text(head + block() + rest.split(END, 1)[1], encoding="utf-8")
