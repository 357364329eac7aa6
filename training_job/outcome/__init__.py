"""From what SageMaker and Step Functions report of an attempt to what the execution does next."""
