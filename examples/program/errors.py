"""What the programs of this package end with."""


class ExampleError(Exception):
    """Something is missing or has failed; the message says what, and what to do."""
