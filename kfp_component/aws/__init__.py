"""The step's AWS clients, and what their errors mean."""
