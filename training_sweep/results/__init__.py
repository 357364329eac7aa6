"""What came of a sweep: results of its configurations, remarks in plain words, the output."""
