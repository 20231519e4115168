"""The tables of the chapter on HAR-201 and what its prose says, from committed results.

Statistics are :mod:`luciole.report.har201`'s; draws of a bootstrap begin anew in each function, so that no figure
depends on what was asked before it.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from luciole import results, tables
from luciole.errors import LucioleError
from luciole.experiments.har201 import pilot as conditions
from luciole.experiments.har201 import protocol
from luciole.experiments.har201 import scores as scoring
from luciole.experiments.har201 import table as trainings
from luciole.experiments.nb201 import stages
from luciole.report import har201, har201_card, titles
from luciole.report.har201_searchers import Contest
from luciole.scores import cells as shapes
from luciole.sensors.search import GUIDES
from luciole.spaces import nb201
from luciole.tables.table import Table

TITLES = titles.of("wisdm", "uci_har", "seglearn")
PEOPLE = {"wisdm": 46, "uci_har": 30, "seglearn": 10}
FIRST = "wisdm"  # the data set that the chapter dwells on
COUNTS = ("params", "macs", "layers", "tensors")  # sizes among the scores
CHEAP = ("naswot", "synflow", "trainability")  # scores that are computed again
PLAIN = {
    "skip_connect": "skip",
    "nor_conv_1x1": "1-wide conv",
    "nor_conv_3x3": "3-wide conv",
    "avg_pool_3x3": "3-wide pool",
}
UNKNOWN = 8.0  # points within which a cell trained again must agree, where the noise is not known


def words(operation: str) -> str:
    """An operation as figures and prose name it, in one dimension.

    >>> words("nor_conv_3x3")
    '3-wide conv'
    """
    return PLAIN.get(operation, "nothing")


def sets(table: Table) -> tuple[str, ...]:
    """The data sets of the table, the one that the chapter dwells on first."""
    return tuple(name for name in protocol.PROTOCOLS if f"{name}_seconds" in table)


def noises(table: Table) -> Mapping[str, har201.Noise | None]:
    """The noise on each data set (:func:`luciole.report.har201.noise`)."""
    return {name: har201.noise(table, name) for name in sets(table)}


def made(table: Table) -> pd.DataFrame:
    """How the table was trained: a column a data set."""
    every = len(nb201.classes())
    return pd.DataFrame(
        {
            TITLES[name]: {
                "classes trained": f"{len(har201.trained(table, name)):,} of {every:,}",
                "seeds": str(len(har201.seeds(table, name))),
                "people": str(PEOPLE[name]),
                "activities": str(protocol.PROTOCOLS[name].shape[1]),
                "window, channels × samples": "{0} × {2}".format(*protocol.PROTOCOLS[name].shape),
                "processor seconds a training": f"{np.nanmedian(table[f'{name}_seconds']):.2f}",
            }
            for name in sets(table)
        }
    )


def made_numbers(table: Table) -> Mapping[str, str]:
    """What the prose says of how the table was made."""
    every = len(nb201.classes())
    parameters = results.read("har201/table", part=True).provenance.parameters
    machines = [(*of.split(", "), " and ".join(used)) for of, used in parameters.get("trained with", {}).items()]
    params = table[f"{FIRST}_params"]
    return {
        "har_first": TITLES[FIRST],
        "har_covered": "; ".join(
            f"{len(har201.trained(table, name)):,} of {every:,} on {TITLES[name]}" for name in sets(table)
        ),
        "har_trained_with": "; ".join(f"{TITLES[name]}, {of}: {programs}" for name, of, programs in machines),
        "har_params_low": f"{params.min():,}",
        "har_params_high": f"{params.max():,}",
        "har_trainings": f"{parameters['trainings']:,}",
    }


def pilot() -> tuple[pd.DataFrame, Mapping[str, str]]:
    """The conditions that the pilot tried, readable, and what the prose says of them."""
    frame = results.read("har201/pilot", part=True).frame
    shown = pd.DataFrame(
        {
            "data set": frame["dataset"].map(TITLES),
            "rate (Hz)": frame["hz"].map("{:.1f}".format),
            "windows drawn": frame["windows"],
            "skeleton": frame["skeleton"],
            "signal (points)": frame["signal"],
            "noise (points)": frame["noise"],
            "signal over noise": frame["ratio"],
            "seconds a training": frame["seconds"],
        }
    ).set_index("data set")
    best = frame[frame["skeleton"] == "minimal"].groupby("dataset")["ratio"].max()
    numbers = {
        "har_pilot": f"{len(frame)} of {len(conditions.CONDITIONS)}",
        "har_pilot_wisdm": f"{best['wisdm']:.1f}",
        "har_pilot_uci": f"{best['uci_har']:.1f}",
    }
    return shown, numbers


def spread(table: Table, found: Mapping[str, har201.Noise | None]) -> pd.DataFrame:
    """How good and how different the cells are on each data set: a column a data set, %, or points."""
    columns = {}
    for name, noise in found.items():
        accuracy, f1 = har201.final(table, name), har201.final(table, name, "test_f1")
        columns[TITLES[name]] = {
            "lowest accuracy (%)": np.nanmin(accuracy),
            "median accuracy (%)": np.median(accuracy[har201.trained(table, name)]),
            "highest accuracy (%)": np.nanmax(accuracy),
            "highest macro-F1 (%)": np.nanmax(f1),
            "noise between seeds (points)": noise.noise if noise else np.nan,
            "signal between cells (points)": noise.signal if noise else np.nan,
            "told apart from (points)": noise.needed if noise else np.nan,
        }
    return pd.DataFrame(columns)


def spread_numbers(table: Table, found: Mapping[str, har201.Noise | None]) -> Mapping[str, str]:
    """What the prose says of noise and of the agreement of seeds; LucioleError while the seeds are too few."""
    noise = found[FIRST]
    if noise is None:
        raise LucioleError(f"expected classes of {FIRST} trained with several seeds, got fewer than three of them")
    seeds = har201_card.first(table, FIRST)
    return {
        "har_noise": f"{noise.noise:.1f}",
        "har_ratio": f"{noise.ratio:.1f}",
        "har_needed": f"{noise.needed:.1f}",
        "har_best": f"{np.nanmax(har201.final(table, FIRST)):.1f}",
        "har_seeds": str(seeds["seeds"]),
        "har_seeded": f"{seeds['classes']:,}",
        "har_tau": f"{seeds['tau']:.2f}",
        "har_tau_top": f"{seeds['tau of the best tenth']:.2f}",
    }


def operations() -> NDArray[np.int64]:
    """Operations on the way to the output of each cell, skip connections aside: (15625,)."""
    return (nb201.prune(nb201.all_cells()) > nb201.SKIP).sum(axis=1)


def cost_numbers(table: Table, effects: pd.DataFrame, seed: int, resamples: int) -> Mapping[str, str]:
    """What the prose says of operations, depth, counts and the time of an answer."""
    cells, classes = har201.trained(table, FIRST), nb201.classes()
    accuracy, macs, latency = har201.final(table, FIRST), table[f"{FIRST}_macs"], table["wisdm_latency_ms"]
    timing = results.read("har201/latency").provenance
    depths = shapes.depth(nb201.all_cells()[cells])
    order = effects.sort_values("effect")
    numbers = {
        "har_macs_rho": str(har201.spearman(accuracy, macs, np.random.default_rng(seed), resamples)),
        "har_depth_rho": str(har201.spearman(accuracy[cells], depths, np.random.default_rng(seed), resamples)),
        "har_latency_low": f"{latency.min():.2f}",
        "har_latency_high": f"{latency.max():.2f}",
        "har_latency_macs": f"{stats.spearmanr(latency[classes], macs[classes]).statistic:.2f}",
        "har_latency_operations": f"{stats.spearmanr(latency[classes], operations()[classes]).statistic:.2f}",
        "har_latency_rounds": f"{timing.parameters['rank agreement of the rounds']:.2f}",
        "har_latency_machine": f"{timing.machine['processor']}, {timing.machine['cores']} cores",
    }
    for name, row in (("best", order.iloc[-1]), ("worst", order.iloc[0])):
        numbers[f"har_{name}_worth"] = f"{row['effect']:+.1f}"
        numbers[f"har_{name}_op"] = f"{words(row['operation'])} from node {row['edge'][3]} to node {row['edge'][0]}"
    return numbers


def carried(table: Table, seed: int, resamples: int) -> tuple[pd.DataFrame, Mapping[str, str]]:
    """Rank correlations of accuracy between data sets, CIFAR-10 (test, in two dimensions) among them."""
    columns = {TITLES[name]: har201.final(table, name)[nb201.classes()] for name in sets(table)}
    columns["CIFAR-10"] = tables.nb201().role("test")[nb201.classes()]
    names, rng, rows = list(columns), np.random.default_rng(seed), []
    for number, one in enumerate(names):
        for other in names[number + 1 :]:
            if (np.isfinite(columns[one]) & np.isfinite(columns[other])).sum() >= 20:
                found = har201.spearman(columns[one], columns[other], rng, resamples)
                rows.append((one, other, found.value, found.low, found.high, found.n))
    frame = pd.DataFrame(rows, columns=["one", "other", "rank correlation", "low", "high", "classes"])
    images = frame[(frame["one"] == TITLES[FIRST]) & (frame["other"] == "CIFAR-10")].iloc[0]
    between = frame[frame["other"] != "CIFAR-10"]["rank correlation"]
    numbers = {
        "har_images": f"{images['rank correlation']:.2f}",
        "har_images_low": f"{images['low']:.2f}",
        "har_images_high": f"{images['high']:.2f}",
        "har_sets_low": f"{between.min():.2f}",
        "har_sets_high": f"{between.max():.2f}",
    }
    return frame.set_index(["one", "other"]), numbers


def ranks(table: Table, seed: int, resamples: int) -> pd.DataFrame:
    """How each training-free score ranks the scored classes: a row a score, the best on the first data set on top.

    Columns: each data set, its interval (``"wisdm low"``, ``"wisdm high"``), and ``CIFAR-10``, where the same score was
    computed on images for the same cells.
    """
    kept = results.read("har201/scores").frame
    on_images, accuracy = stages.spread(results.read("nb201/scores").frame), tables.nb201().role("test")
    cells = kept[kept["dataset"] == FIRST]["index"]
    rng, rows = np.random.default_rng(seed), {}
    for name in kept.columns.drop(["dataset", "index"]):
        row: dict[str, float] = {}
        for dataset, frame in kept.groupby("dataset"):
            target = har201.final(table, str(dataset))[frame["index"]]
            found = har201.spearman(frame[name].to_numpy(), target, rng, resamples)
            of = str(dataset)
            row |= {of: found.value, f"{of} low": found.low, f"{of} high": found.high}
        if name in on_images:
            row["CIFAR-10"] = stats.spearmanr(on_images[name][cells], accuracy[cells], nan_policy="omit").statistic
        rows[name] = row
    return pd.DataFrame(rows).T.sort_values(FIRST, ascending=False)


def rank_numbers(rank: pd.DataFrame) -> Mapping[str, str]:
    """What the prose says of :func:`ranks`."""
    kept = results.read("har201/scores").frame
    alone, both = rank.drop(index=list(COUNTS)), rank.dropna(subset=["CIFAR-10", FIRST])
    macs = rank[FIRST].to_dict()["macs"]
    return {
        "har_scored": str((kept["dataset"] == FIRST).sum()),
        "har_best_score": str(alone.index[0]),
        "har_best_score_rho": f"{alone[FIRST].iloc[0]:.2f}",
        "har_macs_alone": f"{macs:.2f}",
        "har_beat_macs": str((alone[f"{FIRST} low"] > macs).sum()),
        "har_scores_tried": str(len(alone)),
        "har_scores_hold": f"{stats.spearmanr(both[FIRST], both['CIFAR-10']).statistic:.2f}",
    }


def threes(table: Table) -> tuple[pd.DataFrame, Mapping[str, str]]:
    """The best sets of three scores by the validation people, with the set that chapter 5 chose on images."""
    on_cells = results.read("firefly/luciole_nb201").provenance.parameters["chosen"]
    found = har201.together(table, results.read("har201/scores").frame, on_cells)
    ours, images = (" + ".join(sorted(names)) for names in (GUIDES, on_cells))
    means = found["mean"].to_dict()
    numbers = {
        "har_guides": ", ".join(GUIDES),
        "har_guides_rho": f"{means[ours]:.2f}",
        "har_guides_place": str([*means].index(ours) + 1),
        "har_guides_top": f"{found['mean'].iloc[0]:.2f}",
        "har_images_rho": f"{means[images]:.2f}",
        "har_sets_tried": str(len(found)),
    }
    return pd.concat([found.head(6), found.loc[[images]]]).rename(columns=TITLES), numbers


def search_numbers(standing: pd.DataFrame, contest: Contest, queries: int) -> Mapping[str, str]:
    """What the prose says of the searchers."""
    reach = standing["test"] + 1.96 * standing["error"]
    numbers = {
        "har_queries": str(queries),
        "har_measured": f"{100 * contest.valid.measured.mean():.1f}",
        "har_surrogate": f"{contest.valid.agreement:.2f}",
        "har_best_searcher": str(standing.index[0]),
        "har_best_found": f"{standing['test'].iloc[0]:.2f}",
        "har_best_regret": f"{standing['regret'].iloc[0]:.2f}",
        "har_tied": str((reach >= standing["test"].iloc[0] - 1.96 * standing["error"].iloc[0]).sum() - 1),
        "har_searchers": str(len(standing)),
        "har_most_macs": f"{contest.test[contest.macs.argmax()]:.2f}",
    }
    return numbers | {"har_random_regret": f"{standing['regret'].get('random', np.nan):.2f}"}


def again(table: Table, found: Mapping[str, har201.Noise | None], cells: int, seed: int) -> str:
    """Train ``cells`` of the table again on the first data set that is here, and say how far they are from it.

    Raises LucioleError when one is further than four times the noise between seeds.
    """
    for name in sets(table):
        try:
            protocol.data(name)
        except LucioleError:
            continue
        noise, rng = found[name], np.random.default_rng(seed)
        chosen = rng.choice(har201.trained(table, name), size=cells, replace=False)
        record = trainings.retrain(name, chosen, seed=0)
        gap = np.abs(100 * record.accuracy["test"][-1] - har201.final(table, name)[chosen])
        bound = 4 * noise.noise if noise else UNKNOWN
        if not (gap <= bound).all():
            raise LucioleError(f"cells {chosen} trained again on {name} differ by {gap} points, more than {bound:.1f}")
        return (
            f"{cells} cells of {TITLES[name]}, trained again just now, are within {gap.max():.2f} points of the table."
        )
    return "No cell was trained again here: none of the data sets is here; install seglearn or set LUCIOLE_DATA."


def scored_again(cells: int, seed: int) -> str:
    """Compute cheap scores of ``cells`` classes again and say that they are the same, or why not here.

    Raises LucioleError when one differs.
    """
    kept = results.read("har201/scores").frame
    some = kept[kept["dataset"] == FIRST].sample(cells, random_state=seed)
    try:
        values = scoring.scored(FIRST, some["index"].to_numpy(), names=list(CHEAP)).values
    except LucioleError as reason:
        return f"Not computed again here: {reason}"
    for name in CHEAP:
        if not np.allclose(values[name][0], some[name], rtol=1e-3):
            raise LucioleError(f"{name} computed again is {values[name][0]}, expected {some[name].to_numpy()}")
    return f"{', '.join(CHEAP)} computed again just now for {cells} cells: the same values."
