"""A pretend Event Grid: topics, subscriptions, deliveries at least once, retries and dead letters, seeded."""
