"""Which nouns does the product speak? Frozen values, standard library only."""
