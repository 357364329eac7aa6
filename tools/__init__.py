"""What maintainers judge the project with; nothing here is installed or deployed."""
