"""The state machine in the interpreter of LocalStack, whose tests were recorded on AWS.

`make second-engine`; docs/engines.md tells what it is for, and where the two engines differ.
"""
