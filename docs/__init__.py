"""The documents, and what generates those that follow from a model."""
