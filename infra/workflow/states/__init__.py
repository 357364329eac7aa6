"""The states of the definition, a function each, which is told the states that may follow."""
