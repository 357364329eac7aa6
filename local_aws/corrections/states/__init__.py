"""Step Functions as AWS runs it."""
