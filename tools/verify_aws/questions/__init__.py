"""What is asked of AWS: each module puts one kind of question and returns the answer as JSON."""
