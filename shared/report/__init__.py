"""How does a night look? Pure renderings of a `NightReport`: HTML with inline SVG, JSON text, a terminal digest."""
