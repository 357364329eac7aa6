"""Example pipelines with their training code, and the demonstration that runs one of them."""
