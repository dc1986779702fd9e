"""What should happen? Pure judgements: values in, decisions with reasons out."""
