"""The account that is asked: what is synthesized for it, deployed into it and deleted from it."""
