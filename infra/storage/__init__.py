"""What is kept: models, logs, and the key that encrypts them."""
