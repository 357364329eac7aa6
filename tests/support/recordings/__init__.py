"""What AWS answered, as data: recordings made by others, each with its source."""
