"""The command `hotline doctor`."""

import logging
import os
from typing import Annotated

import typer
from pydantic import ValidationError

from app.kit.command_line import database, run, sentence
from app.monitoring.doctor import Finding, examine
from app.settings import Settings


def doctor(
    url: Annotated[
        str | None, typer.Option(help="address that people use, to check its certificate and the proxy as well")
    ] = None,
) -> None:
    """Examine this deployment, and say what to do about each finding. Exits with 1 if one is a fault.

    It checks the settings, versions, clocks, schema, disks, backups and worker, and whether the make-up working days
    and the centre's own emergency numbers have been entered.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        _show([Finding("setting_invalid", f"设置无效：{line}", line) for line in sentence(error).splitlines()])
        raise typer.Exit(1) from error
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its calls are not worth reporting
    found: list[Finding] = []
    with database(settings) as joined:
        run(_examine(joined, url, found))
    _show(found)
    if any(finding.fault for finding in found):
        raise typer.Exit(1)
    typer.echo("No fault was found. 未发现故障。")


async def _examine(settings: Settings, url: str | None, found: list[Finding]) -> None:
    found += await examine(settings, os.environ, url)


def _show(found: list[Finding]) -> None:
    for finding in sorted(found, key=lambda finding: not finding.fault):
        typer.echo(f"{'fault' if finding.fault else 'advice'} {finding.code}: {finding.en}\n  {finding.zh}")
