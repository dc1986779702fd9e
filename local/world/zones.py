"""Which UTC offset does a policy's Windows time zone stand for? A table of the zones that the service knows."""

_HOURS = {
    "UTC": 0.0,
    "GMT Standard Time": 0.0,
    "Greenwich Standard Time": 0.0,
    "W. Europe Standard Time": 1.0,
    "Central Europe Standard Time": 1.0,
    "Central European Standard Time": 1.0,
    "Romance Standard Time": 1.0,
    "E. Europe Standard Time": 2.0,
    "FLE Standard Time": 2.0,
    "GTB Standard Time": 2.0,
    "South Africa Standard Time": 2.0,
    "Israel Standard Time": 2.0,
    "Turkey Standard Time": 3.0,
    "Russian Standard Time": 3.0,
    "Arab Standard Time": 3.0,
    "Arabian Standard Time": 4.0,
    "India Standard Time": 5.5,
    "SE Asia Standard Time": 7.0,
    "China Standard Time": 8.0,
    "Singapore Standard Time": 8.0,
    "W. Australia Standard Time": 8.0,
    "Tokyo Standard Time": 9.0,
    "Korea Standard Time": 9.0,
    "AUS Eastern Standard Time": 10.0,
    "E. Australia Standard Time": 10.0,
    "New Zealand Standard Time": 12.0,
    "E. South America Standard Time": -3.0,
    "Atlantic Standard Time": -4.0,
    "Eastern Standard Time": -5.0,
    "Central Standard Time": -6.0,
    "Mountain Standard Time": -7.0,
    "US Mountain Standard Time": -7.0,
    "Pacific Standard Time": -8.0,
}


def offset_minutes(zone: str) -> int | None:
    """Return the zone's standard offset from UTC in minutes; None for an id that the service does not know.

    Azure Backup makes no daylight-saving adjustment for VM backups (support matrix), so the offset is fixed.
    """
    hours = _HOURS.get(zone)
    return None if hours is None else int(hours * 60)
