"""What the launcher in the pod does before and after the user's command."""
