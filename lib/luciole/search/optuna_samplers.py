"""Optuna's samplers behind the library's contract: a gene is a categorical parameter.

Akiba, Sano, Yanase, Ohta and Koyama, "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019.
"""

import warnings

import numpy as np

from luciole.errors import LucioleError, extra
from luciole.search.history import Run
from luciole.search.searcher import searcher
from luciole.spaces import Space

SAMPLERS = ("TPE", "GP", "NSGA-II")


@searcher("GENES", "ARITY")
def search(
    run: Run,
    space: Space,
    rng: np.random.Generator,
    *,
    sampler: str = "TPE",
) -> None:
    """Ask one of Optuna's samplers ("TPE", "GP", "NSGA-II") for genotypes and tell it their values.

    A genotype that the space refuses (``valid``, where the space has it) is told as a failed trial.
    """
    with extra("search"):
        import optuna  # on use: it takes a second, and its GP sampler imports torch

    if sampler not in SAMPLERS:
        raise LucioleError(f"expected a sampler among {', '.join(SAMPLERS)}, got {sampler!r}")
    valid = getattr(space, "valid", None)
    number = int(rng.integers(2**31))
    if sampler == "TPE":
        chosen: optuna.samplers.BaseSampler = optuna.samplers.TPESampler(seed=number, multivariate=True)
    elif sampler == "GP":
        chosen = optuna.samplers.GPSampler(seed=number)
    else:
        chosen = optuna.samplers.NSGAIISampler(seed=number, population_size=20)
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with run, warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study = optuna.create_study(direction="maximize", sampler=chosen)
            while True:
                trial = study.ask()
                genes = [trial.suggest_categorical(f"g{gene}", range(n)) for gene, n in enumerate(space.ARITY)]
                row = np.array([genes], dtype=np.int8)
                if valid is not None and not valid(row)[0]:
                    study.tell(trial, state=optuna.trial.TrialState.FAIL)
                    run.idle()
                    continue
                study.tell(trial, float(run.evaluate(row)[0]))
    finally:
        optuna.logging.set_verbosity(before)
