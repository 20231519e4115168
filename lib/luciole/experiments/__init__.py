"""The long computations, a folder a study. Each module has ``run(workers, scheduler, seconds)`` and writes results.

``luciole run STUDY/NAME`` runs one; it goes on where an earlier run stopped. A result is committed when small.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from luciole.errors import LucioleError


@dataclass(frozen=True)
class Experiment:
    """A long computation: what it computes, and the results that it writes."""

    says: str
    results: tuple[str, ...]


EXPERIMENTS = {  # name on the command line, which is also its module's below this one
    "nb201/scores": Experiment(
        "training-free scores of every NAS-Bench-201 class",
        ("nb201/scores", "nb201/costs", "nb201/quality", "nb201/settings"),
    ),
    "nb201/published": Experiment(
        "scores at the setting of their published correlations, on a sample of NAS-Bench-201",
        ("nb201/published", "nb201/published_quality"),
    ),
    "nb201/replica": Experiment(
        "how the replica that needs no download agrees with the original NAS-Bench-201",
        ("nb201/replica",),
    ),
    "nb201/search": Experiment(
        "every searcher on NAS-Bench-201, with intervals over seeds",
        ("nb201/search_runs", "nb201/search"),
    ),
    "nb101/search": Experiment("the same searchers on NAS-Bench-101", ("nb101/search_runs", "nb101/search")),
    "images/lemonade": Experiment(
        "what inherited weights are worth: LEMONADE on small digits, against training from scratch",
        ("images/lemonade_runs", "images/lemonade"),
    ),
    "nb101/energy": Experiment(
        "searchers on NAS-Bench-101 under a budget of measured joules",
        ("nb101/energy_runs", "nb101/energy"),
    ),
    "firefly/ifa_nb201": Experiment("firefly searches on the scored NAS-Bench-201 space", ("firefly/ifa_nb201",)),
    "firefly/luciole_nb201": Experiment(
        "a better firefly on NAS-Bench-201, its parts and its rivals",
        ("firefly/luciole_nb201",),
    ),
    "images/training": Experiment(
        "found and hand-made networks trained from scratch on small images",
        ("images/training",),
    ),
    "images/training_full": Experiment(
        "the same with whole images and long trainings, for a GPU",
        ("images/training_full",),
    ),
    "images/curves": Experiment(
        "hand-made networks and one found cell on all training images of MNIST and Fashion-MNIST, error against energy",
        ("images/curves",),
    ),
    "nb101/choice": Experiment("which training-free scores to add up, chosen on NAS-Bench-101", ("nb101/choice",)),
    "firefly/luciole_nb101": Experiment("the better firefly, unchanged, on NAS-Bench-101", ("firefly/luciole_nb101",)),
    "firefly/luciole_har201": Experiment(
        "the better firefly on HAR-201, by the sensors' own scores",
        ("firefly/luciole_har201",),
    ),
    "firefly/ifa_nb101": Experiment("firefly searches with live scores on NAS-Bench-101", ("firefly/ifa_nb101",)),
    "firefly/icd_accuracy": Experiment(
        "ICD beside accuracy on NAS-Bench-101, and what it depends on",
        ("firefly/icd_accuracy",),
    ),
    "firefly/icd_recurrent": Experiment(
        "ICD beside the validation loss of small recurrent language models",
        ("firefly/icd_recurrent",),
    ),
    "har201/pilot": Experiment("which protocol tells HAR-201's cells apart, on a few of them", ("har201/pilot",)),
    "har201/table": Experiment(
        "NAS-Bench-201 cells in one dimension, trained on sensor data, class by class",
        ("har201/table",),
    ),
    "har201/v2_pilot": Experiment(
        "which recipe buys HAR-201's second version the most reliable means",
        ("har201/v2_pilot",),
    ),
    "har201/v2": Experiment(
        "HAR-201 again, every class in several runs: seeds crossed with groups of people",
        ("har201/v2",),
    ),
    "har201/scores": Experiment("every training-free score on a sample of HAR-201", ("har201/scores",)),
    "har201/latency": Experiment("how long a cell of HAR-201 takes to answer", ("har201/latency",)),
    "skeletons/search": Experiment(
        "VISAPP 2024's pipeline on UTKinect: skeleton images, a training-free search, training",
        ("skeletons/search", "skeletons/search_cells"),
    ),
    "har/search": Experiment(
        "small sensor networks: recipe, training-free search, found and hand-made ones trained",
        (
            "har/recipes",
            "har/ablation",
            "har/lengths",
            "har/candidates",
            "har/models",
            "har/models_people",
            "har/models_weights",
            "har/models_confusion",
        ),
    ),
    "choice/nested": Experiment(
        "sets of scores chosen on one side and read on another: halves of NAS-Bench-201, and across tables",
        ("choice/nested",),
    ),
    "choice/ranks": Experiment("searchers of NAS-Bench-201 ranked seed by seed", ("choice/ranks",)),
    "choice/operators": Experiment(
        "operators of a search by scores against as large a random sample, and chosen here to be read there",
        ("choice/operators",),
    ),
    "choice/readings": Experiment(
        "what those runs come to: gains over a sample, and nested choice of what to run",
        ("choice/gains", "choice/operator_choices"),
    ),
    "choice/rates": Experiment(
        "the merit's exchange rate, chosen on one side and read on another",
        ("choice/rates",),
    ),
    "choice/skeletons": Experiment(
        "skeleton and weights of a set of scores, chosen on one side and read on another",
        ("choice/skeletons",),
    ),
    "har/arena": Experiment(
        "classifiers on statistics of a window under the protocol of the field's own contest",
        ("har/arena",),
    ),
    "har/arena_search": Experiment(
        "small networks on statistics of a window, searched under that protocol within limits of multiplications",
        ("har/arena_search",),
    ),
    "har/designed": Experiment(
        "what `luciole design` finds in minutes, on people who had no part in it",
        ("har/designed",),
    ),
    "har/unseen": Experiment(
        "the same on a public set that nothing of it was made with, named by hash before it was read",
        ("har/unseen",),
    ),
    "har/arena_published": Experiment(
        "networks of the field's own contest and MiniRocket, written from their papers, under its protocol",
        ("har/arena_published",),
    ),
    "har/arena_transfer": Experiment(
        "classifiers trained on WISDM's watch and tested on its phone, people never met",
        ("har/arena_transfer",),
    ),
    "har/distilled": Experiment(
        "whether a small network learns more from a stronger rival's probabilities",
        ("har/distilled",),
    ),
    "har/rockets": Experiment(
        "MiniRocket, QUANT and Hydra-MultiRocket of the package aeon on UCI HAR and WISDM",
        ("har/rockets",),
    ),
    "har/online": Experiment(
        "the network found for UCI HAR on the continuous recordings behind it",
        ("har/online", "har/online_heard"),
    ),
    "skeletons/online": Experiment("actions in continuous videos of skeletons, frame by frame", ("skeletons/online",)),
    "har/deployed": Experiment(
        "size, latency and energy of the sensor networks once deployed, in 32 and 8 bits",
        ("har/deployed",),
    ),
    "supernet/comparison": Experiment(
        "differentiable search and weight sharing where the truth of every cell is known",
        ("supernet/comparison",),
    ),
    "supernet/training_free": Experiment(
        "which cells the training-free scores name among the classes of that comparison",
        ("supernet/training_free",),
    ),
    "supernet/horizon": Experiment(
        "the short horizon: hypergradients beside the exact one, and what each leads to",
        ("supernet/horizon", "supernet/choices", "supernet/quadratic"),
    ),
    "sparsity/lenet": Experiment(
        "pruning, growing and one dynamics of both on LeNet-300-100: error, seconds, weights ever trained",
        ("sparsity/lenet", "sparsity/lenet_sizes"),
    ),
    "sparsity/lenet5": Experiment(
        "four methods of pruning and exchange, and ours, on LeNet-5, small",
        ("sparsity/lenet5",),
    ),
    "sparsity/grown": Experiment(
        "ways of growing units, and growing then pruning, beside one dynamics of both, on scikit-learn's digits",
        ("sparsity/grown",),
    ),
    "sparsity/minima": Experiment(
        "pruned and grown networks looked at: scores of chapter 4, entropy of units, sharpness",
        ("sparsity/minima",),
    ),
    "sparsity/sensors": Experiment(
        "the best of each family of pruning and growing, and ours, on a small sensor network of UCI HAR",
        ("sparsity/sensors",),
    ),
    "devices/cortex_m": Experiment(
        "flash, memory and instructions of sensor networks on an emulated Cortex-M, and how they are foretold",
        ("devices/designs", "devices/candidates", "devices/networks"),
    ),
    "devices/arena": Experiment(
        "the best classifier under WHAR Arena's protocol as C on an emulated Cortex-M",
        ("devices/arena",),
    ),
    "efficiency/tables": Experiment(
        "what each metric crowns by each measured cost, on NAS-Bench-201 and 101",
        ("efficiency/crowns", "efficiency/exponents", "efficiency/costs", "efficiency/repeats"),
    ),
    "efficiency/latency": Experiment(
        "latency predicted from operator latencies, against networks timed whole",
        ("efficiency/latency",),
    ),
    "efficiency/operators": Experiment(
        "how many multiply-accumulates the start of an operator is worth on this processor",
        ("efficiency/operators",),
    ),
}
RENAMED = {  # what stood flat once, and where it stands now
    "nb201_scores": "nb201/scores",
    "nb201_replica": "nb201/replica",
    "nb201_search": "nb201/search",
    "nb101_search": "nb101/search",
    "digits_lemonade": "images/lemonade",
    "nb101_energy": "nb101/energy",
    "nb201_ifa": "firefly/ifa_nb201",
    "nb201_luciole": "firefly/luciole_nb201",
    "image_training": "images/training",
    "image_training_full": "images/training_full",
    "nb101_choice": "nb101/choice",
    "nb101_luciole": "firefly/luciole_nb101",
    "har201_luciole": "firefly/luciole_har201",
    "nb101_ifa": "firefly/ifa_nb101",
    "icd_accuracy": "firefly/icd_accuracy",
    "recurrent_icd": "firefly/icd_recurrent",
    "har201_pilot": "har201/pilot",
    "har201": "har201/table",
    "har201_scores": "har201/scores",
    "har201_latency": "har201/latency",
    "skeleton_search": "skeletons/search",
    "har_search": "har/search",
    "har_online": "har/online",
    "skeleton_online": "skeletons/online",
    "har_deployed": "har/deployed",
    "efficiency_tables": "efficiency/tables",
    "efficiency_latency": "efficiency/latency",
}


def load(name: str) -> Callable[..., None]:
    """Return the ``run`` function of an experiment; LucioleError lists the names when there is no such one."""
    if name in RENAMED:
        raise LucioleError(f"the experiment {name!r} is {RENAMED[name]!r} now: luciole run {RENAMED[name]}")
    if name not in EXPERIMENTS:
        raise LucioleError(f"no experiment {name!r}; there are: {', '.join(EXPERIMENTS)}")
    run: Callable[..., None] = importlib.import_module(f"{__name__}.{name.replace('/', '.')}").run
    return run
