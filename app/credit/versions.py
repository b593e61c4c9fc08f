"""Versions of the credit rules. A version that a registrar adds is in force at once, and is never edited."""

from app.auth.queries import add_audit
from app.credit import queries
from app.credit.errors import RulesVersionExists
from app.credit.models import CreditRules
from app.credit.rules import Rules, read_rules
from app.credit.schemas import RulesVersion
from app.events.act import Act
from app.kit.db import Tx


async def make_version(act: Act, tx: Tx, rules: Rules) -> RulesVersion:
    """Put the rules in force from now on. Earlier entries keep theirs. Repeating the same version changes nothing.

    Return the version. Raises RulesVersionExists when this version exists with different contents.
    """
    kept = await read_rules(tx, rules.version) if await queries.find_rules(tx, rules.version) else None
    if kept is None:
        tx.session.add(CreditRules(version=rules.version, rules=rules.model_dump(mode="json"), loaded_at=act.now))
        await tx.flush()
        subject = f"credit_rules:{rules.version}"
        await add_audit(act, tx, "credit.rules_made", subject)
    elif kept != rules:
        raise RulesVersionExists(version=rules.version)
    row = await queries.find_rules(tx, rules.version)
    assert row is not None
    return show_version(row, await queries.find_version_in_force(tx))


def show_version(row: CreditRules, in_force: str | None) -> RulesVersion:
    """Return the version as the API shows it."""
    rules = Rules.model_validate(row.rules)
    return RulesVersion(loaded_at=row.loaded_at, in_force=row.version == in_force, rules=rules)
