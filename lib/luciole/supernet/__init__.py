"""Weight sharing and search by gradients: the supernet, one method a file, hypergradients.

    from luciole.supernet import METHODS, Budget, Task, search

    trace = search(METHODS["GDAS"], Task.of(parts), skeleton, Budget(steps=2_000), seeds=[0, 1, 2])
    trace.cells[-1]  # (3, 6): the cell that each seed found; trace.alpha and trace.cells hold every epoch

Every method has the same contract (:mod:`luciole.supernet.method`): a budget in steps, seconds or joules, several seeds
side by side, a record of alpha at every epoch, and a run that goes on where it was stopped.
"""

from luciole.supernet.beta_darts import BetaDarts
from luciole.supernet.budget import Budget
from luciole.supernet.darts import Darts
from luciole.supernet.darts_minus import DartsMinus
from luciole.supernet.early_stopping import DartsEs, DartsPlus
from luciole.supernet.enas import Enas
from luciole.supernet.fair_darts import FairDarts
from luciole.supernet.gdas import Gdas
from luciole.supernet.method import Method
from luciole.supernet.network import Supernet
from luciole.supernet.one_shot import OneShot
from luciole.supernet.pc_darts import PcDarts
from luciole.supernet.perturbation import Perturbation
from luciole.supernet.proxyless import Proxyless
from luciole.supernet.run import Run, Settings
from luciole.supernet.searching import Trace, search
from luciole.supernet.smooth_darts import SmoothDarts
from luciole.supernet.snas import Snas
from luciole.supernet.task import Task

METHODS: dict[str, Method] = {
    "DARTS": Darts(),
    "DARTS, second order": Darts(order=2),
    "single-path one-shot": OneShot(),
    "random search, shared weights": OneShot(by="random"),
    "ENAS": Enas(),
    "GDAS": Gdas(),
    "SNAS": Snas(),
    "PC-DARTS": PcDarts(),
    "beta-DARTS": BetaDarts(),
    "DARTS-": DartsMinus(),
    "DARTS-PT": Perturbation(),
    "DARTS-PT, fixed alpha": Perturbation(fixed=True),
    "FairDARTS": FairDarts(),
    "DARTS-ES": DartsEs(),
    "DARTS+": DartsPlus(),
    "SmoothDARTS, random": SmoothDarts(),
    "SmoothDARTS, adversarial": SmoothDarts(ascent=7),
    "ProxylessNAS": Proxyless(),
    "ProxylessNAS, REINFORCE": Proxyless(gradient="REINFORCE"),
}

__all__ = ["METHODS", "Budget", "Method", "Run", "Settings", "Supernet", "Task", "Trace", "search"]
