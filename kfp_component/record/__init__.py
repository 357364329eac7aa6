"""What was seen of a training run or of a sweep while it was awaited."""
