"""SageMaker's API: requests, their checks and answers."""
