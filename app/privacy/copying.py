"""A copy of what is kept about a citizen, as data or as a page to read or print."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any
from uuid import UUID

from app.auth.models import RevealReason
from app.auth.reveals import note_reveal
from app.catalog.snapshot import Snapshot
from app.events.act import Act
from app.intake.models import RequestStatus
from app.kit.db import Tx
from app.kit.languages import Language, say
from app.kit.terms import Term
from app.privacy import queries
from app.privacy.consenting import show
from app.privacy.erasing import get_person
from app.privacy.joining import JOINED, PARTED
from app.privacy.schemas import (
    CitizenCopy,
    ConsentOut,
    KnownBar,
    KnownCall,
    KnownGroup,
    KnownJoining,
    KnownRequest,
    Said,
)


async def copy(act: Act, tx: Tx, citizen_id: UUID) -> CitizenCopy:
    """Return a copy of all that is kept about the citizen and those joined with them.

    The reading is recorded in the audit log. Raises NotFound.
    """
    citizen, *others = await get_person(tx, citizen_id)
    await note_reveal(act, tx, f"citizen:{citizen_id}", RevealReason.COPY)
    await queries.take_time(tx)
    phones = [citizen.phone, *(one.phone for one in others)]
    requests = await queries.list_known_requests(tx, citizen_id)
    said = defaultdict[UUID, list[Said]](list)
    for row in await queries.list_said(tx, [request["id"] for request in requests]):
        said[row["request_id"]].append(Said(what=row["what"], at=row["at"], text=row["text"]))
    return CitizenCopy(
        made_at=act.now,
        citizen_id=citizen.id,
        phone=citizen.phone,
        name=citizen.name,
        community_code=citizen.community_code,
        address=citizen.address,
        note=citizen.note,
        created_at=citizen.created_at,
        groups=[KnownGroup.model_validate(dict(row)) for row in await queries.list_known_groups(tx, citizen_id)],
        bars=[KnownBar.model_validate(dict(row)) for row in await queries.list_known_bars(tx, citizen_id)],
        other_numbers=phones[1:],
        joinings=[
            KnownJoining(at=row["at"], joined=row["action"] == JOINED, other_id=row["other_id"], why=row["why"])
            for row in await queries.list_joinings(tx, citizen.id, [JOINED, PARTED])
        ],
        consents=[show(one) for one in await queries.list_consents(tx, citizen_id)],
        requests=[KnownRequest.model_validate(dict(row) | {"said": said[row["id"]]}) for row in requests],
        calls=[KnownCall.model_validate(dict(row)) for row in await queries.list_known_calls(tx, phones)],
    )


class Heading(Term):
    """What a line of the page is about."""

    TITLE = "title", "本中心保存的您的个人信息", "What this centre keeps about you", "The page's title."
    MADE_AT = "made_at", "出具时间", "made at", "When the copy was made."
    PHONE = "phone", "电话", "phone", "The number by which the citizen is known."
    NAME = "name", "姓名", "name", "The citizen's name."
    ADDRESS = "address", "地址", "address", "Where help goes."
    NOTE = "note", "备注", "note", "What operators noted."
    CREATED_AT = "created_at", "首次登记", "first recorded", "Since when the citizen is known."
    GROUPS = "groups", "优先群体", "priority groups", "Memberships that open cheaper tiers."
    BARS = (
        "bars",
        "不愿由其服务的单位",
        "providers not wanted",
        "Providers that are not offered the citizen's requests.",
    )
    CONSENTS = "consents", "同意与撤回", "consents and withdrawals", "What the citizen agreed to, and when."
    AGREED = "agreed", "同意", "agreed", "The citizen agreed."
    WITHDRAWN = "withdrawn", "撤回", "withdrawn", "The citizen withdrew it."
    OTHER_NUMBERS = "other_numbers", "其他号码", "other numbers", "Numbers of the same person."
    JOININGS = "joinings", "号码合并", "numbers joined", "Other records found to be the same person, or not to be."
    JOINED = "joined", "合并", "joined", "Found to be the same person."
    PARTED = "parted", "撤销合并", "undone", "The joining was undone."
    REQUESTS = "requests", "服务请求", "requests", "What the citizen asked for."
    DESCRIPTION = "description", "求助内容", "what was asked", "The request in words."
    CONTACT = "contact", "联系人", "contact", "Whom the provider calls."
    HELPED = "helped", "求助人", "person helped", "Who is helped, if not the contact."
    CALLBACK = "callback", "回访对象", "called back", "Whom the centre calls back."
    PROVIDERS = "providers", "服务单位", "providers", "Who was given the request."
    AMOUNT = "amount", "收费（元）", "billed (yuan)", "What was billed."
    SAID = "said", "所记内容", "what was noted", "Texts that are kept with the request."
    CALLS = "calls", "来电", "calls", "Calls from the citizen's number."


STYLE = (
    "body{font:14px/1.6 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}h3{font-size:1rem}dt{font-weight:bold}dd{margin:0 0 .4rem}"
)


def as_page(found: CitizenCopy, lang: Language, act: Act, catalog: Snapshot) -> str:
    """Return the copy as a page in this language, with times in the centre's zone."""

    def when(moment: datetime | None) -> str:
        return moment.astimezone(act.zone).isoformat(" ", "minutes")[:16] if moment else ""

    def lines(*pairs: tuple[Heading, Any]) -> str:
        shown = [(say(heading, lang), value) for heading, value in pairs if value]
        return (
            "<dl>" + "".join(f"<dt>{escape(word)}</dt><dd>{escape(str(value))}</dd>" for word, value in shown) + "</dl>"
        )

    def listed(heading: Heading, each: Iterable[str]) -> str:
        items = "".join(f"<li>{escape(one)}</li>" for one in each)
        return f"<h2>{escape(say(heading, lang))}</h2><ul>{items}</ul>" if items else ""

    def person(name: str | None, phone: str | None) -> str:
        return " ".join(filter(None, (name, phone)))

    def consent(one: ConsentOut) -> str:
        said = Heading.AGREED if one.given else Heading.WITHDRAWN
        return " · ".join((when(one.at), say(one.purpose, lang), say(said, lang), say(one.asked, lang)))

    def joining(one: KnownJoining) -> str:
        done = say(Heading.JOINED if one.joined else Heading.PARTED, lang)
        return " · ".join((when(one.at), done, *([say(one.why, lang)] if one.why else [])))

    def request(one: KnownRequest) -> str:
        item = catalog.items.get(one.item_code)
        what = (say(item, lang) if item else one.item_code, say(RequestStatus(one.status), lang))
        said = "; ".join(f"{when(text.at)} {text.text}".strip() for text in one.said)
        details = "; ".join(" ".join(map(str, detail.values())) for detail in one.details or ())
        return f"<h3>{one.number} · {escape(' · '.join(what))} · {when(one.received_at)}</h3>" + lines(
            (Heading.DESCRIPTION, " ".join(filter(None, (one.description, details)))),
            (Heading.ADDRESS, one.address),
            (Heading.CONTACT, person(one.contact_name, one.contact_phone)),
            (Heading.HELPED, one.helped_name),
            (Heading.CALLBACK, person(one.callback_name, one.callback_phone)),
            (Heading.PROVIDERS, ", ".join(one.providers)),
            (Heading.AMOUNT, f"{one.amount_fen / 100:.2f}" if one.amount_fen else ""),
            (Heading.SAID, said),
        )

    title = escape(say(Heading.TITLE, lang))
    groups = (f"{say(catalog.groups[g.group_code], lang)} · {g.source} · {g.expires_on or ''}" for g in found.groups)
    body = lines(
        (Heading.MADE_AT, when(found.made_at)),
        (Heading.PHONE, found.phone),
        (Heading.NAME, found.name),
        (Heading.ADDRESS, found.address),
        (Heading.NOTE, found.note),
        (Heading.CREATED_AT, when(found.created_at)),
    )
    body += listed(Heading.GROUPS, groups)
    body += listed(Heading.BARS, (f"{bar.provider} · {bar.reason or ''}" for bar in found.bars))
    body += listed(Heading.OTHER_NUMBERS, found.other_numbers)
    body += listed(Heading.JOININGS, map(joining, found.joinings))
    body += listed(Heading.CONSENTS, map(consent, found.consents))
    if found.requests:
        body += f"<h2>{escape(say(Heading.REQUESTS, lang))}</h2>" + "".join(map(request, found.requests))
    body += listed(Heading.CALLS, (when(call.began_at) for call in found.calls))
    return (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
        f"<h1>{title}</h1>{body}</html>"
    )
