"""What AWS was recorded to answer."""
