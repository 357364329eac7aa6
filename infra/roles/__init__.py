"""The roles of those who run jobs and start executions."""
