"""What this project assumes of AWS, put to the test in an account: `make verify-aws`.

docs/verify-aws.md tells what it asks, what it creates and what it costs.
"""
