"""Every path through the definition, walked with scripted answers of AWS."""
