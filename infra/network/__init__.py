"""Where training jobs run, and how they reach AWS from there."""
