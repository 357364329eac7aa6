"""The arguments of a training run: what each may be, and what is wrong with those given."""
