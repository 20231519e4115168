"""Networks that the library did not write: a finite number or one line, the same for the same function, no trace."""

import copy
import importlib.util
import math
import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, prune
from torch.nn.utils import weight_norm as older_weight_norm
from torch.utils.checkpoint import checkpoint

from luciole.errors import LucioleError
from luciole.scores import SCORES
from luciole.scores.passes import Passes
from luciole.scores.reparametrised import plain

IMAGES = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(0))
SERIES = torch.randn(8, 3, 24, generator=torch.Generator().manual_seed(0))
STEPS = SERIES.mT.contiguous()  # (B, T, C)
LABELS = torch.arange(8) % 4
WIDTH = 6


class Call(nn.Module):
    """A function as a module, and modules that it may use."""

    def __init__(self, function: Callable[..., Tensor], *modules: nn.Module):
        super().__init__()
        self.function, self.parts = function, nn.ModuleList(modules)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, *self.parts)


class Residual(nn.Module):
    """Two residual blocks of depthwise and grouped convolutions; ``act`` and ``plus`` say how it is written."""

    def __init__(self, act: Callable[[], nn.Module | Callable[[Tensor], Tensor]], inplace: bool = False):
        super().__init__()
        convolution = [
            nn.Conv2d(3, WIDTH, 3, padding=1, bias=False),
            *(nn.Conv2d(WIDTH, WIDTH, 3, padding=1, groups=groups, bias=False) for groups in (WIDTH, 2)),
        ]
        self.convolutions = nn.ModuleList(convolution)
        self.norms = nn.ModuleList(nn.BatchNorm2d(WIDTH) for _ in convolution)
        made = [act() for _ in convolution]
        self.acts = nn.ModuleList(made) if isinstance(made[0], nn.Module) else made
        self.inplace = inplace
        self.head = nn.Linear(WIDTH, 4)

    def forward(self, x: Tensor) -> Tensor:
        for k, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            y = norm(convolution(x))
            if k and self.inplace:
                y += x
            elif k:
                y = y + x
            x = self.acts[k](y)
        return self.head(functional.avg_pool2d(x, 2).mean((2, 3)))


class Functions(nn.Module):
    """The same as ``Residual`` without its modules: parameters and functions."""

    def __init__(self, like: Residual):
        super().__init__()
        self.kernels = nn.ParameterList(one.weight.detach().clone() for one in like.convolutions)
        self.norms, self.head = copy.deepcopy(like.norms), copy.deepcopy(like.head)

    def forward(self, x: Tensor) -> Tensor:
        for k, (kernel, norm) in enumerate(zip(self.kernels, self.norms, strict=True)):
            y = norm(functional.conv2d(x, kernel, padding=1, groups=(1, WIDTH, 2)[k]))
            x = functional.relu(y + x if k else y)
        return self.head(functional.avg_pool2d(x, 2).mean((2, 3)))


def residual(act: Callable = nn.ReLU, inplace: bool = False) -> Residual:
    torch.manual_seed(0)
    return Residual(act, inplace)


def reparametrised(how: Callable[[nn.Module], object]) -> nn.Module:
    network = residual()
    for one in network.convolutions:
        how(one)
    return network


def scripted() -> nn.Module:
    with pytest.warns(DeprecationWarning):
        return residual(lambda: torch.jit.script(nn.ReLU()))


SAME: dict[str, Callable[[], nn.Module]] = {
    "modules": residual,
    "in place": lambda: residual(lambda: nn.ReLU(inplace=True), inplace=True),
    "functional.relu": lambda: residual(lambda: functional.relu),
    "x.relu()": lambda: residual(lambda: lambda x: x.relu()),
    "relu_": lambda: residual(lambda: functional.relu_),
    "clamp": lambda: residual(lambda: lambda x: x.clamp(min=0)),
    "maximum": lambda: residual(lambda: lambda x: torch.maximum(x, torch.zeros_like(x))),
    "where": lambda: residual(lambda: lambda x: torch.where(x > 0, x, 0)),
    "a module of one's own": lambda: residual(lambda: Call(functional.relu)),
    "scripted": scripted,
    "functions": lambda: Functions(residual()),
    "weight_norm": lambda: reparametrised(parametrizations.weight_norm),
    "older weight_norm": lambda: reparametrised(older_weight_norm),
    "pruned by nothing": lambda: reparametrised(lambda one: prune.identity(one, "weight")),
    "on eval()": lambda: residual().eval(),
    "checkpoint": lambda: residual(lambda: lambda x: checkpoint(functional.relu, x, use_reentrant=False)),
}


class Shifted(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: object, slope: Tensor) -> Tensor:
        return slope


