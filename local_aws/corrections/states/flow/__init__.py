"""The states, and the way from one to the next."""
