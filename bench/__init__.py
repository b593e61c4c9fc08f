"""Benchmarks. `python -m bench` prints one table that compares our service with a floor, in one run on one machine."""
