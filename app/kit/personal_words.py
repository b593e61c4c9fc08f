"""Finds and masks phone numbers, identity-card numbers and names in what people typed, for those who need not know.

Numbers are found by their form, names only where the words around them say so or where the centre knows the name; see
docs/decisions/0027-personal-words.md for what is not found.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import date
from typing import Annotated, Any, cast

from pydantic import BaseModel, Field, PlainSerializer

from app.kit.names import LIKE, UNSEEN, fold
from app.kit.personal import SURNAMES, mask_name, mask_phone
from app.kit.phones import canonical, is_service_line, own_area_code
from app.kit.terms import Term


class PersonalKind(Term):
    """A kind of personal data in a text, which only those who help the person need to know."""

    PHONE = "phone", "电话号码", "phone number", "A number at which somebody can be called."
    ID_NUMBER = "id_number", "身份证号", "identity-card number", "The number of an identity card, 18 or 15 characters."
    NAME = "name", "姓名", "name", "Somebody's name."


class PersonalWord(BaseModel):
    """A place in a text that names somebody or their number. It begins at character `start` and ends before `end`,
    counted in Unicode characters from 0."""

    kind: PersonalKind
    start: int
    end: int


_SPACES = re.compile(f"[{UNSEEN}]")
_ALIKE = str.maketrans(*LIKE)
_SPOKEN = str.maketrans("零〇幺一二两三四五六七八九", "0011223456789")
_SPOKEN_RUN = re.compile("(?:[零〇幺一二两三四五六七八九][ -]?){7,}")
"""Digits as they are read out: 幺三九…"""

_ID_NUMBER = re.compile(r"(?<!\d)(?:\d(?:[ -]?\d){16}[ -]?[\dx]|\d(?:[ -]?\d){14})(?!\d)")
_ID_LABEL = re.compile(r"(?:身份证|证件)(?:号码?)?\W{0,3}(?:是|为)?\W{0,2}$")
_PROVINCES = {
    *range(11, 16),
    *range(21, 24),
    *range(31, 38),
    *range(41, 47),
    *range(50, 55),
    *range(61, 66),
    71,
    81,
    82,
    83,
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

_DIGITS = re.compile(r"\d+")
_JOINT = re.compile(r"[ ()·./~_-]{1,3}")
"""What may separate the groups of digits of one number."""
_EXTENSION = re.compile(r" ?(?:转|分机号?|内线|ext\.?|#|,) ?\d{1,6}(?!\d)")
_PHONE_LABEL = re.compile(
    r"(?:电话|手机|手提|座机|固话|号码|联系|致电|拨打?|打|微信|短信|\btel|phone|mobile|cell|call|qq)(?:号码?)?(?:是|为)?[^\d\n，。；]{0,4}$"
)
_OTHER_LABEL = re.compile(
    r"(?:单号|订单|工单|受理号|编号|户号|卡号|[账帐]号|票号|货号|型号|运单|快递|合同|发票|条码|序列号|流水号|案号|表号|房号|邮编|no\.?|[¥$])[^\d\n，。；]{0,3}$"
)
_MEASURE = re.compile(
    r" ?(?:多|余|左右)?(?:元|块|角|万|千|百|亿|平|米|公里|公斤|斤|千克|克|吨|度|"
    r"升|瓦|伏|个|件|台|套|只|张|条|本|份|人|户|次|年|月|日|天|小时|"
    r"分钟|%|m|kg|g|km|cm|rmb|yuan|kwh)"
)
_MOBILE = re.compile(r"1[3-9]\d{9}")
_OWN_LENGTHS = {(7,), (8,), (4, 4), (3, 4)}
_MOST_DIGITS = 20

_COMPOUND = "欧阳|司马|上官|诸葛|司徒|夏侯|东方|皇甫|尉迟|公孙|慕容|令狐|长孙|宇文|端木|南宫"
_WORDS_TOO = (
    "平明方向路花车强钱房计应干解文成支常乐于能满易利公党家居项管经国师古牛包单空谢祝费任连通何有"
    "孔边鱼钟卫查蒙司左安顺习从宣"
)
"""Surnames that end or begin other words: 保安师傅, 派单师傅, 检查医生. They count only where a word begins."""
_NEVER = "班那水时和都全"
"""Surnames that are too rare compared with the words that begin with them: 班主任, 那师傅."""
_RARER = "".join(c for c in SURNAMES if c not in _NEVER)
_COMMON = "".join(c for c in _RARER if c not in _WORDS_TOO)
_NOT_AFTER = (
    r"(?!周(?<=[上下每本这]周)|高(?<=[太脂压糖越最]高)|金(?<=[押现资奖]金)|程(?<=[编工课流]程)|何(?<=[任如为]何))"
)
_BEGINS = r"(?:(?<![\u4e00-\u9fff])|(?<=[是叫找姓跟给])|(?<=请问)|(?<=联系))"
_TITLE = (
    "先生|女士|小姐|太太|老师|师傅|师母|阿姨|叔叔|大爷|大妈|大伯|伯伯|大姐|大哥|大嫂|经理|医生|律师|老板|主任|奶奶|爷爷|阿婆|阿公|"
    "婆婆|老太太|老伯|同志"
)
_GIVEN = "[^\\W\\d_a-z上下来去叫请要的了在和说问给把被让到就也都不很有没还想帮找家里住电手谢]"
_ENDS = r"(?=$|[^\u4e00-\u9fff]|住|在|家|的|是|电|手机|要|想)"
_NAMES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<name>(?:{_COMPOUND}|{_NOT_AFTER}[{_COMMON}])(?:{_TITLE}))",
        rf"{_BEGINS}(?P<name>[{_RARER}](?:{_TITLE}))(?!粉|酪)",
        rf"{_BEGINS}(?P<name>(?:{_COMPOUND}|[{_RARER}]){_GIVEN}{{1,2}}(?:先生|女士|小姐|太太|同志))",
        r"(?:我叫|名叫|名字叫|他叫|她叫|叫做|名字是|姓名是?|联系人是?|户主是?|业主是?|机主是?|病人是?|患者是?)"
        rf"(?P<name>(?:{_COMPOUND}|[{_COMMON}]){_GIVEN}{{1,2}}?|[小阿老][{_COMMON}]){_ENDS}",
        rf"我是(?P<name>(?:{_COMPOUND}|[{_COMMON}]){_GIVEN}{{1,2}})(?=$|[^\u4e00-\u9fff])",
        r"(?:姓名|联系人|户主|业主|机主|患者|病人|收件人|老人|本人|家属) ?[:：] ?"
        r"(?P<name>[\u4e00-\u9fff·]{2,4})(?![\u4e00-\u9fff])",
        r"\b(?:my name is|mr\.?|mrs\.?|ms\.?) (?P<name>(?-i:[A-Z][a-z]+(?:[ -][A-Z][a-z]+)*))",
    )
)


def find_personal(text: str, names: Iterable[str | None] = ()) -> list[PersonalWord]:
    """Return the phone numbers, identity-card numbers and names in the text, in order, without overlaps.

    `names` are recorded names of the people concerned: they are found wherever they occur.
    """
    plain = _plain(text)
    found: list[PersonalWord] = []
    for kind, places in (
        (PersonalKind.ID_NUMBER, _id_numbers(plain)),
        (PersonalKind.PHONE, _phones(plain)),
        (PersonalKind.NAME, _names(text, names)),
    ):
        for start, end in places:
            if all(end <= other.start or other.end <= start for other in found):
                found.append(PersonalWord(kind=kind, start=start, end=end))
    return sorted(found, key=lambda word: word.start)


def mask_personal(text: str, names: Iterable[str | None] = ()) -> str:
    """Mask what `find_personal` finds: 电话139****2345, 33****3X, 王**."""
    masked, end = "", 0
    for word in find_personal(text, names):
        masked += text[end : word.start] + _mask(word.kind, text[word.start : word.end])
        end = word.end
    return masked + text[end:]


in_full: ContextVar[bool] = ContextVar("in_full", default=False)
"""Whether the reader of the present response may read people's words in full. The route's access check sets it."""


def as_reader_may_see(text: str | None, names: Iterable[str | None] = ()) -> str | None:
    """Return the text, masked unless the reader of the present response may read it in full."""
    return text if text is None or in_full.get() else mask_personal(text, names)


def _shown(text: str) -> str:
    return text if in_full.get() else mask_personal(text)


def _data_as_reader_may_see(data: dict[str, Any]) -> dict[str, Any]:
    return data if in_full.get() else cast(dict[str, Any], _masked_within(data))


def _masked_within(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _masked_within(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_masked_within(inner) for inner in value]
    return mask_personal(value) if isinstance(value, str) else value


Words = Annotated[str, PlainSerializer(_shown, when_used="json")]
"""What somebody typed about a citizen's request, in an answer: masked unless the reader may read it in full."""
DataWithWords = Annotated[dict[str, Any], PlainSerializer(_data_as_reader_may_see, when_used="json")]
"""The data of an event or an audit entry, with its texts masked in the same way."""


