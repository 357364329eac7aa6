"""What a task calls: SageMaker, Lambda, other executions, callbacks; with which role."""
