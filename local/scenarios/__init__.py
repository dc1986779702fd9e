"""What happens over many nights? The real trigger bodies over memory ports, with any fault and any crash point."""
