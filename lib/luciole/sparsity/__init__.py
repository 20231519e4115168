"""Pruning and growing: which weights of a network are present, and how that changes while it is trained.

A method holds masks over the weights of any torch module (:mod:`luciole.sparsity.masks`), an importance that says which
are worth keeping, and a schedule; :func:`luciole.sparsity.training.train` runs them all in one loop.
"""
