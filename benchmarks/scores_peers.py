"""Do the authors' codes give the numbers that ours gives, and in what time?

    python benchmarks/scores_peers.py --peer PATH [--cells 24]

PATH holds checkouts: SamsungLabs/zero-cost-nas, cvlab-yonsei/AZ-NAS, ondratybl/VKDNW, SLDGroup/ZiCo, HamsterMimi/MeCo
and pym1024/SWAP, each under its own name; what is not there is left out. Their functions are run on the processor, on
the same networks (random cells, one a stage, width 16, 16 x 16) and the same batch as ours, in one process on one
thread. They are unchanged but for one line of VKDNW, which writes into a parameter and is given a copy, as PyTorch has
come to demand. What they read from outside is put in its place: data, and the weights and noise that they draw.
Of each score: the largest relative difference of the values, Kendall's tau between them, and processor seconds on both
sides, building the networks left out.
"""

import argparse
import contextlib
import io
import math
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from record import Row, record
from torch import Tensor, nn

from luciole.networks import Skeleton, build
from luciole.scores import SCORES, draws
from luciole.scores.quality import tau
from luciole.spaces import nb201

SKELETON, SIDE, SAMPLES = Skeleton(cells=1), 16, 32
SEED = 3  # of what a score draws itself
EQUAL = 1e-6  # relative difference below which two codes agree
Peer = Callable[[nn.Module, Tensor, Tensor], float]
WHY = {  # each difference in a sentence
    "fisher": "ours counts a channel once, theirs once for each of its weights (fisher_published)",
    "vkdnw": "ours is the Fisher information, theirs leaves the factor of the covariance untransposed (vkdnw_released)",
    "zen": "theirs reads running variances after two passes of momentum .1, ours the batch's own variance",
    "trainability": "both draw the signs that are sent back, each its own",
    "gradsign": "theirs is the mean over weights (gradsign_mean), the paper's is the sum",
    "progressivity": "a difference of two entropies amplifies the rounding of theirs, in single precision",
    "meco": "theirs is computed in single precision",
    "gradsign_mean": "a gradient next to zero has another sign",
    "grasp": "products of both signs cancel in the sum, which amplifies the rounding of single precision",
    "plain": "products of both signs cancel in the sum, which amplifies the rounding of single precision",
    "zico": "dividing by deviations that are next to zero amplifies rounding",
    "vkdnw_released": "theirs is computed in single precision, and the small eigenvalues are within its rounding",
}


