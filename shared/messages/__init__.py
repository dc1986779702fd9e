"""What crosses the process border? Documents and messages as our nouns, or BadMessage with every reason."""
