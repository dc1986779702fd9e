"""What becomes of a request for restores? Accepted or refused, carried out one step at a time, watched, and told."""
