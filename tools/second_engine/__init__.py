"""A second engine."""
