"""Pruning and growing: what each method reaches at a sparsity, and what it took."""
