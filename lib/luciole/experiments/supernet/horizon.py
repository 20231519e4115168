"""The short horizon: hypergradients beside the exact one, what each leads to, what each costs; limit (d).

    luciole run supernet/horizon          # some minutes

On three trainings small enough for exact answers (:mod:`luciole.experiments.supernet.problems`), after horizons of 10
to 40 steps: the cosine of each hypergradient with the exact one (reverse mode over all steps), the ratio of their
lengths, processor seconds and peak memory. Then hyper-parameters are descended by some of them, with Adam, each
training from the start for 40 steps; what counts is the validation loss at the end. And the noisy quadratic, where the
rate that is best for the next step is known in closed form. How it is judged: limit (d) of
:mod:`luciole.experiments.supernet.protocol`.
"""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from luciole import results
from luciole.attestation import Column, Sample, Unavailable, columns, draw
from luciole.costs.energy import DEFAULT_COUNTRY, Meter
from luciole.costs.memory import PeakMemory
from luciole.errors import LucioleError
from luciole.experiments.supernet.problems import PROBLEMS, Problem
from luciole.supernet.hypergradients import conjugate_gradient, darts, forward, neumann, reverse
from luciole.supernet.noisy_quadratic import best_schedule, run_greedy
from luciole.supernet.self_tuning import Response, fit, hypergradient

HORIZONS = (10, 20, 40)  # steps of training
MOST = 50  # hyper-parameters in forward mode, whose time grows with them
DESCENT = 40  # steps of training where hyper-parameters are descended
OUTER, OUTER_RATE = 15, 0.1  # updates of the hyper-parameters, by Adam
TUNED = "self-tuning"
LEARNT, KEPT_UP = 200, 20  # steps in which a response is learnt at first, and after each update
QUADRATIC = ((1.0, 100), (1.0, 1_000), (10.0, 1_000), (100.0, 1_000))  # mean squares at the start, steps
MODULES = (
    *(__name__, "luciole.experiments.supernet.problems", "luciole.supernet.darts", "luciole.supernet.hypergradients"),
    *("luciole.supernet.noisy_quadratic", "luciole.supernet.self_tuning"),
)
RELATIVE, ROUNDING = 1e-3, "another processor rounds sums otherwise"
ABSOLUTE = 1e-3  # of cosines and losses derived again

Estimate = Callable[[Problem, Tensor, int], Tensor]  # problem, hyper-parameters (m,), steps -> hypergradient (m,)


def _trained(problem: Problem, hyper: Tensor, steps: int) -> Tensor:
    return problem.bilevel.train(hyper, steps)


class Tuning:
    """The hypergradient through a response, which is learnt at the first call and kept up at the next ones."""

    def __init__(self) -> None:
        self.generator = torch.Generator().manual_seed(0)
        self.response: Response | None = None

    def __call__(self, problem: Problem, hyper: Tensor, steps: int) -> Tensor:
        """The hypergradient at these hyper-parameters; a first response starts from the weights trained there."""
        if self.response is None:
            weights = _trained(problem, hyper, steps)
            self.response = Response(problem.shapes, len(hyper), self.generator, weights)
            with torch.no_grad():  # what it answers here has to be those weights
                self.response.base.add_(weights - self.response(hyper))
            fit(problem.bilevel, self.response, hyper, LEARNT, self.generator)
        else:
            fit(problem.bilevel, self.response, hyper, KEPT_UP, self.generator)
        return hypergradient(problem.bilevel, self.response, hyper)


