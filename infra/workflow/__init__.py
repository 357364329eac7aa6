"""The state machine: its definition, its functions and its role."""
