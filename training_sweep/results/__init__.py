"""What came of a sweep: results of its configurations, notes in plain words, the output."""
