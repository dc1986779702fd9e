"""The only folder that calls Azure: SDK answers in, our nouns and errors out."""
