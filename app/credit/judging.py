"""Corrects the ledger after a bill was corrected: everything that the bill caused is judged again."""

from collections.abc import Mapping
from typing import Any

from app.aftercare.actions import compare_bill
from app.credit import queries
from app.credit.actions import get_locked, reverse
from app.credit.making import make_under_rule
from app.credit.rules import CORRECTED, Rules, read_rules
from app.events.act import Act
from app.events.kinds import EventKind
from app.kit.db import Row, Tx


async def correct_for_bill(act: Act, tx: Tx, correction: Row, rules: Rules) -> None:
    """Make the ledger what it would be if the current bill had been the first.

    1. Reverse entries whose rule, in the version they were made under, does not match the corrected bill.
    2. Make entries for rules in force that match it and did not match the bill before this correction.

    All corrections of a job are judged as one: from what the provider first billed to the current amount. Reading the
    same event again changes nothing.
    """
    for past in await queries.list_judged(tx, correction):
        cause = f"event:{past['id']}"
        before = _with_bill(past, correction["data"]["was_fen"]) if past["id"] != correction["id"] else None
        after = _with_bill(past, past["amount_fen"])
        live = set()
        for entry_id, code, version in await queries.list_live(tx, past["provider_id"], cause):
            made_under = await read_rules(tx, version)
            assert made_under is not None
            if made_under.rule(code).holds(past["kind"], after):
                live.add(code)
            else:
                provider, entry = await get_locked(tx, entry_id)
                await reverse(act.of_itself, tx, provider, entry)
        for rule in rules.rules:
            speaks = rule.holds(past["kind"], after) and not (before and rule.holds(past["kind"], before))
            if speaks and rule.code not in live:
                made_for = cause if before is None else f"{cause}/{correction['id']}"
                await make_under_rule(act, tx, rule, past, made_for, rules)


def _with_bill(event: Row, amount_fen: int) -> Mapping[str, Any]:
    """Return the data that the event would have if this amount had been billed."""
    data: dict[str, Any] = event["data"]
    if event["kind"] == CORRECTED:
        difference = amount_fen - data["was_fen"]
        return data | {"amount_fen": amount_fen, "difference_fen": difference, "lower": difference < 0}
    if event["kind"] == EventKind.JOB_COMPLETED:
        return data | {"amount_fen": amount_fen}
    return {name: value for name, value in data.items() if name != "difference_fen"} | compare_bill(
        amount_fen, data.get("paid_fen")
    )
