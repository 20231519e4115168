"""The benchmark's own depth for the price of a shallow network: NAS-Bench-201 as a list of weights, without modules.

At five cells a stage the library's network has hundreds of modules. To build, hook and call them costs several times
what the arithmetic of a small batch costs. Here the same network is a row and its kernels, run by plain functions;
what scores read of it is what :class:`luciole.scores.passes.Passes` would show of the network of modules::

    >>> from luciole.networks import Skeleton, build
    >>> skeleton, row = Skeleton(cells=5), [3, 1, 2, 0, 4, 3]
    >>> batch = torch.randn(8, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    >>> network = build(row, skeleton, torch.Generator().manual_seed(0))
    >>> lean = LEAN["expressivity"].of(Lean(row, skeleton, kernels(network), batch))
    >>> abs(lean - SCORES["expressivity"](network, batch)) < 1e-4
    True

``LEAN`` holds the scores that can be read this way: those that ask for feature maps, codes or the gradient by the
input, and SynFlow, in forward mode.
"""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError
from luciole.networks import Skeleton
from luciole.scores.passes import Passes
from luciole.scores.registry import SCORES
from luciole.scores.score import Score, score
from luciole.scores.watched import WEIGHTED, Layer
from luciole.spaces import nb201


def shapes(row: Sequence[int], skeleton: Skeleton) -> list[tuple[int, ...]]:
    """Return the shapes of the kernels in the order in which the network holds them, the classifier's last.

    Raises LucioleError for a skeleton that is not two-dimensional with the benchmark's stem and reductions.
    """
    if skeleton.dims != 2 or skeleton.stem != "conv3" or skeleton.reduction != "residual":
        raise LucioleError(f"expected a 2-D skeleton with conv3 stem and residual reductions, got {skeleton}")
    widths = skeleton.widths
    found: list[tuple[int, ...]] = [(widths[0], skeleton.inputs, 3, 3)]
    for stage, width in enumerate(widths):
        if stage:
            narrow = widths[stage - 1]
            found += [(width, narrow, 3, 3), (width, width, 3, 3), (width, narrow, 1, 1)]
        sizes = [1 if op == nb201.CONV1 else 3 for op in row if op in (nb201.CONV1, nb201.CONV3)]
        found += [(width, width, size, size) for size in sizes] * skeleton.cells
    return [*found, (skeleton.classes, widths[-1])]


def draw(row: Sequence[int], skeleton: Skeleton, generator: torch.Generator) -> list[Tensor]:
    """Draw kernels as PyTorch does by default, uniform within 1 / sqrt(fan-in), all in one draw.

    The generator gives the same numbers to :func:`luciole.networks.build`, so the weights are the same, to rounding.
    """
    wanted = shapes(row, skeleton)
    sizes = [math.prod(shape) for shape in wanted]
    flat = torch.empty(sum(sizes)).uniform_(-1, 1, generator=generator)
    parts = zip(wanted, sizes, flat.split(sizes), strict=True)
    return [part.view(shape).mul_(math.sqrt(shape[0] / size)) for shape, size, part in parts]


def kernels(network: nn.Module) -> list[Tensor]:
    """Return the kernels of a network of modules, in order; its normalisations must be as they begin."""
    return [module.weight.detach() for module in network.modules() if isinstance(module, WEIGHTED)]


class Lean(Passes):
    """What a network shows on one batch, as :class:`Passes`, from its row and its kernels.

    ``row`` is a cell as a list, pruned or not; batch normalisation has scale 1 and shift 0, the classifier no bias (no
    score here reads it).
    """

    def __init__(
        self,
        row: Sequence[int],
        skeleton: Skeleton,
        weights: Sequence[Tensor],
        batch: Tensor,
        labels: Tensor | None = None,
        seed: int = 0,
    ):
        super().__init__(nn.Identity(), batch, labels, seed)
        if (given := [tuple(weight.shape) for weight in weights]) != shapes(row, skeleton):
            raise LucioleError(f"expected {len(shapes(row, skeleton))} kernels that fit the cell, got {len(given)}")
        self.row = [int(op) for op in row]
        self.skeleton = skeleton
        self.kernels = [weight.to(batch.device) for weight in weights]

    @property
    def seen(self) -> tuple[Tensor, Tensor, list[Tensor], list[Tensor]]:
        """Return (input, logits, maps after the stem and every block, inputs of the ReLUs) of one pass."""

        def compute() -> tuple[Tensor, Tensor, list[Tensor], list[Tensor]]:
            x = self.batch.detach().clone().requires_grad_()
            with torch.enable_grad():
                return (x, *_Walk(self.row, self.skeleton, self.kernels).run(x))

        return self.keep("forward", compute)

    @property
    def forward(self) -> tuple[Tensor, Tensor, list[Layer]]:
        """Return (input, logits, no layers)."""
        x, logits, *_ = self.seen
        return x, logits, []

    @property
    def layers(self) -> list[Layer]:
        """There are none: LucioleError."""
        raise LucioleError(f"this score reads modules, which a lean network has not; there are: {', '.join(LEAN)}")

    @property
    def weights(self) -> list[Tensor]:
        """None with gradients: LucioleError."""
        raise LucioleError(f"this score reads weights, which a lean network hides; there are: {', '.join(LEAN)}")

    @property
    def codes(self) -> list[Tensor]:
        """Codes of the ReLU units, bool (B, units), one array a ReLU that the output depends on."""
        inputs = self.seen[3]
        return self.keep("codes", lambda: [(one.detach() > 0).flatten(1) for one in inputs])

    @property
    def blocks(self) -> list[Tensor]:
        """Feature maps (B, C, H, W) of more than one place, after the stem and after each block."""
        return [one for one in self.seen[2] if one[0, 0].numel() > 1]