def chain(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


def transformer() -> nn.Module:
    layer = nn.TransformerEncoderLayer(8, 2, dim_feedforward=16, batch_first=True)
    return chain(nn.Linear(3, 8), nn.TransformerEncoder(layer, 2), Call(lambda x: x.mean(1)), nn.Linear(8, 4))


def recurrent(kind: type[nn.RNNBase]) -> nn.Module:
    layer = kind(3, 8, batch_first=True)
    last = Call(lambda x, layer: layer(x)[0][:, -1], layer)
    return chain(last, nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 4))


def halves() -> nn.Module:
    network = residual()
    network.convolutions[0].requires_grad_(False)
    return network


def conv1d() -> nn.Module:
    pooled = [nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 4)]
    return chain(
        nn.Conv1d(3, 8, 5, padding=2), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(8, 8, 3), *pooled
    )


def instance_norms() -> nn.Module:
    norm = nn.InstanceNorm2d(8, affine=True, track_running_stats=True)
    return chain(nn.Conv2d(3, 8, 3), norm, nn.LeakyReLU(), nn.Dropout(), nn.Flatten(), nn.Linear(8 * 36, 4))


def twice() -> nn.Module:
    shared = nn.Conv2d(8, 8, 3, padding=1)
    return chain(nn.Conv2d(3, 8, 1), shared, nn.ReLU(), shared, nn.ReLU(), nn.Flatten(), nn.Linear(8 * 64, 4))


def spectral() -> nn.Module:
    return chain(parametrizations.spectral_norm(nn.Conv2d(3, 8, 3)), nn.ReLU6(), nn.Flatten(), nn.Linear(8 * 36, 4))


def parts(where: nn.Module) -> nn.Module:
    return chain(nn.Flatten(), nn.Linear(192, 8), where, nn.Linear(8, 4))


def breaks(x: Tensor) -> Tensor:
    raise KeyError("a stranger's mistake")


OTHER: dict[str, tuple[Callable[[], nn.Module], Tensor]] = {
    "1-D": (conv1d, SERIES),
    "LSTM": (lambda: recurrent(nn.LSTM), STEPS),
    "GRU": (lambda: recurrent(nn.GRU), STEPS),
    "transformer": (transformer, STEPS),
    "half frozen": (halves, IMAGES),
    "no batch normalisation": (instance_norms, IMAGES),
    "a layer used twice": (twice, IMAGES),
    "spectral_norm": (spectral, IMAGES),
    "smooth": (lambda: parts(nn.GELU()), IMAGES),
    "linear": (lambda: parts(nn.Identity()), IMAGES),
    "hidden": (lambda: parts(Call(Shifted.apply)), IMAGES),
    "one sample": (lambda: parts(nn.ReLU()), IMAGES[:1]),
    "fails within": (lambda: parts(Call(breaks)), IMAGES),
}


def small_of_torchvision() -> list[tuple[str, Callable[[], nn.Module]]]:
    if importlib.util.find_spec("torchvision") is None:
        return []
    from torchvision import models

    return [(name, lambda name=name: models.get_model(name, num_classes=4)) for name in ("resnet18", "mobilenet_v2")]


def small_of_timm() -> list[tuple[str, Callable[[], nn.Module]]]:
    if importlib.util.find_spec("timm") is None:
        return []
    import timm

    return [(name, lambda name=name: timm.create_model(name, num_classes=4)) for name in ("test_resnet", "test_vit")]


def state(network: nn.Module) -> list:
    """All that a score could leave a trace in."""
    modules = list(network.modules())
    hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in modules]
    modes = [(m.training, getattr(m, "inplace", None), getattr(m, "track_running_stats", None)) for m in modules]
    gradients = [(one.grad is None, one.requires_grad, id(one)) for one in network.parameters()]
    return [hooks, modes, gradients, [id(one) for one in network.buffers()], random.getstate()]


def value(name: str, network: nn.Module, batch: Tensor) -> float | str:
    """The score, or the line that refuses it; fails where a trace is left."""
    before, held = state(network), {key: one.clone() for key, one in network.state_dict().items()}
    generator = torch.random.get_rng_state()
    try:
        found: float | str = SCORES[name](network, batch, LABELS[: len(batch)])
    except LucioleError as error:
        assert "\n" not in str(error)
        found = str(error)
    else:
        assert math.isfinite(found), name
    assert state(network) == before, name
    assert all(torch.equal(one, held[key]) for key, one in network.state_dict().items()), name
    assert torch.equal(torch.random.get_rng_state(), generator)
    return found


@pytest.fixture(scope="module")
def first() -> dict[str, float | str]:
    return {name: value(name, residual(), IMAGES) for name in SCORES}


