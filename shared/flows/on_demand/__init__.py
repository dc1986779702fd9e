"""What becomes of a backup that is asked for beside the schedule? Asked for, started once, and followed to its end."""
