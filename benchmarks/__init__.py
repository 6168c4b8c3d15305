"""Benchmarks: each prints a table against named baselines and draws a plot."""
