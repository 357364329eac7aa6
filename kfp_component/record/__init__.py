"""What was seen of a training run while it was awaited."""
