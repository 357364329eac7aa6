"""Permissions: how roles are given what they may do."""
