"""What becomes of backups that go wrong? Seen, announced, answered, told, and kept as facts."""
