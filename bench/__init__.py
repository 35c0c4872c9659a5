"""Benchmarks: ratios measured in one run, never absolute times compared across machines."""
