"""A pipeline on the author's own machine, without a cluster and without Docker."""
