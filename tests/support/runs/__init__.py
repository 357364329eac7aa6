"""Executions and training jobs of the end-to-end tests: started, awaited, read."""
