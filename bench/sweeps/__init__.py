"""Measurements of sweeps: the largest one, its launcher, and hundreds of trials under faults."""
