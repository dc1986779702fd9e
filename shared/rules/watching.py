"""Whom should the watcher ask for jobs and policies? The vaults themselves while they are few, else Resource Graph."""

LOOKS_AN_HOUR = 12
"""At all jobs and policies, at most: one a tick, if runs can be missed as often as that."""
READS_AN_HOUR = 300
"""Reads of one action that the backup service allows a subscription in an hour, if it says nothing else (recorded)."""
SHARE = 0.5
"""Of these reads for the watcher; plans, answers and people need the rest."""
ROWS_A_PAGE = 200
JOBS_A_DAY = 1.2
"""Of each protected VM, with a few by hand and after changes."""


def reads_an_hour(vms_by_vault: list[int], days: float) -> int:
    """Return how many reads it takes to list the jobs of the last `days` of each vault at every look."""
    pages = sum(max(1, -int(-vms * JOBS_A_DAY * days // ROWS_A_PAGE)) for vms in vms_by_vault)
    return pages * LOOKS_AN_HOUR


def by_the_vaults(vms_by_vault: list[int], days: float, left: int | None) -> bool:
    """Return whether the vaults are asked. `left` is what the service said of this hour's reads (None: nothing yet).

    They are a minute ahead of Resource Graph, which takes one call for a thousand jobs of any number of vaults.
    """
    needed = reads_an_hour(vms_by_vault, days)
    return needed <= SHARE * READS_AN_HOUR and (left is None or left >= needed / LOOKS_AN_HOUR)


def policies_by_the_vaults(vaults: int) -> bool:
    """Return whether so many vaults are asked for their policies a list each, at every look."""
    return vaults * LOOKS_AN_HOUR <= SHARE * READS_AN_HOUR
