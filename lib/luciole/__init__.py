"""Luciole: a small library for studying efficient neural architecture search.

Rooms, from the bottom up: :mod:`luciole.spaces` (genotypes as integer rows), :mod:`luciole.networks` (rows to
torch modules), :mod:`luciole.tables` (tabular benchmarks), :mod:`luciole.datasets`, :mod:`luciole.scores`
(training-free scores), :mod:`luciole.search`, :mod:`luciole.costs`, :mod:`luciole.efficiency` and
:mod:`luciole.experiments`. Nothing is imported until it is asked for.
"""

__version__ = "0.1.0"
