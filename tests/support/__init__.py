"""What several tests use; each folder is one thing that tests need."""
