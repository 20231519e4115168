"""Convolutional networks drawn by hand, to hold found ones against; images of any size of at least 8 x 8.

    >>> import torch
    >>> images = torch.zeros(2, 3, 20, 40)
    >>> [tuple(build(images).shape) for build in (vgg16(0.25, 10), small(10), lenet(10, (20, 40)))]
    [(2, 10), (2, 10), (2, 10)]

Initial weights are PyTorch's; for others see :func:`luciole.networks.initialise`.
"""

from torch import Tensor, nn

from luciole.errors import LucioleError

_VGG16 = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))  # channels, block by block


def _block(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]


class _MeanOverSpace(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))


def vgg16(width: float, classes: int, inputs: int = 3) -> nn.Sequential:
    """The 13 convolutions of VGG16 with ``width`` times its channels, and one linear layer after a mean over space.

    Batch normalisation, which the original lacks, makes it trainable from nothing in few epochs; its two wide linear
    layers, which hold most of its weights, are left out. Sides are halved rounding up, so that small images pass.
    Source: Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, column D.
    """
    if width <= 0:
        raise LucioleError(f"expected a width above 0, got {width}")
    layers: list[nn.Module] = []
    before = inputs
    for channels in _VGG16:
        for original in channels:
            after = max(1, round(width * original))
            layers += _block(before, after)
            before = after
        layers.append(nn.MaxPool2d(2, ceil_mode=True))
    return nn.Sequential(*layers, _MeanOverSpace(), nn.Linear(before, classes))


def small(classes: int, inputs: int = 3, width: int = 16) -> nn.Sequential:
    """Three convolutions of size 3 with ``width``, 2 and 4 times ``width`` channels, pooled by two between them."""
    first, second, third = (_block(a, b) for a, b in ((inputs, width), (width, 2 * width), (2 * width, 4 * width)))
    layers = (*first, nn.MaxPool2d(2), *second, nn.MaxPool2d(2), *third)
    return nn.Sequential(*layers, _MeanOverSpace(), nn.Linear(4 * width, classes))


def lenet(classes: int, size: tuple[int, int], inputs: int = 3) -> nn.Sequential:
    """LeNet-5's layers with rectifiers and max-pooling, for images of ``size`` (rows, columns).

    Two convolutions of size 5 (6 and 16 channels), then 120 and 84 units. The first convolution is padded, so that 20
    rows are enough. Source: LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE, 1998. Raises LucioleError for
    images of less than 12 rows or columns.
    """
    if min(size) < 12:
        raise LucioleError(f"expected images of at least 12 x 12, got {size[0]} x {size[1]}")
    rows, columns = ((side // 2 - 4) // 2 for side in size)
    return nn.Sequential(
        *(nn.Conv2d(inputs, 6, 5, padding=2), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(16 * rows * columns, 120), nn.ReLU(inplace=True)),
        *(nn.Linear(120, 84), nn.ReLU(inplace=True)),
        nn.Linear(84, classes),
    )
