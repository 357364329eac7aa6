"""RlSweep in the interpreter of LocalStack: each row of docs/sweeps.md."""
