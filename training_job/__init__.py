"""The pure core: arguments -> CreateTrainingJob request, description -> verdict. No AWS calls."""

from training_job.arguments import TrainingArguments
from training_job.errors import InvalidArguments, Problem
from training_job.guard_rails import GuardRails
from training_job.request import build_request

__all__ = ["GuardRails", "InvalidArguments", "Problem", "TrainingArguments", "build_request"]
