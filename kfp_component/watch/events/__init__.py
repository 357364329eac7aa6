"""What the events of an execution's history say."""
