"""Train and evaluate one network or a stack of them, with the cost accounted; image variation."""

from luciole.training.loop import Recipe, Record, accuracy, confusion, descend, macro_f1, train

__all__ = ["Recipe", "Record", "accuracy", "confusion", "descend", "macro_f1", "train"]
