"""The tasks that a pipeline is made of: one that trains, one that sweeps."""
