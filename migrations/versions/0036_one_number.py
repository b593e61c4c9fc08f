"""Store each phone number in one form, and merge citizens whose numbers are then the same.

A fixed line without an area code gets the centre's (HOTLINE_AREA_CODE, by default 0574). +86, spaces and dashes are
removed. An extension follows a comma and does not make another citizen.

Citizens with the same number are merged into the oldest of them. It takes over the others' requests, memberships (the
one that lasts longest, if several are for one group) and bars. Facts that it lacks come from the next oldest.
`former_citizens` and `former_phones` keep the former state, personal data included: delete their rows once nobody will
downgrade. The downgrade restores the former citizens and numbers. What was edited or added since stays with the oldest.

Measured once with a million citizens, two million requests and as many contacts, one number in ten in another form: two
minutes on two busy cores, and one minute back. Most of that is reading, for which nobody waits. The rows that change
stay locked until the end, for less than a minute: the merged citizens, their requests, and last the providers' numbers.
A call from such a citizen waits that long. If the record was merged meanwhile, the call is refused once and succeeds
when it is sent again.
"""

import os
import re
import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = {
    "requests": "contact_phone",
    "contacts": "phone",
    "complaints": "phone",
    "providers": "phone",
    "applications": "phone",
}
FACTS = ("name", "community_code", "address", "note")
EXTENSION = re.compile(r"([-+0-9().]*[0-9)])[^-+0-9().][^0-9+]*([0-9]{1,8})\D*")
DASHED = re.compile(r"([-+0-9().]*[0-9)])-([0-9]{1,6})")
PREFIX = re.compile(r"(?:\+|00)?86(?=0?1[3-9][0-9]{9}$|0?[1-9][0-9]{8,10}$)")


def upgrade() -> None:
    read_forms(os.environ.get("HOTLINE_AREA_CODE", "0574"))
    op.execute(
        "CREATE TABLE former_phones (subject text, id text, phone text NOT NULL, became text NOT NULL,"
        " PRIMARY KEY (subject, id))"
    )
    op.execute(
        "CREATE TABLE former_citizens (id uuid PRIMARY KEY, into_id uuid NOT NULL, phone text NOT NULL, became text NOT"
        " NULL, name text, community_code text, address text, note text, created_at timestamptz NOT NULL, filled jsonb,"
        " groups jsonb NOT NULL, bars jsonb NOT NULL, request_ids uuid[] NOT NULL)"
    )
    for table in ("contacts", "complaints", "applications"):
        rewrite(table, COLUMNS[table])
    join_citizens()
    for table in ("requests", "providers"):
        rewrite(table, COLUMNS[table])
    op.execute("DROP TABLE phone_form")


def read_forms(area_code: str) -> None:
    """Store each number that is not in its one form, with that form, in the temporary table `phone_form`."""
    connection = op.get_bind()
    op.execute("CREATE TEMPORARY TABLE phone_form (phone text PRIMARY KEY, became text NOT NULL)")
    columns = COLUMNS | {"citizens": "phone"}
    selects = " UNION ".join(
        f"SELECT {column} AS phone FROM {table} WHERE {column} !~ '^1[3-9][0-9]{{9}}$'"
        for table, column in columns.items()
    )
    written = connection.execute(sa.text(selects)).scalars().all()
    forms = [{"phone": phone, "became": became} for phone in written if (became := one_form(phone, area_code)) != phone]
    for start in range(0, len(forms), 10_000):
        connection.execute(sa.text("INSERT INTO phone_form VALUES (:phone, :became)"), forms[start : start + 10_000])
    op.execute("ANALYZE phone_form")


def one_form(typed: str, area_code: str) -> str:
    """Return the number in its one form, or unchanged if it is not a phone number."""
    text = re.sub(r"[^-0-9a-z+().,;#*一-龥]", "", unicodedata.normalize("NFKC", typed).lower())
    if marked := EXTENSION.fullmatch(text):
        base = mainland(marked[1], area_code)
        return f"{base},{marked[2]}" if base else typed
    if whole := mainland(text, area_code):
        return whole
    dashed = DASHED.fullmatch(text)
    base = mainland(dashed[1], area_code) if dashed else None
    return f"{base},{dashed[2]}" if dashed and base else typed


