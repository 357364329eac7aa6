"""The states of the sweep's definition, a function each, which is told what may follow."""
