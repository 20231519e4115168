"""The long computations. Each module has ``run(workers, scheduler, seconds)`` and writes one result file.

``luciole run NAME`` runs one; it goes on where an earlier run stopped. A result is committed when small.
"""

import importlib
from collections.abc import Callable

from luciole.errors import LucioleError

EXPERIMENTS = {  # name on the command line: what it computes
    "nb201_scores": "training-free scores of every NAS-Bench-201 class",
    "nb201_replica": "how the replica that needs no download agrees with the original NAS-Bench-201",
    "nb201_search": "every searcher on NAS-Bench-201, with intervals over seeds",
    "nb101_search": "the same searchers on NAS-Bench-101",
    "digits_lemonade": "what inherited weights are worth: LEMONADE on small digits, against training from scratch",
    "nb101_energy": "searchers on NAS-Bench-101 under a budget of measured joules",
    "nb201_ifa": "firefly searches on the scored NAS-Bench-201 space",
    "nb201_luciole": "a better firefly on NAS-Bench-201, its parts and its rivals",
    "image_training": "found and hand-made networks trained from scratch on small images",
    "image_training_full": "the same with whole images and long trainings, for a GPU",
    "nb101_choice": "which training-free scores to add up, chosen on NAS-Bench-101",
    "nb101_luciole": "the better firefly, unchanged, on NAS-Bench-101",
    "har201_luciole": "the better firefly on HAR-201, by the sensors' own scores",
    "nb101_ifa": "firefly searches with live scores on NAS-Bench-101",
    "icd_accuracy": "ICD beside accuracy on NAS-Bench-101, and what it depends on",
    "recurrent_icd": "ICD beside the validation loss of small recurrent language models",
    "har201_pilot": "which protocol tells HAR-201's cells apart, on a few of them",
    "har201": "NAS-Bench-201 cells in one dimension, trained on sensor data, class by class",
    "har201_scores": "every training-free score on a sample of HAR-201",
    "har201_latency": "how long a cell of HAR-201 takes to answer",
    "skeleton_search": "VISAPP 2024's pipeline on UTKinect: skeleton images, a training-free search, training",
    "har_search": "small sensor networks: recipe, training-free search, found and hand-made ones trained",
    "har_online": "the network found for UCI HAR on the continuous recordings behind it",
    "skeleton_online": "actions in continuous videos of skeletons, frame by frame",
    "har_deployed": "size, latency and energy of the sensor networks once deployed, in 32 and 8 bits",
    "efficiency_tables": "what each metric crowns by each measured cost, on NAS-Bench-201 and 101",
    "efficiency_latency": "latency predicted from operator latencies, against networks timed whole",
}


def load(name: str) -> Callable[..., None]:
    """Return the ``run`` function of an experiment; LucioleError lists the names when there is no such one."""
    if name not in EXPERIMENTS:
        raise LucioleError(f"no experiment {name!r}; there are: {', '.join(EXPERIMENTS)}")
    run: Callable[..., None] = importlib.import_module(f"luciole.experiments.{name}").run
    return run
