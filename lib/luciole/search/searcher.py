"""The contract of a searcher, written once: a file states its steps, the decorator makes a search of them.

    @searcher("sample")  # the operators that the space must offer
    def search(run: Run, space: Space, rng: np.random.Generator, *, batch: int = 1) -> None:
        while True:
            run.evaluate(space.sample(rng, batch))

is called as every search is, ``search(space, objective, budget, rng, batch=4)``, and returns its
:class:`luciole.search.history.History`. The steps need not think of budgets: the run ends them where one is spent. A
search that makes something else of its history is written against :class:`luciole.search.history.Run` itself.

>>> import inspect
>>> from luciole.search import Budget, Objective
>>> from luciole.spaces import nb201
>>> @searcher("sample")
... def search(run: Run, space: Space, rng: np.random.Generator, *, batch: int = 1) -> None:
...     while True:
...         run.evaluate(space.sample(rng, batch))
>>> list(inspect.signature(search).parameters)
['space', 'objective', 'budget', 'rng', 'batch']
>>> first_gene = Objective(lambda rows: rows[:, 0])
>>> len(search(nb201, first_gene, Budget(evaluations=5), np.random.default_rng(0), batch=2))
5
"""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

import numpy as np

from luciole.search.budget import Budget
from luciole.search.history import History, Run
from luciole.search.objective import Objective
from luciole.spaces import Space

Settings = ParamSpec("Settings")
Steps = Callable[Concatenate[Run, Space, np.random.Generator, Settings], None]
Search = Callable[Concatenate[Space, Objective, Budget, np.random.Generator, Settings], History]


def searcher(*needs: str) -> Callable[[Steps[Settings]], Search[Settings]]:
    """Make a search of steps that want the operators ``needs`` of the space; the steps' settings are the search's."""

    def decorate(steps: Steps[Settings]) -> Search[Settings]:
        @wraps(steps)
        def search(
            space: Space,
            objective: Objective,
            budget: Budget,
            rng: np.random.Generator,
            *args: Settings.args,
            **settings: Settings.kwargs,
        ) -> History:
            run = Run(space, objective, budget, needs)
            with run:
                steps(run, space, rng, *args, **settings)
            return run.history

        own = list(inspect.signature(steps).parameters.values())[3:]  # after run, space and rng
        called = list(inspect.signature(search, follow_wrapped=False).parameters.values())[:4]
        search.__signature__ = inspect.Signature([*called, *own], return_annotation=History)  # type: ignore[attr-defined]
        return search

    return decorate
