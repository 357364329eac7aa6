"""Generators of the files that are derived from models."""
