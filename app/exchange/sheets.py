"""The sheets of the registry file and their columns: headings in both languages, and the parser of each cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.catalog.models import Tier
from app.catalog.snapshot import Snapshot
from app.exchange import cells
from app.kit.languages import Language, Wording, say
from app.kit.terms import Term
from app.registry.models import PriceKind, ProviderKind, ReachedBy, Rung, Standing

Words = Mapping[Any, Wording | Term]
"""For each value, the words that spell it out in each language."""


def words_of(terms: type[Term]) -> Words:
    """Return the words of an enum of terms."""
    return {term: term for term in terms}


APPROVALS: Words = {True: Wording("已批准", "approved"), False: Wording("待批准", "proposed")}
WEEKDAYS: Words = {
    number: Wording(f"周{zh}", en)
    for number, (zh, en) in enumerate(
        zip("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True), 1
    )
}


@dataclass(frozen=True)
class Column:
    """A column. `words` spell out its values, if it has a fixed set; a `required` column may not be empty in any
    row."""

    key: str
    zh: str
    en: str
    parse: cells.Parse
    required: bool = False
    words: Words = field(default_factory=dict)
    verbatim: bool = False
    """Text that is kept exactly as written."""


@dataclass(frozen=True)
class Sheet:
    """A sheet of the workbook, or the CSV file named after its `key`."""

    key: str
    zh: str
    en: str
    columns: Sequence[Column]

    def column(self, key: str) -> Column:
        """Return the column with this key."""
        return next(column for column in self.columns if column.key == key)


WEEKDAYS_TOO = {
    word: number
    for number, long in enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), 1)
    for word in (long, *(f"{week}{'一二三四五六日'[number - 1]}" for week in ("星期", "礼拜")))
} | {"周天": 7, "星期天": 7, "礼拜天": 7}
"""Other names of weekdays that are accepted."""


def worded(
    key: str, zh: str, en: str, words: Words, *, required: bool = False, too: Mapping[str, Any] | None = None
) -> Column:
    """Return a column whose values are spelled out in words. The words in `too` are accepted as well."""
    spelled = {word: value for value, each in words.items() for word in (say(each, one) for one in Language)}
    codes = {str(value): value for value in words if not isinstance(value, bool)}
    return Column(key, zh, en, cells.one_of(spelled | codes, too or {}), required, words)


def _provider() -> Column:
    return Column("provider", "单位", "Provider", cells.reference, required=True)


def sheets(catalog: Snapshot) -> tuple[Sheet, ...]:
    """Return every sheet, with the codes and names of this centre's catalogue and gazetteer."""
    townships = [(code, row.zh) for code, row in catalog.townships.items()]
    communities = [(code, row.zh) for code, row in catalog.communities.items()]
    township = cells.code_of(townships, "街道（乡镇）代码或名称 / the code or name of a township")
    area = cells.code_of(townships + communities, "街道（乡镇）或社区代码 / the code of a township or community")
    community = cells.code_of(communities, "社区代码 / the code of a community")
    item = cells.code_of(((row.code, row.zh) for row in catalog.items.values()), "服务项目代码 / an item's code")
    paper = cells.code_of(((row.code, row.zh) for row in catalog.paper_kinds.values()), ", ".join(catalog.paper_kinds))
    name = cells.text(100)
    return (
        Sheet("providers", "单位", "Providers", (
            Column("number", "编号", "Number", cells.integer(1, 10**12)),
            Column("name", "单位名称", "Name", name, required=True, verbatim=True),
            worded("kind", "单位类型", "Kind", words_of(ProviderKind), required=True),
            Column("uscc", "统一社会信用代码", "Credit code", cells.uscc),
            Column("contact_name", "联系人", "Contact", name, required=True, verbatim=True),
            Column("phone", "联系电话", "Phone", cells.phone, required=True),
            Column("area", "所在地", "Seat", area, required=True),
            Column("lat", "纬度", "Latitude", cells.coordinate),
            Column("lon", "经度", "Longitude", cells.coordinate),
            Column("community", "仅服务社区", "Only community", community),
            worded("rung", "网络层级", "Rung", words_of(Rung)),
            worded("reached_by", "接单方式", "Reached by", words_of(ReachedBy), required=True),
            Column("capacity", "同时承接量", "Capacity", cells.integer(1, 1000), required=True),
            worded("standing", "状态", "Standing", words_of(Standing)),
            Column("joined_on", "加盟日期", "Joined on", cells.day),
        )),
        Sheet("prices", "项目与价格", "Prices", (
            _provider(),
            Column("item", "服务项目", "Item", item, required=True),
            worded("tier", "档次", "Tier", words_of(Tier), required=True),
            worded("price_kind", "计价方式", "Charging", words_of(PriceKind), required=True),
            Column("price", "价格（元）", "Price (yuan)", cells.fen),
            Column("valid_from", "起始日", "Valid from", cells.day, required=True),
            Column("valid_to", "截止日", "Valid to", cells.last_day),
            worded("approved", "审批", "Approval", APPROVALS),
        )),
        Sheet("papers", "证照", "Papers", (
            _provider(),
            Column("paper", "证照类别", "Paper", paper, required=True),
            Column("number", "证号", "Number", cells.paper_number, required=True, verbatim=True),
            Column("issued_on", "发证日", "Issued on", cells.day, required=True),
            Column("expires_on", "有效期至", "Expires on", cells.last_day),
        )),
        Sheet("coverage", "服务区域", "Coverage", (
            _provider(),
            Column("township", "街道（乡镇）", "Township", township, required=True),
        )),
        Sheet("hours", "营业时间", "Hours", (
            _provider(),
            worded("weekday", "星期", "Weekday", WEEKDAYS, required=True, too=WEEKDAYS_TOO),
            Column("opens", "开门", "Opens", cells.clock_time, required=True),
            Column("closes", "关门", "Closes", cells.clock_time, required=True),
        )),
        Sheet("exceptions", "特殊日期", "Exceptions", (
            _provider(),
            Column("day", "日期", "Day", cells.day, required=True),
            Column("opens", "开门", "Opens", cells.clock_time),
            Column("closes", "关门", "Closes", cells.clock_time),
        )),
    )  # fmt: skip