def mainland(text: str, area_code: str) -> str | None:
    """Return the number without extension in its one form, or None if it is not a mainland Chinese number."""
    typed = re.sub(r"[-().]", "", text)
    number = PREFIX.sub("", typed, count=1)
    if re.fullmatch(r"0?1[3-9][0-9]{9}", number):
        return number.removeprefix("0")
    if re.fullmatch(r"[2-9][0-9]{6,7}", number):
        return area_code + number
    if re.fullmatch(r"0[1-9][0-9]{8,10}", number):
        return number
    return f"0{number}" if number != typed and re.fullmatch(r"[1-9][0-9]{8,10}", number) else None


def join_citizens() -> None:
    """Merge the citizens whose numbers have the same form, and store their former state in `former_citizens`.

    1. Group them by the form without the extension. The oldest of each group stays.
    2. Lock their requests, then the citizens.
    3. Store each citizen as it was, with memberships, bars and the ids of the requests to hand over.
    4. Give the requests, memberships and bars to the one that stays, and delete the others.
    5. Fill in the facts it lacks from the next oldest, and store the result, so that a downgrade can tell later edits.
    """
    op.execute(
        "CREATE TEMPORARY TABLE joined AS"
        " WITH other AS (SELECT c.id, split_part(f.became, ',', 1) AS became FROM citizens c JOIN phone_form f USING"
        " (phone)), alike AS (SELECT id, became FROM other UNION SELECT c.id, c.phone FROM citizens c JOIN other o ON"
        " o.became = c.phone)"
        " SELECT a.id, a.became, first_value(a.id) OVER (PARTITION BY a.became ORDER BY c.created_at, c.id) AS into_id"
        " FROM alike a JOIN citizens c USING (id)"
    )
    op.execute("ANALYZE joined")
    # The application locks requests before citizens, so the same order here avoids deadlocks.
    op.execute(
        "SELECT FROM requests WHERE citizen_id IN (SELECT id FROM joined WHERE id <> into_id) ORDER BY id FOR UPDATE"
    )
    op.execute("SELECT FROM citizens WHERE id IN (SELECT id FROM joined) ORDER BY id FOR UPDATE")
    op.execute(
        "INSERT INTO former_citizens SELECT c.id, j.into_id, c.phone, j.became, c.name, c.community_code, c.address,"
        " c.note, c.created_at, NULL,"
        " (SELECT coalesce(jsonb_agg(to_jsonb(g)), '[]') FROM citizen_groups g WHERE g.citizen_id = c.id),"
        " (SELECT coalesce(jsonb_agg(to_jsonb(b)), '[]') FROM citizen_bars b WHERE b.citizen_id = c.id),"
        " ARRAY(SELECT r.id FROM requests r WHERE r.citizen_id = c.id AND j.into_id <> c.id)"
        " FROM joined j JOIN citizens c USING (id)"
    )
    op.execute("ANALYZE former_citizens")
    op.execute(
        "UPDATE requests r SET citizen_id = f.into_id FROM former_citizens f WHERE f.id = r.citizen_id AND f.id <>"
        " f.into_id"
    )
    op.execute(
        "INSERT INTO citizen_groups (citizen_id, group_code, source, checked_by, expires_on)"
        " SELECT DISTINCT ON (f.into_id, g.group_code) f.into_id, g.group_code, g.source, g.checked_by, g.expires_on"
        " FROM former_citizens f JOIN citizen_groups g ON g.citizen_id = f.id"
        " WHERE f.into_id IN (SELECT into_id FROM former_citizens WHERE id <> into_id)"
        " ORDER BY f.into_id, g.group_code, g.expires_on DESC NULLS FIRST, f.id <> f.into_id, f.id"
        " ON CONFLICT (citizen_id, group_code) DO UPDATE SET source = excluded.source, checked_by ="
        " excluded.checked_by, expires_on = excluded.expires_on"
    )
    op.execute(
        "INSERT INTO citizen_bars (citizen_id, provider_id, reason, created_at)"
        " SELECT DISTINCT ON (f.into_id, b.provider_id) f.into_id, b.provider_id, b.reason, b.created_at"
        " FROM former_citizens f JOIN citizen_bars b ON b.citizen_id = f.id WHERE f.id <> f.into_id"
        " ORDER BY f.into_id, b.provider_id, b.created_at ON CONFLICT DO NOTHING"
    )
    op.execute("DELETE FROM citizens c USING former_citizens f WHERE f.id = c.id AND f.id <> f.into_id")
    known = ", ".join(
        f"(array_agg({fact} ORDER BY created_at, id) FILTER (WHERE {fact} IS NOT NULL))[1] AS {fact}" for fact in FACTS
    )
    op.execute(
        "UPDATE citizens c SET phone = k.became, "
        + ", ".join(f"{fact} = k.{fact}" for fact in FACTS)
        + f" FROM (SELECT into_id, became, {known} FROM former_citizens GROUP BY into_id, became) k"
        " WHERE k.into_id = c.id"
    )
    op.execute("UPDATE former_citizens f SET filled = to_jsonb(c) FROM citizens c WHERE c.id = f.id")
    op.execute("DROP TABLE joined")


