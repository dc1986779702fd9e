"""Named questions about speed and quality, with recorded answers."""
