"""The supernet as everybody writes it: a module an operation and edge, one after another. The peer of tests and speed.

It holds the weights of one seed of a :class:`luciole.supernet.network.Supernet`.
"""

import torch
from torch import nn
from torch.nn import functional

from luciole.spaces import nb201
from luciole.supernet.network import LEAVING

CONVOLUTION = {1: functional.conv1d, 2: functional.conv2d}
AVERAGE = {1: functional.avg_pool1d, 2: functional.avg_pool2d}


def norm(x):
    return functional.batch_norm(x, None, None, None, None, training=True)


class PlainSupernet(nn.Module):
    def __init__(self, net, seed):
        super().__init__()
        self.skeleton, self.operations = net.skeleton, net.operations
        dims = self.skeleton.dims
        size = {nb201.CONV1: [1] * dims, nb201.CONV3: [3] * dims}

        def own(layer, head, space):
            return nn.Parameter(layer.kernel(seed, head, space).detach().clone())

        self.stem = own(net.stem, 0, size[nb201.CONV3 if self.skeleton.stem == "conv3" else nb201.CONV1])
        self.partial = next(block.partial for block in net.body if hasattr(block, "partial"))
        self.blocks = nn.ModuleList()
        for block in net.body:
            if hasattr(block, "layers"):
                weights = {
                    f"{edge} {op}": own(block.layers[f"{start} {op}"], LEAVING[start].index(edge), size[op])
                    for edge, (_, start) in enumerate(nb201.EDGES)
                    for op in self.operations
                    if op in size
                }
            else:
                weights = {
                    name: own(layer, 0, size[nb201.CONV1 if name == "shortcut" else nb201.CONV3])
                    for name, layer in block.items()
                }
            self.blocks.append(nn.ParameterDict(weights))
        self.weight, self.bias = (nn.Parameter(one.detach()[seed].clone()) for one in (net.weight, net.bias))

    def convolve(self, x, weight, stride=1):
        return CONVOLUTION[self.skeleton.dims](x, weight, stride=stride, padding=weight.shape[-1] // 2)

    def operate(self, op, x, weight):
        if op == nb201.NONE:
            return torch.zeros_like(x)
        if op == nb201.SKIP:
            return x
        if op == nb201.POOL:
            return AVERAGE[self.skeleton.dims](x, 3, stride=1, padding=1, count_include_pad=False)
        return norm(self.convolve(x.relu(), weight))

    def cell(self, x, weights, coefficients):
        nodes, inner = [x], x.shape[1] // self.partial
        for target in range(1, 4):
            total = 0
            for edge, (end, start) in enumerate(nb201.EDGES):
                if end == target:
                    used, rest = nodes[start][:, :inner], nodes[start][:, inner:]
                    mixed = sum(
                        coefficients[edge, at] * self.operate(op, used, weights.get(f"{edge} {op}"))
                        for at, op in enumerate(self.operations)
                    )
                    total = total + torch.cat([mixed, rest], dim=1)
            shuffled = total.unflatten(1, (self.partial, inner)).transpose(1, 2).flatten(1, 2)
            nodes.append(shuffled)
        return nodes[3]

    def forward(self, x, coefficients):
        x = norm(self.convolve(x, self.stem))
        for weights in self.blocks:
            if "shortcut" not in weights:
                x = self.cell(x, weights, coefficients)
            elif "first" in weights:
                short = AVERAGE[self.skeleton.dims](x, 2, stride=2, ceil_mode=True)
                y = norm(self.convolve(x.relu(), weights["first"], stride=2))
                y = norm(self.convolve(y.relu(), weights["second"]))
                x = self.convolve(short, weights["shortcut"]) + y
            else:
                x = norm(self.convolve(AVERAGE[self.skeleton.dims](x, 2, stride=2), weights["shortcut"]))
        x = norm(x).relu().flatten(2).mean(dim=2)
        return functional.linear(x, self.weight, self.bias[:, 0])

    def stem_gradient(self):
        """As the supernet keeps it: (D, taps C)."""
        return self.stem.grad.flatten(2).transpose(1, 2).flatten(1)
