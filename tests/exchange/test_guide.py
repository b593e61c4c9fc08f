"""What docs/registrars.md says about the file and shows of an application is true."""

import re
from pathlib import Path

from app.catalog.snapshot import Snapshot
from app.exchange.sheets import sheets
from tests.world import World, ok

GUIDE = (Path(__file__).parents[2] / "docs" / "registrars.md").read_text(encoding="utf-8")


def test_the_guide_lists_every_sheet_and_column(catalog: Snapshot) -> None:
    for sheet in sheets(catalog):
        [row] = re.findall(rf"^\| {sheet.zh} {sheet.en} \| [^|]+ \| ([^|]+) \|$", GUIDE, re.MULTILINE)
        columns = re.sub(r" \([^)]*\)", "", row).split(", ")
        assert columns == [column.zh + "*" * column.required for column in sheet.columns]


async def test_the_guides_application_is_taken_and_entered(world: World) -> None:
    [body] = re.findall(r"public/applications -d '(.*?)' \|", GUIDE, re.DOTALL)
    headers = {"Content-Type": "application/json"}
    filed = await ok(world.anonymous.post("/public/applications", content=body.encode(), headers=headers))
    [row] = (await ok(world.registrar.get("/applications")))["items"]
    entered = await ok(world.registrar.put(f"/applications/{row['id']}/entry", json={}))
    assert (entered["status"], entered["number"]) == ("entered", filed["number"])
