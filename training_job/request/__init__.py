"""From arguments to the CreateTrainingJob request of an execution's next attempt."""
