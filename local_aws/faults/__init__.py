"""Faults that a test or a person asks the local AWS for."""
