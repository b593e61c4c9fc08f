"""Correct the pinyin of nineteen communities, which were checked one by one.

南都 is Nandu, not Nandou, and an apostrophe separates ambiguous syllables: Tai'an.

Their rows of `communities` are locked for milliseconds. A database that was not seeded has none of them. The downgrade
restores the former readings.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

READINGS = {
    "330203001003": ("Wanan", "wa", "Wan'an", "wa"),
    "330203001005": ("Zhoujiangan", "zja", "Zhoujiang'an", "zja"),
    "330203001010": ("Yinjiangan", "yja", "Yinjiang'an", "yja"),
    "330203003001": ("Wangnong", "wn", "Wanglong", "wl"),
    "330203007013": ("Nandou", "nd", "Nandu", "nd"),
    "330203008019": ("Shuianxinjing", "saxj", "Shui'anxinjing", "saxj"),
    "330203008021": ("Taian", "ta", "Tai'an", "ta"),
    "330203008028": ("Guangan", "ga", "Guang'an", "ga"),
    "330203009206": ("Huangai", "ha", "Huang'ai", "ha"),
    "330203100239": ("Minyue", "my", "Minle", "ml"),
    "330203101002": ("Fengao", "fa", "Feng'ao", "fa"),
    "330203101222": ("Zhixiao", "zxa", "Zhixi'ao", "zxa"),
    "330203101224": ("Maoao", "ma", "Mao'ao", "ma"),
    "330203101246": ("Fengao", "fa", "Feng'ao", "fa"),
    "330203105213": ("Jianao", "ja", "Jian'ao", "ja"),
    "330203106207": ("Cuiao", "ca", "Cui'ao", "ca"),
    "330203106256": ("Duao", "da", "Du'ao", "da"),
    "330203200209": ("Liao", "la", "Li'ao", "la"),
    "330203200211": ("Xueao", "xa", "Xue'ao", "xa"),
}
"""For each community, its former pinyin and initials, then the correct ones."""
SET = sa.text("UPDATE communities SET pinyin = :pinyin, initials = :initials WHERE code = :code AND pinyin = :former")


def upgrade() -> None:
    for code, (former, _, pinyin, initials) in READINGS.items():
        op.get_bind().execute(SET, {"code": code, "former": former, "pinyin": pinyin, "initials": initials})


def downgrade() -> None:
    for code, (pinyin, initials, former, _) in READINGS.items():
        op.get_bind().execute(SET, {"code": code, "former": former, "pinyin": pinyin, "initials": initials})
