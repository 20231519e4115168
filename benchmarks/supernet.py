"""How fast a supernet takes a step, beside the usual loop over operations: ``python benchmarks/supernet.py``.

Both run the supernet of HAR-201's skeleton on WISDM's shape with the same weights, batch and mixture; a step is forward
and backward through weights and architecture. The peer: a module an operation and edge, one after another, in PyTorch's
own layout (``tests/supernet/supernet_plain.py``, which the tests hold equal to ours). Ours also with ten supernets side
by side, its time divided by ten. Processor seconds, one thread, the two in turns, the best of some rounds; memory is
what the tensors made in a step take at their peak.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from clock import fastest
from record import Row, record
from torch.nn import functional

from luciole.costs.memory import PeakMemory
from luciole.experiments.har201 import protocol
from luciole.supernet.network import Supernet

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "supernet"))

from supernet_plain import PlainSupernet

BATCH, ROUNDS, STEPS, BESIDE = 64, 8, 10, 10


def stepper(seeds: int) -> tuple[Callable[[], torch.Tensor], Callable[[], torch.Tensor]]:
    """A step of so many supernets side by side, ours, and of the first of them by the plain loop; both give logits."""
    channels, classes, length = protocol.PROTOCOLS["wisdm"].shape
    skeleton = protocol.skeleton(channels, classes)
    net = Supernet(skeleton, [torch.Generator().manual_seed(seed) for seed in range(seeds)])
    plain = PlainSupernet(net, 0)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(seeds, BATCH, channels, length, generator=generator)
    y = torch.randint(classes, (seeds, BATCH), generator=generator)
    mixed = torch.softmax(torch.randn(seeds, 6, 5, generator=generator), dim=-1).requires_grad_()

    def ours() -> torch.Tensor:
        logits = net(x, mixed)
        functional.cross_entropy(logits.flatten(0, 1), y.flatten()).backward()
        net.zero_grad()
        return logits.detach()[0]

    def theirs() -> torch.Tensor:
        logits = plain(x[0], mixed[0])
        functional.cross_entropy(logits, y[0]).backward()
        plain.zero_grad()
        return logits.detach()

    return ours, theirs


def main() -> None:
    torch.set_num_threads(1)
    ours, theirs = stepper(1)
    beside, _ = stepper(BESIDE)
    apart = float((ours() - theirs()).abs().max())
    best = fastest({"ours": ours, "plain": theirs, "beside": beside}, ROUNDS, times=STEPS, warm=True)
    best["beside"] /= BESIDE
    peaks = {}
    for name, step in (("ours", ours), ("plain", theirs)):
        with PeakMemory() as memory:
            step()
        peaks[name] = memory.peak / 2**20
    what = f"a supernet's step, forward and backward, batch {BATCH}, skeleton of HAR-201 on WISDM's shape"
    peer = "a plain loop over operations in PyTorch"
    record(
        [
            Row(
                key="supernet.step",
                what=f"processor seconds of {what}; largest difference of logits {apart:.1e}",
                measured=best["ours"],
                unit="s",
                target="2 times faster at the same numbers",
                met=apart < 1e-4 and best["plain"] / best["ours"] >= 2,
                peer=best["plain"],
                peer_name=peer,
            ),
            Row(
                key="supernet.beside",
                what=f"processor seconds of {what}, {BESIDE} supernets side by side, of each",
                measured=best["beside"],
                unit="s",
                target="2 times faster at the same numbers",
                met=apart < 1e-4 and best["plain"] / best["beside"] >= 2,
                peer=best["plain"],
                peer_name=peer,
            ),
            Row(
                key="supernet.memory",
                what=f"peak memory of the tensors of {what}",
                measured=peaks["ours"],
                unit="MiB",
                target="not more than the plain loop's",
                met=peaks["ours"] <= peaks["plain"],
                peer=peaks["plain"],
                peer_name=peer,
            ),
        ]
    )


if __name__ == "__main__":
    main()
