"""JSONata: how it is evaluated, and which names it may use."""