class _Walk:
    """One way through the network; kernels are taken in the order in which :func:`shapes` names them."""

    def __init__(self, row: Sequence[int], skeleton: Skeleton, weights: Sequence[Tensor], linear: bool = False):
        self.row, self.skeleton, self.linear = row, skeleton, linear
        self.left: Iterator[Tensor] = iter(weights)
        self.rectified: list[Tensor] = []  # what entered the ReLUs

    def mix(self, x: Tensor, stride: int = 1) -> Tensor:
        """Convolve by the next kernel; in a linear network, carry the slope beside the value (see ``synflow``)."""
        kernel = next(self.left)
        y = functional.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)
        return torch.stack([y[0], y[0] + y[1]]) if self.linear else y

    def norm(self, x: Tensor) -> Tensor:
        return x if self.linear else functional.batch_norm(x, None, None, training=True)

    def relu(self, x: Tensor) -> Tensor:
        return x if self.linear else functional.relu(x)

    def cell(self, x: Tensor) -> Tensor:
        nodes = [x]
        positive: dict[int, Tensor] = {}
        edges = iter(self.row)
        for target in range(1, 4):
            total: Tensor | None = None
            for source in range(target):
                op, term = next(edges), nodes[source]
                if op == nb201.NONE:
                    continue
                if op == nb201.POOL:
                    term = functional.avg_pool2d(term, 3, stride=1, padding=1, count_include_pad=False)
                elif op != nb201.SKIP:
                    self.rectified.append(term)
                    if source not in positive:  # edges that leave one node share its ReLU
                        positive[source] = self.relu(term)
                    term = self.norm(self.mix(positive[source]))
                total = term if total is None else total + term
            nodes.append(torch.zeros_like(x) if total is None else total)
        return nodes[-1]

    def reduce(self, x: Tensor) -> Tensor:
        first = self.norm(self.mix(self.relu(x), stride=2))
        second = self.norm(self.mix(self.relu(first)))
        self.rectified += [x, first]
        return self.mix(functional.avg_pool2d(x, 2, stride=2, ceil_mode=True)) + second

    def run(self, x: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Return the logits (B, classes), the maps after stem and blocks, and the inputs of the ReLUs."""
        x = self.norm(self.mix(x))
        maps = [x]
        for stage in range(self.skeleton.stages):
            if stage:
                maps.append(self.reduce(maps[-1]))
            for _ in range(self.skeleton.cells):
                maps.append(self.cell(maps[-1]))
        last = self.norm(maps[-1])
        self.rectified.append(last)
        features = self.relu(last).mean(dim=(2, 3))
        kernel = next(self.left)
        logits = self.mix_features(features, kernel)
        return logits, maps, self.rectified

    def mix_features(self, features: Tensor, kernel: Tensor) -> Tensor:
        y = features @ kernel.T
        return torch.stack([y[0], y[0] + y[1]]) if self.linear else y


@score(data=False, source=SCORES["synflow"].source + "; as a slope in forward mode here")
def synflow(seen: Passes) -> float:
    """Natural logarithm of SynFlow, log sum_w |w| dR/d|w|, in one forward pass.

    The sum is the slope of R at t = 1 when every weight is t |w|. A layer turns a value v and its slope s into W v and
    W (v + s), so both walk through the linear network together, float64. Minus infinity when nothing flows.
    """
    assert isinstance(seen, Lean)
    ones = torch.ones_like(seen.batch[:1], dtype=torch.float64)
    start = torch.cat([ones, torch.zeros_like(ones)])
    with torch.no_grad():
        weights = [kernel.double().abs() for kernel in seen.kernels]
        logits, *_ = _Walk(seen.row, seen.skeleton, weights, linear=True).run(start)
    total = float(logits[1].sum())
    if not math.isfinite(total):
        raise LucioleError("SynFlow overflows float64; score a shallower network")
    return math.log(total) if total > 0 else -math.inf


LEAN: dict[str, Score] = {
    **{name: SCORES[name] for name in ("naswot", "icd_relu", "swap", "linear_regions", "jacov", "epe_nas")},
    **{name: SCORES[name] for name in ("expressivity", "progressivity", "trainability")},
    "synflow": synflow,
}
