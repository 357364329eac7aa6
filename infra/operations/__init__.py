"""What tells people how the deployment fares: alarms, dashboard, notifications."""
