"""The contract every searcher keeps: budget, account, seeds, errors; checked on small spaces with known answers."""

import inspect
import pickle
import signal
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from luciole.errors import LucioleError
from luciole.search import NEEDS, SEARCHERS, Budget, Guide, Objective, Run
from luciole.spaces import genes, nb101, nb201

PRICES = np.array([3.0, 1.0, 2.0, 5.0, 4.0])  # seconds of each operation
SLOW = {"Optuna GP"}  # seconds a run: two tests are enough
PLAIN = [name for name in SEARCHERS if name not in SLOW and name != "rank-based firefly"]


def value(rows):
    """A smooth peak: every gene is best at 3, and genes 0 and 5 agree."""
    return -np.abs(rows.astype(float) - 3).sum(axis=1) + (rows[:, 0] == rows[:, 5])


def seconds(rows):
    return PRICES[rows].sum(axis=1)


def settings(name):
    need = NEEDS.get(name)
    if need == "costs":
        return {"costs": lambda rows: np.stack([seconds(rows), (rows == 3).sum(axis=1)], axis=1)}
    if need == "cheaper":
        return {"cheaper": [Objective(lambda rows: value(rows) // 2, seconds=lambda rows: seconds(rows) / 4)]}
    if need == "guide":
        extra = {"keep": 60} if name == "training-free selection" else {}
        return {"guide": Guide(lambda rows: -(rows == 0).sum(axis=1), seconds=0.01), **extra}
    return {}


def play(name, budget, seed=0, count="query", space=nb201):
    objective = Objective(value, seconds=seconds, count=count)
    return SEARCHERS[name](space, objective, budget, np.random.default_rng(seed), **settings(name)), objective


@pytest.mark.parametrize("name", PLAIN)
def test_seconds_are_spent_up_to_the_budget_and_not_beyond(name):
    history, objective = play(name, Budget(seconds=700))
    costs = np.diff(history.seconds, prepend=0)
    own = seconds(history.genotypes)
    assert history.seconds[-1] <= 700
    assert objective.seconds_spent <= 700
    assert (history.values == value(history.genotypes)).all()
    if NEEDS.get(name) in ("cheaper", "guide"):
        assert (costs >= own - 1e-9).all()  # screening and scores are charged on top
        assert costs.sum() > own.sum()
    else:
        np.testing.assert_allclose(costs, own)
        assert history.stopped == "budget"
        assert history.seconds[-1] > 700 - 6 * PRICES.max()  # only what the next would have passed is left


@pytest.mark.parametrize("name", PLAIN)
def test_evaluations_are_counted_exactly(name):
    history, objective = play(name, Budget(evaluations=37))
    assert objective.evaluations == history.evaluations[-1] == len(history) == 37
    assert (history.evaluations == np.arange(1, 38)).all()


@pytest.mark.parametrize("name", PLAIN)
def test_a_seed_gives_the_same_digits_and_another_seed_others(name):
    one, two, other = (play(name, Budget(evaluations=40), seed)[0] for seed in (5, 5, 6))
    assert (one.genotypes == two.genotypes).all()
    assert (one.values == two.values).all()
    assert (one.spent == two.spent).all()
    assert (one.genotypes != other.genotypes).any()


@pytest.mark.parametrize("name", PLAIN)
def test_longer_budgets_begin_like_shorter_ones(name):
    short, long = (play(name, Budget(seconds=limit))[0] for limit in (300, 600))
    assert len(long) > len(short)
    assert (long.genotypes[: len(short)] == short.genotypes).all()


NOT_LEARNING = {"random", "Hyperband", "training-free selection", "firefly"}
LEARNERS = [name for name in PLAIN if name not in NOT_LEARNING and NEEDS.get(name) != "costs"]


@pytest.mark.parametrize("name", LEARNERS)
def test_what_is_asked_late_is_better_than_chance(name):
    chance = value(nb201.sample(np.random.default_rng(0), 10_000)).mean()
    late = [play(name, Budget(evaluations=120), seed)[0].values[-30:].mean() for seed in range(3)]
    assert np.mean(late) > chance + 1


@pytest.mark.parametrize("name", PLAIN)
def test_a_space_without_operators_is_refused(name):
    class Bare:
        """Offers nothing."""

    with pytest.raises(LucioleError, match=r"needs the operator '\w+', which the space Bare does not have"):
        play(name, Budget(evaluations=5), space=Bare())


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["random", "regularised evolution", "BANANAS", "Hyperband"])
def test_values_that_are_not_numbers_are_refused(name, bad):
    objective = Objective(lambda rows: np.where(rows[:, 0] == 2, bad, 1.0), seconds=seconds)
    with pytest.raises(LucioleError, match="to be finite, got"):
        SEARCHERS[name](nb201, objective, Budget(evaluations=300), np.random.default_rng(0), **settings(name))


def test_wrong_lengths_are_refused():
    with pytest.raises(LucioleError, match=r"expected the objective to give 1 numbers, got shape \(2,\)"):
        SEARCHERS["random"](nb201, Objective(lambda rows: [1, 2]), Budget(evaluations=3), np.random.default_rng(0))


@pytest.mark.parametrize("name", SEARCHERS)
def test_every_search_shows_the_same_contract(name):
    search = SEARCHERS[name]
    parameters = list(inspect.signature(search).parameters.values())
    assert [one.name for one in parameters[:4]] == ["space", "objective", "budget", "rng"]
    assert all(one.kind == one.KEYWORD_ONLY for one in parameters[4:])
    assert pickle.loads(pickle.dumps(search)) is search or isinstance(search, partial)


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_missing_settings_are_said(name):
    objective = Objective(value, seconds=seconds)
    with pytest.raises(LucioleError, match="this search needs"):
        SEARCHERS[name](nb201, objective, Budget(evaluations=3), np.random.default_rng(0))


@pytest.mark.parametrize("name", [name for name in PLAIN if "firefly" not in name])
def test_graph_spaces_are_searched_too(name):
    def edges(rows):
        return rows[:, : nb101.EDGE_GENES].sum(axis=1).astype(float)

    extra = settings(name)
    if "guide" in extra:
        extra["guide"] = Guide(edges)
    if "cheaper" in extra:
        extra["cheaper"] = [Objective(edges, seconds=edges)]
    if "costs" in extra:
        extra["costs"] = lambda rows: nb101.vertices(rows)
    objective = Objective(edges, seconds=edges)
    history = SEARCHERS[name](nb101, objective, Budget(evaluations=40), np.random.default_rng(1), **extra)
    assert history.evaluations[-1] == 40  # cells met again are answered from memory
    assert nb101.valid(history.genotypes).all()


def small(*arity, valid=None):
    """A space of independent genes, small enough to be known by heart."""
    operators = {name: partial(getattr(genes, name), arity=arity) for name in ("sample", "mutate", "neighbours")}
    space = SimpleNamespace(
        **operators,
        GENES=len(arity),
        ARITY=arity,
        crossover=genes.crossover,
        canonical=lambda rows: rows,
        distance=lambda a, b: (a != b).sum(axis=-1),
        encode=partial(genes.encode, arity=arity),
    )
    if valid is not None:
        space.valid = valid
    return space


@pytest.fixture
def ending(monkeypatch):
    """Searches that lose their patience soon; one that does not end is a failure, not a test that hangs."""
    monkeypatch.setattr(Run.__init__, "__defaults__", ((), 40))

    def late(number, frame):
        pytest.fail("the search does not end")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def free(rows):
    return np.zeros(len(rows))


def endless(name, space, count, budget, price=free):
    """Play ``name`` on an objective that never improves."""
    need = NEEDS.get(name)
    extra = {
        "costs": {"costs": lambda rows: np.stack([free(rows), rows.sum(axis=1)], axis=1)},
        "cheaper": {"cheaper": [Objective(free, seconds=price)]},
        "guide": {"guide": Guide(free)},
        None: {},
    }[need]
    objective = Objective(free, seconds=price, count=count)
    return SEARCHERS[name](space, objective, budget, np.random.default_rng(0), **extra)


@pytest.mark.parametrize("name", [name for name in SEARCHERS if name not in SLOW])
@pytest.mark.parametrize("count", ["unique", "query"])
@pytest.mark.parametrize("arity", [(2, 2), (3, 2, 4)])
def test_a_search_ends_whose_budget_cannot_be_spent(ending, name, count, arity):
    """Nothing improves, everything is soon known, and no evaluation costs what the budget counts."""
    history = endless(name, small(*arity), count, Budget(seconds=1.0))
    assert history.seconds[-1] == 0
    assert len(np.unique(history.genotypes, axis=0)) <= np.prod(arity)
    assert history.stopped in ("stalled", "exhausted", "converged") or name == "training-free selection"


def test_a_slow_search_ends_too(ending, monkeypatch):
    monkeypatch.setattr(Run.__init__, "__defaults__", ((), 8))
    assert endless("Optuna GP", small(2, 2), "query", Budget(seconds=1.0)).stopped == "stalled"


@pytest.mark.parametrize("name", [name for name in SEARCHERS if name not in SLOW])
def test_a_search_ends_when_a_finite_space_is_known(ending, name):
    """More evaluations are allowed than there are genotypes."""
    history = endless(name, small(3, 3), "unique", Budget(evaluations=1_000), price=lambda rows: free(rows) + 1)
    assert history.evaluations[-1] <= 9


@pytest.mark.parametrize("name", [name for name in PLAIN if name not in ("LaNAS", "BANANAS")])
def test_a_search_ends_whose_genotypes_are_all_new_and_free(ending, name):
    history = endless(name, nb201, "unique", Budget(seconds=1.0))
    assert len(history) < 2_000


@pytest.mark.parametrize("name", ["REINFORCE", "Q-learning", "Optuna TPE"])
def test_a_search_ends_where_nothing_can_be_built(ending, name):
    nothing = small(2, 2, valid=lambda rows: free(rows) > 0)
    with pytest.raises(LucioleError, match="at least one evaluation"):
        endless(name, nothing, "query", Budget(evaluations=5))


def test_gaussian_process_of_optuna_runs_under_the_contract():
    history, _ = play("Optuna GP", Budget(evaluations=14))
    assert len(history) == 14
    assert (history.genotypes == play("Optuna GP", Budget(evaluations=14))[0].genotypes).all()


def test_importing_the_searchers_does_not_import_torch():
    script = "import sys, luciole.search; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
