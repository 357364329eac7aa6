"""The CDK app: everything that training runs need in an AWS account."""
