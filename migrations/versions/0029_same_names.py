"""Find providers by name however it is written, by the one form that all spellings share (app.kit.names).

It creates a function and an index on `providers`, which has a few thousand rows. SHARE on `providers` blocks writes,
among them accepting and completing work, while the index is built: less than 0.1 s. Reads do not wait. The downgrade
loses nothing.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

UNSEEN = (
    r"\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0100-\U000e01ef"
)
FROM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ[{<«〈《「『【〔〖〘〚]}>»〉》」』】〕〗〙〛•‧∙・･⋅‐‑‒–—―−"
TO = "abcdefghijklmnopqrstuvwxyz" + "(" * 13 + ")" * 13 + "·" * 6 + "-" * 7


def upgrade() -> None:
    op.execute(
        "CREATE FUNCTION same_form(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN "
        f"normalize(translate(regexp_replace(normalize($1, NFKC), '[{UNSEEN}]+', '', 'g'), '{FROM}', '{TO}'), NFKC)"
    )
    op.create_index("ix_providers_same_form", "providers", [sa.text("same_form(name)")])


def downgrade() -> None:
    op.drop_index("ix_providers_same_form", table_name="providers")
    op.execute("DROP FUNCTION same_form(text)")
