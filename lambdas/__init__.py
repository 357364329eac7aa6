"""The Lambda functions of the state machine: thin edges around training_job."""
