"""Roles and permissions as AWS checks them."""
