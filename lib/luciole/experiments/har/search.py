"""Small sensor networks: a training recipe, a training-free search, and the networks found beside hand-made ones.

    luciole run har/search                     # goes on where it stopped

Protocol, the same for all models of a data set:

1. *Parts*: train, search-validation and test share no person; on UCI HAR the published test subjects. Constants of
   normalisation come from what is trained on. Test windows are read once a trained model, at the very end.
2. *Recipe*: candidates train one small reference network on UCI HAR; the best mean accuracy on the validation people,
   over seeds, is used for every network on every data set. How long to train is read off the same network.
3. *Search*: under each limit of multiply-accumulates, the firefly search of chapter 5 climbs the merit that
   :mod:`luciole.sensors.search` makes of training-free scores. Its best designs train for a few epochs, and so do as
   many random ones; the validation people choose. The random ones also say how far the scores can be trusted.
4. *Final*: what was chosen and the hand-made networks train on train and validation together for a fixed number of
   epochs, over seeds. Nothing is stopped early, no epoch is chosen.

Costs: processor seconds of one thread; joules are an estimate, these seconds times a stated power.
"""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from luciole import files, results
from luciole.attestation import Sample, Unavailable, columns, draw
from luciole.experiments.har import models, protocol, rederived
from luciole.experiments.har.stages import ablate, audition, final, lengthen, search, try_recipe
from luciole.shards import load_shards, run_shards

log = logging.getLogger("luciole")

SCORED: dict[str, Any] = {"relative": 1e-3, "why": "another processor rounds sums otherwise"}
CHANGED = {"zen": "computed when it counted the normalisation of the side branch too, which its features do not pass"}


def _pieces(
    stage: str, work: Callable, tasks: list, plan: dict, workers: int, seconds: float | None
) -> list[dict] | None:
    """Run the tasks of a stage that are not done, and return all its shards in order, or None while some lack."""
    folder = files.cache() / "har_search" / stage
    code = {module: results.fingerprint(module) for module in protocol.MODULES}
    done = run_shards(work, tasks, folder, plan={"code": code, **plan}, workers=workers, seconds=seconds)
    shards = load_shards(folder)
    return [shards[number] for number in sorted(shards)] if done == len(tasks) else None


