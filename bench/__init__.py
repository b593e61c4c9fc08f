"""Measurements. `python -m bench` prints one table: ours beside a floor, in one run on one machine."""
