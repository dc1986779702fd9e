"""A pretend Azure for laptops, tests and benches; never deployed."""