class PersonalPlace(PersonalWord):
    """A personal word in a field of the answer."""

    field: str = Field(description="such as `description`, or `details.0.answer` for the first of the details")


PersonalPlaces = Annotated[
    list[PersonalPlace] | None,
    Field(
        description="in the answer to a step that takes text: the phone numbers, identity-card numbers and names that "
        "are masked for managers, and for providers that have only been offered the job"
    ),
]


def find_places(texts: Mapping[str, str | None], names: Iterable[str | None] = ()) -> list[PersonalPlace]:
    """Return what `find_personal` finds in each field's text."""
    return [
        PersonalPlace(field=field, **word.model_dump())
        for field, text in texts.items()
        if text
        for word in find_personal(text, names)
    ]


def _mask(kind: PersonalKind, found: str) -> str:
    if kind is PersonalKind.NAME:
        return mask_name(found) or ""
    plain = _plain(found)
    marks = "".join(c for c in plain if c.isdigit() or c in "+x").upper()
    if kind is PersonalKind.ID_NUMBER:
        return f"{marks[:2]}****{marks[-2:]}"
    number, extension, _ = plain.partition(mark[0]) if (mark := _EXTENSION.search(plain)) else (plain, "", "")
    return mask_phone("".join(c for c in number if c.isdigit() or c == "+") + ("," if extension else ""))


