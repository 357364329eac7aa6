"""The arguments of a sweep: their model, the forms it takes, the rules that span them."""
