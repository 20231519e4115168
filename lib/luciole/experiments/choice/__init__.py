"""Choices read where they were not made: sets of training-free scores chosen on one side and judged on another."""