def _plain(text: str) -> str:
    """Return the text character for character in half width and lower case, with ASCII digits, spaces and dashes."""
    folded = _SPACES.sub(" ", fold(text).translate(_ALIKE))
    digits = "".join(str(unicodedata.decimal(c, c)) if not c.isascii() else c for c in folded)
    return _SPOKEN_RUN.sub(lambda run: run[0].translate(_SPOKEN), digits)


def _id_numbers(plain: str) -> Iterator[tuple[int, int]]:
    for found in _ID_NUMBER.finditer(plain):
        number = re.sub("[ -]", "", found[0])
        labelled = _ID_LABEL.search(plain[: found.start()])
        if labelled or (_is_born(number) and (len(number) == 15 or _check_character(number) == number[-1])):
            yield found.span()


def _is_born(number: str) -> bool:
    born = number[6:14] if len(number) == 18 else f"19{number[6:12]}"
    return int(number[:2]) in _PROVINCES and _is_date(born) and born[:4] >= "1900"


def _check_character(number: str) -> str:
    return "10x98765432"[sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False)) % 11]


def _is_date(digits: str) -> bool:
    try:
        return date.fromisoformat(digits) is not None
    except ValueError:
        return False


def _phones(plain: str) -> Iterator[tuple[int, int]]:
    groups = list(_DIGITS.finditer(plain))
    first = 0
    while first < len(groups):
        count = _phone_at(plain, groups[first:])
        if count:
            last = groups[first + abs(count) - 1]
            if count > 0:
                end = last.end() + (len(more[0]) if (more := _EXTENSION.match(plain[last.end() :])) else 0)
                yield _beginning(plain, groups[first]), end
                while first < len(groups) and groups[first].end() <= end:
                    first += 1
                continue
        first += abs(count) or 1


