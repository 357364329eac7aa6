"""What a training job tells while it runs: logs, metrics, events."""