ESTIMATES: dict[str, Estimate] = {
    "reverse": lambda p, h, t: reverse(p.bilevel, h, t),
    "forward": lambda p, h, t: forward(p.bilevel, h, t),
    "last 1 step": lambda p, h, t: reverse(p.bilevel, h, t, last=1),
    "last 5 steps": lambda p, h, t: reverse(p.bilevel, h, t, last=5),
    "last 20 steps": lambda p, h, t: reverse(p.bilevel, h, t, last=20),
    "DARTS, second order": lambda p, h, t: darts(p.bilevel, h, _trained(p, h, t), 2, p.rate),
    "Neumann, 0 terms": lambda p, h, t: neumann(p.bilevel, h, _trained(p, h, t), 0, p.rate),
    "Neumann, 5 terms": lambda p, h, t: neumann(p.bilevel, h, _trained(p, h, t), 5, p.rate),
    "Neumann, 20 terms": lambda p, h, t: neumann(p.bilevel, h, _trained(p, h, t), 20, p.rate),
    "conjugate gradients, 20": lambda p, h, t: conjugate_gradient(p.bilevel, h, _trained(p, h, t), 20),
    TUNED: lambda p, h, t: Tuning()(p, h, t),
}
CHOOSING = (  # by which hyper-parameters are descended: forward mode and fewer terms would lead where others do
    *("reverse", "last 1 step", "DARTS, second order", "Neumann, 20 terms", "conjugate gradients, 20", TUNED),
)
# First-order DARTS is left out where the validation loss does not depend on the hyper-parameters but through the
# weights, as in all three: its hypergradient is 0, and it would choose what it began with.


def compared(problem: Problem, steps: int, exact: Tensor, name: str) -> dict[str, object]:
    """One row: a hypergradient beside the exact one after so many steps."""
    started = time.process_time()
    found = ESTIMATES[name](problem, problem.hyper, steps)
    seconds = time.process_time() - started
    with PeakMemory() as memory:
        ESTIMATES[name](problem, problem.hyper, steps)
    return {
        "problem": problem.name,
        "steps": steps,
        "hypergradient": name,
        "cosine": float(torch.nn.functional.cosine_similarity(found, exact, dim=0)),
        "length": float(found.norm() / exact.norm()),
        "seconds": seconds,
        "bytes": memory.peak,
    }


def descended(problem: Problem, name: str, updates: int = OUTER) -> dict[str, object]:
    """One row: where descending the hyper-parameters by a hypergradient leads."""
    hyper = problem.hyper.clone().requires_grad_()
    optimiser = torch.optim.Adam([hyper], lr=OUTER_RATE)
    estimate = Tuning() if name == TUNED else ESTIMATES[name]
    losses = []
    for _ in range(updates + 1):
        weights = _trained(problem, hyper.detach(), DESCENT)
        losses.append(float(problem.bilevel.validation(weights, hyper.detach())))
        hyper.grad = estimate(problem, hyper.detach(), DESCENT)
        optimiser.step()
    return {
        "problem": problem.name,
        "hypergradient": name,
        "first loss": losses[0],
        "validation loss": losses[-1],
        "test loss": problem.tested(weights),
    }


def quadratic() -> pd.DataFrame:
    """A row a start and number of steps: the loss under the greedy rate, under the best schedule, and their ratio."""
    curvatures = torch.logspace(-2, 0, 100, dtype=torch.float64)
    rows = []
    for start, steps in QUADRATIC:
        greedy, best = run_greedy(curvatures, start, steps), best_schedule(curvatures, start, steps)
        rows.append(
            {
                "start": start,
                "steps": steps,
                "initial loss": float(0.5 * start * curvatures.sum()),
                "greedy loss": greedy.loss,
                "best loss": best.loss,
                "ratio": greedy.loss / best.loss,
                "power": best.power,
                "first rate": float(greedy.rates[0]),
                "last rate": float(greedy.rates[-1]),
                "best first rate": float(best.rates[0]),
            }
        )
    return pd.DataFrame(rows)


def verdict(ratio: float, ahead: dict[str, float]) -> str:
    """What limit (d) comes to: the quadratic's ratio at 1,000 steps from a start of 1, and by how much each problem's
    validation loss under the last step alone is above that under the exact hypergradient (a share).

    >>> verdict(6.8, {"ridge": 0.2, "network": 0.06, "cleaning": 0.0}), verdict(1.0, {"ridge": 0.2})
    ('present', 'refuted')
    """
    if ratio > 2 and sum(share >= 0.05 for share in ahead.values()) >= 2:
        return "present"
    if ratio < 1.1 or all(share <= 0.01 for share in ahead.values()):
        return "refuted"
    return "undecided"


