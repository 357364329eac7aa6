"""A sweep of 200 trainings: 20 configurations with 10 seeds each (`make sweep`)."""
