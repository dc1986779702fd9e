"""Make it happen: look, decide, act, tell; one screen each."""
