"""The name under which experiments know :mod:`luciole.shards`: their results hold fingerprints of their imports."""

from luciole.shards import load_shards, run_shards

__all__ = ["load_shards", "run_shards"]
