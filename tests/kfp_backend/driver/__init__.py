"""What the driver of a task makes of its inputs, before a pod starts."""
