"""The operations of the API: executions, redrives, and what a state machine must be."""
