"""Vary the images that a network learns from, inside the network: it sees them as they are when it is judged.

    >>> import torch
    >>> varied = Varied(nn.Flatten(), shift=1, mirrored=False, generator=torch.Generator().manual_seed(0))
    >>> image = torch.arange(9.0).reshape(1, 1, 3, 3)
    >>> torch.equal(varied.eval()(image), image.flatten(1))
    True

A module and not a step of the loader: :func:`luciole.training.train` keeps all images on the device and loads nothing.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from luciole.errors import LucioleError


class Varied(nn.Module):
    """In training, move each image by up to ``shift`` pixels each way (zeros come in), and mirror every other one.

    Images are (B, C, H, W); ``generator`` (of the CPU) draws, so the same seed varies alike on every device. Raises
    LucioleError for a negative shift.
    """

    def __init__(self, network: nn.Module, shift: int, mirrored: bool, generator: torch.Generator):
        super().__init__()
        if shift < 0:
            raise LucioleError(f"expected a shift of 0 pixels or more, got {shift}")
        self.network, self.shift, self.mirrored, self.generator = network, shift, mirrored, generator

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network(self.vary(x) if self.training else x)
        return logits

    def vary(self, x: Tensor) -> Tensor:
        """Return the images moved and mirrored, of the same shape."""
        count, _, height, width = x.shape
        drawn = torch.randint(2 * self.shift + 1, (2, count, 1), generator=self.generator)
        turned = torch.randint(2, (count, 1), generator=self.generator).bool() & self.mirrored
        drawn, turned = drawn.to(x.device), turned.to(x.device)
        rows = drawn[0] + torch.arange(height, device=x.device)  # (B, H)
        columns = drawn[1] + torch.arange(width, device=x.device)  # (B, W)
        columns = torch.where(turned, columns.flip(1), columns)
        wider = functional.pad(x, (self.shift,) * 4)
        images = torch.arange(count, device=x.device)[:, None, None]
        return wider[images, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)  # (B, H, W, C) turned back