def rewrite(table: str, column: str) -> None:
    """Bring the column's numbers into their one form, and store the former ones in `former_phones`.

    A number may occur in only one filed application. If two have the same, the later one keeps its former form.
    """
    once = ""
    if table == "applications":
        once = (
            " WHERE t.status <> 'filed' OR NOT EXISTS (SELECT FROM applications o LEFT JOIN phone_form p USING (phone)"
            " WHERE o.status = 'filed' AND o.id <> t.id AND coalesce(p.became, o.phone) = f.became"
            " AND (p.became IS NULL OR o.number < t.number))"
        )
    op.execute(
        f"INSERT INTO former_phones SELECT '{table}', t.id::text, t.{column}, f.became FROM {table} t JOIN phone_form f"
        f" ON f.phone = t.{column}{once} ORDER BY t.id FOR UPDATE OF t"
    )
    op.execute("ANALYZE former_phones")
    swap(table, column, "phone", "became")


def swap(table: str, column: str, before: str, after: str) -> None:
    """Change the numbers stored in `former_phones` from one form to the other, unless they were edited since."""
    cast = "bigint" if table == "contacts" else "uuid"
    op.execute(
        f"UPDATE {table} t SET {column} = f.{after} FROM former_phones f"
        f" WHERE f.subject = '{table}' AND t.id = f.id::{cast} AND t.{column} = f.{before}"
    )


def downgrade() -> None:
    for table, column in COLUMNS.items():
        swap(table, column, "became", "phone")
    restored = ", ".join(
        f"{fact} = CASE WHEN c.{fact} IS NOT DISTINCT FROM f.filled->>'{fact}' THEN f.{fact} ELSE c.{fact} END"
        for fact in FACTS
    )
    op.execute(f"UPDATE citizens c SET phone = f.phone, {restored} FROM former_citizens f WHERE c.id = f.id")
    op.execute(
        "INSERT INTO citizens (id, phone, name, community_code, address, note, created_at) SELECT id, phone, name,"
        " community_code, address, note, created_at FROM former_citizens WHERE id <> into_id"
    )
    op.execute(
        "UPDATE requests r SET citizen_id = f.id FROM former_citizens f, unnest(f.request_ids) AS theirs (id)"
        " WHERE r.id = theirs.id AND r.citizen_id = f.into_id"
    )
    for table, key in (("citizen_groups", "group_code"), ("citizen_bars", "provider_id")):
        kept = "groups" if table == "citizen_groups" else "bars"
        op.execute(
            f"DELETE FROM {table} t USING former_citizens f, jsonb_to_recordset(f.{kept}) AS was ({key} text)"
            f" WHERE t.citizen_id = f.into_id AND t.{key}::text = was.{key}"
        )
        op.execute(
            f"INSERT INTO {table} SELECT was.* FROM former_citizens f,"
            f" jsonb_populate_recordset(NULL::{table}, f.{kept}) AS was"
        )
    op.execute("DROP TABLE former_citizens")
    op.execute("DROP TABLE former_phones")
