"""The words of a printed statement and of units, in both languages."""

from decimal import Decimal

from app.catalog.models import is_counted
from app.kit.languages import Language
from app.kit.quantity import shown

WORDS = {
    Language.ZH: {
        "title": "服务单位月度对账单",
        "provider": "{name}（编号 {number}）",
        "made": "打印时间 {moment}，当前信用分 {credit}",
        "figures": "本月情况",
        "acceptance": "接单率（接单／已答复或到期的派单）",
        "punctuality": "按时完工率（按时／完工）",
        "solved": "回访解决率（解决／接通）",
        "satisfaction": "回访满意率（满意／评价）",
        "returned": "退单",
        "no_shows": "其中求助人不在场",
        "jobs": "完工的工单",
        "number": "请求编号",
        "item": "服务项目",
        "quantity": "数量",
        "unit": "单位",
        "tier": "档次",
        "completed_at": "完工时间",
        "amount": "收费（元）",
        "payout": "付给求助人（元）",
        "redo": "返工",
        "total": "合计 {jobs} 单",
        "no_jobs": "本月没有完工的工单。",
        "credit": "信用分变动",
        "rule": "事由",
        "points": "分值",
        "status": "状态",
        "until": "期限",
        "no_credit": "本月没有信用分变动。",
        "rights": "对拟扣分可以在申辩期内申辩，期满前不扣分；已扣分可以在申诉期内申诉。"
        "致电服务中心即可，由话务员代为记录。",
        "reply_by": "{moment} 前可申辩",
        "appeal_by": "{moment} 前可申诉",
    },
    Language.EN: {
        "title": "Monthly statement",
        "provider": "{name} (number {number})",
        "made": "Printed {moment}; current credit {credit}",
        "figures": "This month",
        "acceptance": "Acceptance (accepted / offers answered or expired)",
        "punctuality": "On time (on time / completed)",
        "solved": "Solved (solved / citizens reached)",
        "satisfaction": "Satisfied (satisfied / citizens who rated)",
        "returned": "Jobs returned",
        "no_shows": "of these, no-shows (citizen absent)",
        "jobs": "Completed jobs",
        "number": "Request no.",
        "item": "Service",
        "quantity": "Quantity",
        "unit": "Unit",
        "tier": "Tier",
        "completed_at": "Completed",
        "amount": "Billed (yuan)",
        "payout": "Paid to the citizen (yuan)",
        "redo": "redo",
        "total": "Total, {jobs} jobs",
        "no_jobs": "No jobs were completed this month.",
        "credit": "Credit changes",
        "rule": "Reason",
        "points": "Points",
        "status": "Status",
        "until": "Until",
        "no_credit": "Your credit did not change this month.",
        "rights": "You can reply to a proposed deduction within its reply period; nothing is deducted before then. "
        "You can appeal a deduction within its appeal period. Call the centre, and an operator will record it.",
        "reply_by": "reply until {moment}",
        "appeal_by": "appeal until {moment}",
    },
}

UNITS = {
    "course": ("期", "course", "courses"),
    "day": ("天", "day", "days"),
    "event": ("场", "event", "events"),
    "half-day": ("个半天", "half day", "half days"),
    "hour": ("小时", "hour", "hours"),
    "item": ("件", "item", "items"),
    "kg": ("公斤", "kg", "kg"),
    "m": ("米", "m", "m"),
    "m2": ("平方米", "m²", "m²"),
    "meal": ("餐", "meal", "meals"),
    "month": ("个月", "month", "months"),
    "page": ("页", "page", "pages"),
    "person": ("人", "person", "people"),
    "piece": ("件", "piece", "pieces"),
    "table": ("桌", "table", "tables"),
    "ticket": ("张", "ticket", "tickets"),
    "trip": ("趟", "trip", "trips"),
    "truck": ("车", "truckload", "truckloads"),
    "visit": ("次", "visit", "visits"),
}
"""The units that items are charged by: in Chinese, in English singular and in English plural."""


def unit_word(unit: str | None, quantity: Decimal, lang: Language) -> str:
    """Return the unit's name, singular or plural for this quantity, or its code if it has no name here."""
    zh, one, more = UNITS.get(unit or "", (unit or "",) * 3)
    return zh if lang is Language.ZH else one if quantity == 1 else more


def measure(quantity: Decimal, unit: str | None, lang: Language) -> str:
    """Return a quantity with its unit, such as 2.5 小时 or 2.5 hours, or "" for an item charged as a whole."""
    if not is_counted(unit):
        return ""
    return f"{shown(quantity)} {unit_word(unit, quantity, lang)}"
