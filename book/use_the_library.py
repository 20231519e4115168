"""The page *Use the library*, as one program; a test runs it where the library is installed alone."""

import numpy as np
import torch
from torch import nn

from luciole import tables
from luciole.scores import SCORES
from luciole.search import SEARCHERS, Budget, Objective
from luciole.spaces import nb201

# -- the table
table = tables.har201()
accuracy = table.role("test")  # percent, one number a cell; NaN where a cell was not trained
best = int(np.nanargmax(accuracy))
print(nb201.format(nb201.all_cells()[best]), f"{accuracy[best]:.2f} %")

# -- a network of your own
torch.manual_seed(0)
network = nn.Sequential(
    nn.Conv1d(6, 32, 5), nn.BatchNorm1d(32), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(32, 4)
)
windows, labels = torch.randn(16, 6, 128), torch.arange(16) % 4  # 16 windows of 6 channels and 128 samples
for name in ("params", "naswot", "synflow", "grad_norm"):
    print(name, SCORES[name](network, windows, labels))

# -- a search
objective = Objective(
    lambda rows: table.at(rows, table.roles["valid"].column),
    seconds=lambda rows: table.at(rows, table.roles["cost_seconds"].column),
)
history = SEARCHERS["regularised evolution"](nb201, objective, Budget(seconds=100), np.random.default_rng(0))
found = int(nb201.index(history.best))
print(f"{objective.evaluations} cells trained, the best has {accuracy[found]:.2f} % on people never seen")
