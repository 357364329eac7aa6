"""What the programs of this folder share: a local stack, child processes, what a person sees."""
