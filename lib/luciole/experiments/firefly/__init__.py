"""Firefly searches and the score that the improved one was published with, on every table."""
