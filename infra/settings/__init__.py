"""The settings of a deployment: what each may be, and what is wrong with those that are given."""
