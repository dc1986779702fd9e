"""Which part of the local Azure is to run? `python -m local night`, `up` or `scenario`."""

import sys

USAGE = """usage: python -m local night [--json] [--faults calm|issue|FILE.json] [--seed N] [--hosts N] [--folder DIR]
       python -m local night --chapter retention [--json] [--seed N] [--folder DIR]
       python -m local up [--speed N] [--json] [--switches plan,enrol] [--faults calm|issue|FILE.json] [--folder DIR]
       python -m local scenario [NAME [--seed N] [--nights N] [--vms N] [--planted N] [--json]]
       python -m local faults calm|issue|FILE.json | --schema"""


def main(arguments: list[str]) -> int:
    """Run the named part; return its exit code."""
    if arguments[:1] == ["night"]:
        from local import night

        return night.main(arguments[1:])
    if arguments[:1] == ["up"]:
        from local import up

        return up.main(arguments[1:])
    if arguments[:1] == ["scenario"]:
        from local.scenarios import command

        return command.main(arguments[1:])
    if arguments[:1] == ["faults"]:
        from local.faults import command as faults

        return faults.main(arguments[1:])
    print(USAGE, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