def _phone_at(plain: str, groups: Sequence[re.Match[str]]) -> int:
    """Return how many groups of digits, counted from the first, form one phone number.

    Return that count negated if they form a service line or a date, which is not masked, and 0 if they form none.
    """
    together = 1
    while together < min(len(groups), 6) and _JOINT.fullmatch(
        plain[groups[together - 1].end() : groups[together].start()]
    ):
        together += 1
    for count in range(together, 0, -1):
        lengths = tuple(len(group[0]) for group in groups[:count])
        if sum(lengths) > _MOST_DIGITS:
            continue
        digits = "".join(group[0] for group in groups[:count])
        if _is_written_date(lengths, digits):
            return -count
        verdict = _is_phone(plain, groups[:count])
        if verdict is not None:
            return count if verdict else -count
    return 0


def _is_written_date(lengths: tuple[int, ...], digits: str) -> bool:
    return lengths in {(8,), (4, 2, 2)} and digits[:2] in ("19", "20") and _is_date(digits)


def _is_phone(plain: str, groups: Sequence[re.Match[str]]) -> bool | None:
    """Return True for somebody's number, False for a service line, and None if it is no phone number at all."""
    before, after = plain[: groups[0].start()][-20:], plain[groups[-1].end() :][:10]
    parts = [group[0] for group in groups]
    digits, lengths = "".join(parts), tuple(map(len, parts))
    abroad = "+" if before.rstrip("( ").endswith("+") else ""
    labelled = bool(_PHONE_LABEL.search(before))
    number = canonical(abroad + digits, own_area_code())
    if number is None:
        return True if labelled and len(parts) == 1 and 7 <= len(digits) <= 12 else None
    if is_service_line(number):
        return False
    if labelled or abroad or (len(parts) == 1 and len(digits) == 11 and _MOBILE.fullmatch(number)):
        return True
    is_range = len(parts) == 2 and all(part.endswith("00") for part in parts)
    if is_range or _MEASURE.match(after):
        return None
    if _MOBILE.fullmatch(number):
        return True if min(lengths) > 1 or len(parts) == 1 else None
    if digits.startswith(("0", "860")):
        return True if lengths[0] >= 3 else None
    if _OTHER_LABEL.search(before) or re.search(r"[\da-z][-./_]?$", before) or re.match(r"[-./_]?[\da-z]", after):
        return None
    if lengths in _OWN_LENGTHS:
        is_years = len(parts) == 2 and all(part[:2] in ("19", "20") for part in parts)
        is_joined = len(parts) == 1 or plain[groups[0].end() : groups[1].start()] in (" ", "-")
        return True if is_joined and not is_years and not digits.endswith("0000") else None
    is_grouped = lengths[0] in (2, 3) and lengths[1:] in _OWN_LENGTHS
    return True if is_grouped or (len(parts) == 1 and number.startswith(own_area_code())) else None


def _beginning(plain: str, group: re.Match[str]) -> int:
    start = group.start()
    while start and plain[start - 1] in "+(":
        start -= 1
    return start


def _names(text: str, names: Iterable[str | None]) -> Iterator[tuple[int, int]]:
    for name in names:
        if name and len(name) > 1 and (name[0] in SURNAMES or name[:2] in _COMPOUND.split("|") or name.isascii()):
            edge = r"\b" if name.isascii() else ""
            for found in re.finditer(f"{edge}{re.escape(name)}{edge}", text, re.IGNORECASE):
                yield found.span()
    for pattern in _NAMES:
        for found in pattern.finditer(text):
            yield found.span("name")