class Theirs(nn.Module):
    """A network with the methods that their codes call."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def cuda(self, *ignored: Any) -> "Theirs":
        return self

    def extract_cell_features(self, x: Tensor) -> list[Tensor]:
        maps = [self.network.stem(x)]
        for block in self.network.body:
            maps.append(block(maps[-1]))
        return maps

    def forward_pre_GAP(self, x: Tensor) -> Tensor:
        return self.network.last(self.network.body(self.network.stem(x)))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, self.network(x)


def module(path: Path, change: tuple[str, str] = ("\0", ""), **put: Any) -> types.ModuleType:
    """Load one file of theirs; ``put`` stands in for what it defines or imports."""
    found = types.ModuleType("peer")
    found.__file__ = str(path)
    exec(compile(path.read_text(encoding="utf-8").replace(*change), path, "exec"), vars(found))
    for name, value in put.items():
        setattr(found, name, value)
    return found


@contextlib.contextmanager
def stubs(**modules: types.ModuleType) -> Iterator[None]:
    """Modules that they import and that are not needed here."""
    held = {name: sys.modules.get(name) for name in modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name, one in held.items():
            sys.modules.pop(name) if one is None else sys.modules.update({name: one})


def given(*noise: Tensor) -> types.SimpleNamespace:
    """The torch module, but that ``randn`` gives these in turn."""
    left = iter(noise)
    return types.SimpleNamespace(**{**vars(torch), "randn": lambda *args, **kwargs: next(left).clone()})


def noise_like(batch: Tensor) -> tuple[Tensor, Tensor]:
    """The inputs that our Zen score draws."""
    generator = torch.Generator().manual_seed(SEED + 1)
    first, second = (torch.randn(batch.shape, generator=generator) for _ in range(2))
    return first, second


def drawn(network: nn.Module, deviation: Callable[[Tensor], float]) -> Theirs:
    """The network with the weights that our score draws."""
    network.load_state_dict(draws.normal(network, deviation, SEED), strict=False)
    return Theirs(network)


def zero_cost(folder: Path) -> dict[str, Peer]:
    sys.path.insert(0, str(folder))
    from foresight.pruners import predictive

    def peer(name: str) -> Peer:
        def run(network: nn.Module, batch: Tensor, labels: Tensor) -> float:
            one = predictive.find_measures(network, [(batch, labels)], ("random", 1, 10), "cpu", measure_names=[name])
            return float(math.log(one[name]) if name == "synflow" else one[name])

        return run

    names = {"grad_norm": "grad_norm", "snip": "snip", "grasp": "grasp", "plain": "plain", "synflow": "synflow"}
    names |= {"fisher": "fisher", "fisher_published": "fisher", "jacov": "jacob_cov"}
    return {ours: peer(name) for ours, name in names.items()}


def az_nas(folder: Path) -> dict[str, Peer]:
    place = folder / "NB201/ZeroShotProxy"
    as_it_is = {"init_model": lambda model, method: model}
    az = module(place / "compute_az_nas_score.py", **as_it_is)
    sign = module(place / "compute_gradsign_score.py")
    naswot, zen = (module(place / f"compute_{name}_score.py") for name in ("naswot", "zen"))

    def of_az(name: str) -> Peer:
        return lambda network, batch, labels: az.compute_nas_score(
            Theirs(network), None, [(batch.clone().requires_grad_(),)], SIDE, SAMPLES
        )[name]

    def of_naswot(network: nn.Module, batch: Tensor, labels: Tensor) -> float:
        naswot.init_model, naswot.torch = (lambda model, method: model), given(batch)
        return naswot.compute_nas_score(Theirs(network), None, None, SIDE, SAMPLES)["naswot"]

    def of_zen(network: nn.Module, batch: Tensor, labels: Tensor) -> float:
        zen.network_weight_gaussian_init, zen.torch = (lambda network: network), given(*noise_like(batch))
        return zen.compute_nas_score(drawn(network, draws.unit).train(), None, None, SIDE, SAMPLES)["zen"]

    def of_sign(network: nn.Module, batch: Tensor, labels: Tensor) -> float:
        return sign.compute_nas_score(Theirs(network), None, [(batch, labels)], SIDE, SAMPLES)["gradsign"]

    names = ("expressivity", "progressivity", "trainability")
    return {name: of_az(name) for name in names} | {
        "naswot": of_naswot,
        "zen": of_zen,
        "gradsign": of_sign,
        "gradsign_mean": of_sign,
    }


def vkdnw(folder: Path) -> dict[str, Peer]:
    with stubs(functorch=types.ModuleType("functorch")):
        sys.modules["functorch"].make_functional_with_buffers = None  # type: ignore[attr-defined]  # imported, not used
        path, copied = folder / "NB201/ZeroShotProxy/compute_vkdnw_score.py", "param = params[k].flatten()"
        code = module(path, (copied, f"{copied}.clone()"), init_model=lambda model, method: model)

    def run(network: nn.Module, batch: Tensor, labels: Tensor) -> float:
        model = drawn(network, draws.kaiming)
        return code.compute_nas_score(model, None, [(batch,)], SIDE, SAMPLES, p=1)["vkdnw_entropy"]

    return {"vkdnw": run, "vkdnw_released": run}


def zico(folder: Path) -> dict[str, Peer]:
    with stubs(**{name: types.ModuleType(name) for name in ("global_utils", "ModelLoader")}):
        code = module(folder / "ZeroShotProxy/compute_zico.py")
    half = SAMPLES // 2

    def run(network: nn.Module, batch: Tensor, labels: Tensor) -> float:
        network.cuda, data = (lambda: network), [(batch[:half], labels[:half]), (batch[half:], labels[half:])]
        held, torch.Tensor.cuda = torch.Tensor.cuda, lambda one: one
        try:
            return float(code.getzico(network, data, nn.functional.cross_entropy))
        finally:
            torch.Tensor.cuda = held

    return {"zico": run}


def meco(folder: Path) -> dict[str, Peer]:
    package = types.ModuleType("peer_measures")
    package.measure, package.__path__ = (lambda *args, **kwargs: lambda function: function), []  # type: ignore[attr-defined]
    with stubs(peer_measures=package):
        path = folder / "correlation/foresight/pruners/measures/meco.py"
        code = module(path, ("from . import", "from peer_measures import"))

    def run(network: nn.Module, batch: Tensor, labels: Tensor) -> float:
        code.torch = given(batch[:1])
        code.torch.randn = lambda *args, **kwargs: batch  # theirs draws one input; the first of the batch is read
        return code.get_score(network.train(), batch, labels, "cpu", 1)

    return {"meco": run}


def swap(folder: Path) -> dict[str, Peer]:
    names = ("src", "src.utils", "src.utils.utilities")
    modules = {name: types.ModuleType(name) for name in names}
    modules[names[-1]].count_parameters = None  # type: ignore[attr-defined]  # imported, not used
    with stubs(**modules):
        code = module(folder / "src/metrics/swap.py")
    return {"swap": lambda network, batch, labels: float(code.SWAP(network.train(), batch, device="cpu").forward())}


PEERS = {"zero-cost-nas": zero_cost, "AZ-NAS": az_nas, "VKDNW": vkdnw, "ZiCo": zico, "MeCo": meco, "SWAP": swap}


def compare(name: str, peer: Peer, rows: np.ndarray, batch: Tensor, labels: Tensor) -> tuple[np.ndarray, ...]:
    """Values (cells,) of both and their processor seconds."""
    values, seconds = np.empty((2, len(rows))), np.zeros((2, len(rows)))
    SCORES[name](build(rows[0], SKELETON, torch.Generator()), batch, labels)  # what torch does at its first call
    for k, row in enumerate(rows):
        for side in (0, 1):
            network = build(nb201.prune(row), SKELETON, torch.Generator().manual_seed(k))
            start = time.process_time()
            with contextlib.redirect_stdout(io.StringIO()):
                value = SCORES[name](network, batch, labels, seed=SEED) if side == 0 else peer(network, batch, labels)
            seconds[side, k], values[side, k] = time.process_time() - start, value
    return values[0], values[1], seconds[0], seconds[1]


def run(folder: Path, cells: int) -> None:
    """Compare with each code that is there; each score is on record before the next begins."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    batch = torch.randn(SAMPLES, 3, SIDE, SIDE, generator=generator)
    labels = torch.arange(SAMPLES) % 10
    rng = np.random.default_rng(0)
    rows = np.array([row for row in nb201.sample(rng, 4 * cells) if (nb201.prune(row) != nb201.NONE).any()][:cells])
    for place, load in PEERS.items():
        if not (folder / place).is_dir():
            print(f"{place} is not in {folder}: left out")
            continue
        for name, peer in load(folder / place).items():
            ours, theirs, mine, other = compare(name, peer, rows, batch, labels)
            both = np.isfinite(ours) & np.isfinite(theirs)
            apart = float((np.abs(ours - theirs)[both] / np.maximum(np.abs(theirs[both]), 1e-12)).max())
            said = f"largest relative difference {apart:.1e}, tau {tau(ours[both], theirs[both]):.3f}"
            why = f"; {WHY[name]}" if apart > EQUAL else ""
            row = Row(
                f"scores_peers.{name}",
                f"{name} on {both.sum()} of {cells} cells beside {place}: {said}{why}; 1 cell a stage, width 16, "
                f"16x16, batch {SAMPLES}, one thread, CPU time a cell",
                1e3 * float(mine.mean()),
                "ms",
                "no slower than the authors' code",
                bool(mine.sum() <= other.sum()),
                1e3 * float(other.mean()),
                place,
            )
            print(f"{name}: {said}", flush=True)
            record([row])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", type=Path, help="folder with the authors' checkouts; without it nothing is run")
    parser.add_argument("--cells", type=int, default=24)
    arguments = parser.parse_args()
    if arguments.peer is None:
        print("the authors' codes are not here: --peer PATH names the folder of their checkouts")
    else:
        run(arguments.peer, arguments.cells)
