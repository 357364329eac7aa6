"""What maintainers run: generators of derived files, and judges that were not written here."""