@pytest.mark.parametrize("how", SAME)
def test_the_same_function_has_the_same_score_or_is_refused(how, first):
    network = SAME[how]()
    refused = set()
    for name in SCORES:
        if name in ("params", "tensors") and "weight_norm" in how:
            continue  # which do have more parameters
        found = value(name, network, IMAGES)
        if isinstance(found, str):
            refused.add(name)
        else:
            # VKDNW draws weights with which units are exactly at the kink, where a clamp has a slope and a ReLU none
            near = 1e-2 if name.startswith("vkdnw") else 1e-4
            assert found == pytest.approx(first[name], rel=near, abs=1e-5), name
    of_modules = {"icd", "meco"}
    if how in ("modules", "in place", "a module of one's own", "on eval()", "pruned by nothing") or "norm" in how:
        assert not refused
    elif how == "functions":
        assert refused == {"fisher", "fisher_published", "zen", "vkdnw", "vkdnw_released", *of_modules}
    elif how == "scripted":
        assert refused == {"macs", "expressivity", "progressivity", "trainability", *of_modules}
    else:
        assert refused <= {*of_modules, *(("gradsign", "gradsign_mean", "knas") if how == "checkpoint" else ())}, (
            refused
        )


@pytest.mark.parametrize("kind", OTHER)
def test_any_network_has_a_finite_score_or_is_refused_in_a_line(kind):
    build, batch = OTHER[kind]
    torch.manual_seed(0)
    network = build()
    found = {name: value(name, network, batch) for name in SCORES}
    coded = [found[name] for name in ("icd_relu", "swap", "linear_regions")]
    if kind in ("smooth", "linear", "hidden"):
        assert all(isinstance(one, str) for one in coded)
        assert {"smooth": "Gelu", "linear": "no activation", "hidden": "Shifted"}[kind] in str(coded[0])
    elif kind == "fails within":
        assert {name for name, one in found.items() if isinstance(one, float)} == {
            "params",
            "layers",
            "tensors",
            "l2_norm",
        }
        assert "mistake" in str(found["naswot"])
    else:
        assert not any(isinstance(one, str) for one in coded)
    if kind == "half frozen":
        assert "frozen" in str(found["snip"])


@pytest.mark.parametrize(("name", "build"), [*small_of_torchvision(), *small_of_timm()])
def test_public_networks(name, build):
    torch.manual_seed(0)
    network = build()
    batch = torch.randn(4, 3, 64, 64) if name != "test_vit" else torch.randn(4, 3, 160, 160)
    found = {one: value(one, network, batch) for one in ("naswot", "snip", "synflow", "params", "macs", "expressivity")}
    assert all(isinstance(found[one], float) for one in ("snip", "params", "macs"))


def test_blocks_are_where_everything_flows_through_or_what_the_caller_names():
    network = residual()
    maps = Passes(network, IMAGES).blocks
    assert len(maps) == 3 and all(one.shape == (8, WIDTH, 8, 8) for one in maps[:2])  # each after its ReLU and sum
    assert all((one >= 0).all() for one in maps)
    stages = [SCORES["expressivity"](network, IMAGES, blocks=[f"norms.{k}" for k in range(n)]) for n in (2, 3)]
    assert stages[0] < stages[1] != SCORES["expressivity"](network, IMAGES)
    with pytest.raises(LucioleError, match=r"called, got 'norms\.7'"):
        SCORES["expressivity"](network, IMAGES, blocks=["norms.0", "norms.7"])
    names = chain(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 1), nn.Flatten(), nn.Linear(256, 4))
    named = nn.Module.__new__(type("Named", (nn.Module,), {"forward": lambda self, x: self.body(self.stem(x))}))
    nn.Module.__init__(named)
    named.stem, named.body = names[0], names[1:]
    assert SCORES["expressivity"](named, IMAGES) == SCORES["expressivity"](names, IMAGES)


def test_zen_of_a_branch_in_which_nothing_flows_is_that_without_the_branch():
    class Dead(nn.Module):
        def __init__(self, dead: bool):
            super().__init__()
            self.convolution, self.head = nn.Conv2d(3, 8, 3), nn.Linear(8, 4)
            self.branch = chain(nn.Conv2d(8, 8, 1, bias=False), nn.BatchNorm2d(8)) if dead else None

        def forward(self, x: Tensor) -> Tensor:
            x = self.convolution(x)
            if self.branch is not None:
                x = x + self.branch(x * 0)
            return self.head(x.mean((2, 3)))

    assert SCORES["zen"](Dead(True), IMAGES) == pytest.approx(SCORES["zen"](Dead(False), IMAGES), rel=1e-6)


def test_a_plain_copy_computes_the_same_and_leaves_the_original():
    for how in (
        parametrizations.weight_norm,
        older_weight_norm,
        lambda one: prune.random_unstructured(one, "weight", 0.5),
    ):
        network = reparametrised(how)
        copied = plain(network)
        assert torch.allclose(copied.eval()(IMAGES), network.eval()(IMAGES), atol=1e-6)
        assert all(type(one.weight) is nn.Parameter for one in copied.convolutions)
        assert len(list(copied.parameters())) <= len(list(network.parameters()))
