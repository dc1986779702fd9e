"""Is this fault plan right, and what would it do? `python -m local faults FILE`, or `--schema` for an editor."""

import argparse
import json
import sys

from local.faults.reading import plan
from local.faults.schema import SCHEMA
from local.faults.wording import lines


def main(arguments: list[str]) -> int:
    """Print what the plan does; return 0, or 1 with every mistake on stderr, 2 where no plan is named."""
    parser = argparse.ArgumentParser(prog="python -m local faults", description=__doc__)
    parser.add_argument("plan", nargs="?", default="", help="calm, issue, or a JSON file")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of fault plans")
    options = parser.parse_args(arguments)
    if options.schema:
        print(json.dumps(SCHEMA, indent=2))
        return 0
    if not options.plan:
        parser.print_usage(sys.stderr)
        return 2
    try:
        found = plan(options.plan)
    except ValueError as mistakes:
        print(mistakes, file=sys.stderr)
        return 1
    print("\n".join(lines(found)))
    return 0