def judged(choices: pd.DataFrame, curve: pd.DataFrame) -> str:
    """The verdict from the tables of this experiment."""
    loss = choices.pivot(index="problem", columns="hypergradient", values="validation loss")
    ahead = (loss["last 1 step"] / loss["reverse"] - 1).to_dict()
    ratio = curve[(curve["start"] == 1.0) & (curve["steps"] == 1_000)]["ratio"].item()
    return verdict(float(ratio), {str(name): float(share) for name, share in ahead.items()})


def rederive(name: str, result: results.Result, rng: np.random.Generator, units: int | None) -> Sample:
    """Derive ``units`` rows again; None: three, some seconds. Seconds are measurements."""
    kept = result.frame
    drawn = draw(rng, len(kept), units, 3)
    frame = kept.iloc[drawn]
    if name == "supernet/quadratic":
        now = quadratic().iloc[drawn]
        return Sample(
            [f"row {at}" for at in drawn], len(kept), columns(frame, now, relative=1e-6, why=ROUNDING), MODULES
        )
    rows = []
    for _, row in frame.iterrows():
        try:
            problem = PROBLEMS[row["problem"]]()
        except LucioleError as reason:
            raise Unavailable(str(reason)) from None
        if name == "supernet/choices":
            rows.append(descended(problem, row["hypergradient"]))
        else:
            exact = reverse(problem.bilevel, problem.hyper, int(row["steps"]))
            rows.append(compared(problem, int(row["steps"]), exact, row["hypergradient"]))
    fresh = pd.DataFrame(rows)
    numbers = ["cosine", "length"] if name == "supernet/horizon" else ["first loss", "validation loss", "test loss"]
    columns_of = {
        one: Column(frame[one].to_numpy(), fresh[one].to_numpy(), RELATIVE, ABSOLUTE, ROUNDING) for one in numbers
    }
    left = {"seconds, bytes": "measured"} if name == "supernet/horizon" else {}
    named = [f"{row['problem']}, {row['hypergradient']}" for _, row in frame.iterrows()]
    return Sample(named, len(kept), columns_of, MODULES, left)


def run(workers: int = 1, scheduler: str | None = None, seconds: float | None = None) -> None:
    """Compare, descend, and write ``supernet/horizon``, ``supernet/choices`` and ``supernet/quadratic``.

    Always in this one process, whatever ``workers``: what is timed would be disturbed. Raises LucioleError for a
    cluster, whose machine nobody could name.
    """
    if scheduler is not None:
        raise LucioleError("expected no scheduler: seconds belong to one named machine; run it there")
    problems = [make() for make in PROBLEMS.values()]  # read before the clock starts
    tables: dict[str, tuple[pd.DataFrame, Meter]] = {}
    with Meter(DEFAULT_COUNTRY) as meter:
        rows = []
        for problem in problems:
            for steps in HORIZONS:
                exact = reverse(problem.bilevel, problem.hyper, steps)
                names = [name for name in ESTIMATES if name != "forward" or len(problem.hyper) <= MOST]
                rows += [compared(problem, steps, exact, name) for name in names]
    tables["supernet/horizon"] = pd.DataFrame(rows), meter
    with Meter(DEFAULT_COUNTRY) as meter:
        choices = pd.DataFrame([descended(problem, name) for problem in problems for name in CHOOSING])
    tables["supernet/choices"] = choices, meter
    with Meter(DEFAULT_COUNTRY) as meter:
        curve = quadratic()
    tables["supernet/quadratic"] = curve, meter
    for name, (frame, spent) in tables.items():
        results.write(
            name,
            frame,
            function=run,
            parameters={
                "horizons": list(HORIZONS),
                "descent": {"steps": DESCENT, "updates": OUTER, "rate": OUTER_RATE, "optimiser": "Adam"},
                "response": {"first": LEARNT, "after": KEPT_UP},
                "quadratic": [list(one) for one in QUADRATIC],
                "verdict of limit (d)": judged(choices, curve),
            },
            modules=MODULES,
            inputs={"ridge": "drawn", "network": "scikit-learn's digits", "cleaning": "mnist, prepared file"},
            seconds=spent.seconds,
            joules=spent.joules,
            energy=spent.mode,
        )
