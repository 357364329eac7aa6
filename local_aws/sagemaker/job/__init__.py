"""A training job: its record, its hosts and their processes."""
