"""Sweeps: many trainings as one execution, judged by statistics over seeds. No AWS calls.

A sweep's arguments (arguments/) make its configurations (space.py) and, with the seeds, its trials
(trials.py); parsing.py checks them all at once. decision.py says from the records of trials that
ended (records.py) what the execution does next; statistics.py and results/ say what came of it. It
imports training_job, pydantic and nothing else: it runs in a Lambda function.
"""

__all__: list[str] = []  # nothing to import: docs/public-api.md
