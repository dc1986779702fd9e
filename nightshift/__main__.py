"""Which commands does an operator have? The command line, put together."""

import typer

from nightshift import backups, checks, controls, drill, incidents, plans, points, policy, quarantine, reports, restores
from nightshift.answers import Calm

app = typer.Typer(
    name="nightshift",
    cls=Calm,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Plans the backup windows of an Azure VM fleet. Exit codes: 0 done, 1 failed, 2 refused.",
)
app.add_typer(policy.app, name="policy")
app.add_typer(restores.app, name="restore")
app.command()(plans.plan)
app.command()(plans.diff)
app.command()(plans.rollback)
app.command()(controls.pause)
app.command()(controls.resume)
app.command()(controls.hold)
app.command()(controls.release)
app.command()(checks.check)
app.command()(backups.backup)
app.command()(backups.backups)
app.command()(incidents.incidents)
app.command()(points.points)
app.command()(quarantine.replay)
app.command()(drill.fire_drill)
app.command()(reports.report)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
