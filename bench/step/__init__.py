"""Measurements of the KFP step: its start, memory and calls, alone and beside many others."""
