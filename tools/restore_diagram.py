"""What does the table of restores look like? Prints its diagram, in Mermaid's words, for docs/restores.md."""

from itertools import groupby

from shared.model.restore_tasks import Step
from shared.rules.restore_table import TABLE


def diagram() -> str:
    """Return the state diagram; rows that stay where they are, and repeated ways to one end, are one arrow."""
    lines = ["stateDiagram-v2", f"    [*] --> {Step.WAITING}"]
    for step, rows in groupby(TABLE, key=lambda row: row.step):
        ways: dict[Step, list[str]] = {}
        for row in rows:
            if row.to is not step:
                ways.setdefault(row.to, []).append(row.seen.replace(", ", " and "))
        lines += [f"    {step} --> {to}: {' / '.join(seen)}" for to, seen in ways.items()]
    lines += [f"    {step} --> [*]" for step in Step if step.over]
    return "\n".join(lines)


def rows() -> list[str]:
    """Return the table's rows in Markdown, in their order."""
    return [f"| `{row.step}` | {row.seen} | {row.action} | `{row.to}` |" for row in TABLE]


if __name__ == "__main__":
    print(diagram(), "", *rows(), sep="\n")
