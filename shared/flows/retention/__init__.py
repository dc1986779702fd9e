"""Are the recovery points there that were promised? Promises kept in mind, points looked at, gaps filled."""
