"""One execution: its walk, its history, the errors of the engine, and its end."""
