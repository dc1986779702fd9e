"""What Azure tells of by itself: built-in alerts of failed jobs, an action group that carries them, and an inbox."""
