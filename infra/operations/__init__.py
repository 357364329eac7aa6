"""Operating a deployment: its first run, alarms and notifications, and emptying it at its end."""
