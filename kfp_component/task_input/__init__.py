"""What KFP hands to the step's container."""
