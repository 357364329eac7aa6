"""A local AWS with the stack deployed onto it, by the CDK and its CLI."""
