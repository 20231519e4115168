"""Genotypes to torch modules. The skeleton (stem, reductions, width, depth, dimensions) is a value."""

from luciole.networks.initial import initialise
from luciole.networks.nb201 import build
from luciole.networks.skeleton import NB201_C10, NB201_C100, NB201_IN16, Skeleton

__all__ = ["NB201_C10", "NB201_C100", "NB201_IN16", "Skeleton", "build", "initialise"]