def _row(piece: dict[str, NDArray]) -> dict[str, Any]:
    return {key: value.item() for key, value in piece.items()}


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Train ``units`` rows of a table again (None: two); of candidates their search is repeated too.

    Trainings that took over half a minute are not drawn, nor are those on a data set that is not here. For the final
    trainings see :mod:`luciole.experiments.har.rederived`.
    """
    if name in models.RESULTS:
        return rederived.rederive(name, result, rng, units)
    frame, recipe = result.frame, str(result.provenance.parameters.get("recipe", ""))
    mine = frame if "dataset" in frame else frame.assign(dataset="uci_har")
    here, absent = protocol.here(mine["dataset"].unique())
    drawable = mine[mine["dataset"].isin(here) & (mine["seconds"] <= rederived.AFFORDABLE)]
    if drawable.empty:
        raise Unavailable("; ".join(absent) or f"every training of {name} took over {rederived.AFFORDABLE:g} s")
    kept = drawable.iloc[draw(rng, len(drawable), units, 2)]
    works: dict[str, Callable[[Any], dict[str, NDArray]]] = {
        "har/recipes": lambda row: try_recipe((row.recipe, row.seed)),
        "har/ablation": lambda row: ablate((row.dataset, row.variant, recipe, row.seed)),
        "har/lengths": lambda row: lengthen((row.dataset, recipe, row.epochs, row.seed)),
    }
    if name in works:
        now = pd.DataFrame([_row(works[name](row)) for row in kept.itertuples()])
    else:
        now = _candidates(kept, frame, recipe)
    left = {column: "measured" for column in ("seconds", "search_seconds") if column in frame}
    left |= {"not drawn": "; ".join(absent)} if absent else {}
    left |= {score: why for score, why in CHANGED.items() if score in frame}
    if (dear := int((mine["seconds"] > rederived.AFFORDABLE).sum())) > 0:
        left[f"{dear} rows"] = f"took more than {rederived.AFFORDABLE:g} s each and are not drawn"
    fresh = now.drop(columns=["seconds", "search_seconds"], errors="ignore")
    trained = ["accuracy", "macro_f1"]
    scored = [column for column in ("merit", "skill", *protocol.WATCHED) if column in fresh and column != "macs"]
    scored = [column for column in scored if column not in CHANGED]
    compared = columns(kept, fresh.drop(columns=[*trained, *scored, *CHANGED], errors="ignore"))
    compared |= columns(kept, fresh[scored], **SCORED)
    compared |= columns(kept, fresh[trained], **rederived.TRAINED)
    told = [column for column in ("dataset", "recipe", "variant", "epochs", "genotype", "seed") if column in frame]
    named = [", ".join(f"{column} {row[column]}" for column in told) for _, row in kept.iterrows()]
    return Sample(named, len(frame), compared, models.DECIDING, left)


def _candidates(kept: pd.DataFrame, frame: pd.DataFrame, recipe: str) -> pd.DataFrame:
    """Rows of candidates, each under its limit searched again, and trained."""
    rows = []
    for _, group in kept.groupby(["dataset", "limit"], sort=False):
        name, limit = str(group["dataset"].iloc[0]), int(group["limit"].iloc[0])
        first = int(np.flatnonzero((frame["dataset"] == name) & (frame["limit"] == limit))[0])
        places = group.index.to_numpy() - first
        found = search((name, limit))
        mine = {key: found[key][places] for key in ("rows", "searched", "merit", "skill", "macs")}
        tasks = [(name, limit, recipe, tuple(row.tolist())) for row in mine["rows"]]
        rows.append(models.candidates(name, [found | mine], [audition(task) for task in tasks]))
    return pd.concat(rows, ignore_index=True)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Do all stages in order, each data set that is here; stop after ``seconds`` and go on there the next time.

    Stages depend on each other; the tasks of one are shared among ``workers`` processes of this machine.
    """
    deadline = time.monotonic() + seconds if seconds is not None else None

    def stage(name: str, work: Callable, tasks: list, plan: dict) -> list[dict] | None:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        return _pieces(name, work, tasks, plan, workers, left)

    tried = [(name, seed) for seed in protocol.RECIPE_SEEDS for name in protocol.RECIPES]
    pieces = stage("recipes", try_recipe, tried, {"recipes": json.loads(json.dumps(protocol.recipes()))})
    if pieces is None:
        return
    recipes = pd.DataFrame(map(_row, pieces))
    recipe = str(recipes.groupby("recipe", sort=False)["accuracy"].mean().idxmax())
    models.write("har/recipes", recipes, try_recipe, {"chosen": recipe}, float(recipes["seconds"].sum()))
    here, absent = protocol.here()
    for line in absent:
        log.warning("the search leaves out %s", line)
    seeded = [(seed, name) for seed in protocol.RECIPE_SEEDS for name in here]
    cut = [(name, variant, recipe, seed) for seed, name in seeded for variant in protocol.VARIANTS]
    longer = [(name, recipe, epochs, seed) for seed, name in seeded for epochs in protocol.LENGTHS]
    sides: tuple[tuple[str, Callable, list], ...] = (("ablation", ablate, cut), ("lengths", lengthen, longer))
    for side, work, tasks in sides:
        pieces = stage(side, work, tasks, {"recipe": recipe, "datasets": here})
        if pieces is not None:
            table = pd.DataFrame(map(_row, pieces))
            models.write(f"har/{side}", table, work, {"recipe": recipe}, float(table["seconds"].sum()))

    kept, chosen = [], {}
    for name in here:
        plan = protocol.PLANS[name]
        stated = {"recipe": recipe, "plan": [*plan.limits, plan.top, plan.random, protocol.SCORED]}
        searched = stage(f"{name}-search", search, [(name, limit) for limit in plan.limits], stated)
        if searched is None:
            return
        rows = [(int(one["limit"]), tuple(row.tolist())) for one in searched for row in one["rows"]]
        auditions = stage(f"{name}-auditions", audition, [(name, limit, recipe, row) for limit, row in rows], stated)
        if auditions is None:
            return
        table = models.candidates(name, searched, auditions)
        kept.append(table)
        chosen[name] = {protocol.found(limit): models.choose(table, limit) for limit in plan.limits}
    if not kept:
        return
    every = pd.concat(kept)
    models.write("har/candidates", every, audition, {"recipe": recipe}, float(every["seconds"].sum()))
    tasks = [  # seed by seed, so that a table of unfinished work has all models
        (name, model, seed, recipe, designs.get(model, ()))
        for seed in protocol.SEEDS
        for name, designs in chosen.items()
        for model in (*designs, *protocol.BASELINES, *protocol.CLASSICAL)
        if seed < protocol.FEWER.get(model, len(protocol.SEEDS))
    ]
    lengths: dict[str, object] = {name: [plan.windows, plan.epochs] for name, plan in protocol.PLANS.items()}
    stage("final", final, tasks, {"recipe": recipe, "plans": lengths})
    models.collect(recipe, final, len(tasks))
