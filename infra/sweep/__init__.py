"""Sweeps: the state machine RlSweep, which runs executions of RlTraining, and its role."""
