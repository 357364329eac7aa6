"""Every path through the definition of sweeps."""
