"""The command line's sentences and words, in Chinese and English."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from hotline_provider.models import shown
from hotline_provider.terms import TERMS


def is_counted(unit: str | None) -> bool:
    """Return whether something charged by this unit has a quantity."""
    return unit not in (None, "quote")


class Lang(StrEnum):
    ZH = "zh"
    EN = "en"


class Say:
    """Sentences in one language: `say("accepted", number=100023)`."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, key: str, **facts: Any) -> str:
        """Return the sentence with this key, filled in. Raises KeyError for an unknown key."""
        return _SENTENCES[key][self.lang is Lang.EN].format(**facts)

    def term(self, kind: str, code: str) -> str:
        """Return the word for a code of the API's enum `kind`. A code of a newer centre is shown as it is."""
        return TERMS[kind].get(code, (code, code))[self.lang is Lang.EN]

    def measure(self, quantity: Decimal, unit: str | None) -> str:
        """Return a quantity with its unit, such as 2.5 小时 or 2.5 hours, or "" if the item is charged as a whole."""
        if not is_counted(unit):
            return ""
        zh, one, more = _UNITS.get(unit or "", (unit, unit, unit))
        word = zh if self.lang is Lang.ZH else one if quantity == 1 else more
        return f"{shown(quantity)} {word}"


_SENTENCES = {
    "offers": ("派单", "Offers"),
    "jobs": ("工单", "Jobs"),
    "no_offers": ("暂无派单，等待中", "no offers; waiting"),
    "no_jobs": ("没有未完成的工单", "no unfinished jobs"),
    "id": ("编号", "id"),
    "number": ("单号", "number"),
    "left": ("剩余", "left"),
    "item": ("项目", "item"),
    "where": ("地点", "where"),
    "what": ("内容", "what"),
    "when": ("时间", "when"),
    "price": ("价格", "price"),
    "quantity": ("数量", "quantity"),
    "status": ("状态", "status"),
    "until": ("{end} 前", "by {end}"),
    "corrected": ("{at} 登记信息有更正", "corrected {at}"),
    "quote_from": ("{yuan} 元起，现场报价", "from ¥{yuan}, quote on site"),
    "fixed": ("{yuan} 元", "¥{yuan}"),
    "free": ("免费", "free"),
    "to_quote": ("待报价", "to be quoted"),
    "accepted": ("已接单 {number}（{id}）。", "Accepted {number} ({id})."),
    "declined": ("已拒单 {number}。", "Declined {number}."),
    "started": ("{number} 已到场开工。", "{number}: work started."),
    "agreed": ("{number} 报价 {yuan} 元，求助人已同意。", "{number}: quoted ¥{yuan}, agreed with the citizen."),
    "quoted": (
        "{number} 报价 {yuan} 元，等待求助人同意。",
        "{number}: quoted ¥{yuan}; waiting for the citizen's consent.",
    ),
    "completed": ("{number} 已完工，收费 {yuan} 元。", "{number}: completed, ¥{yuan} billed."),
    "returned": ("{number} 已退单。", "{number}: returned."),
    "asked": ("{number} 已申请延期至 {until}，等待值班长批准。", "{number}: asked for more time, until {until}."),
    "no_number": ("无（不打电话，直接上门）", "no number (come without calling)"),
    "contact": ("联系人 {name}，电话 {phone}，地址 {address}", "Call {name}, {phone}; go to {address}"),
    "said": ("{number} 后来又说：{words}", "Added later about {number}: {words}"),
    "unknown": ("没有编号或单号为 {name} 的{kind}。", "None of your {kind} matches {name}."),
    "ambiguous": ("{name} 对应多个{kind}，请多写几位。", "{name} matches several of your {kind}; type more of it."),
    "no_url": (
        "请用 --url 或环境变量 HOTLINE_URL 给出中心地址。",
        "Set the centre's address with --url or HOTLINE_URL.",
    ),
    "no_key": ("请在环境变量 HOTLINE_KEY 中设置密钥。", "Set your key in the environment variable HOTLINE_KEY."),
    "unreachable": ("连不上中心：{why}", "The centre cannot be reached: {why}"),
    "unreachable_kept": (
        "连不上中心：{why}。已记在本机，联系上后自动补报。",
        "The centre cannot be reached: {why}. The action is saved here and will be sent once the centre answers.",
    ),
    "cannot_keep": (
        "本机磁盘无法记录，操作没有进行：{why}",
        "The action could not be saved to disk, so it was not sent: {why}",
    ),
    "delivered": ("补报 {path}：中心已收到。", "Sent {path}: the centre has received it."),
    "delivered_refused": ("补报 {path}：中心不接受，{why}", "Sent {path}: the centre refused it, {why}"),
    "keys": (
        "↑↓ 选择 · a 接单 d 拒单 · o 联系人 s 开工 p 报价 c 完工 x 延期 r 退单 · q 退出",
        "↑↓ choose · a accept d decline · o contact s start p quote c complete x more time r return · q quit",
    ),
    "ask_reason": ("原因", "reason"),
    "ask_note": ("说明（可不填）", "note (optional)"),
    "ask_quantity": ("数量", "actual quantity"),
    "no_quantity": ("{text} 不是数量，例如 3 或 2.5。", "{text} is not a quantity. Enter one such as 3 or 2.5."),
    "ask_amount": ("金额（元）", "amount in yuan"),
    "ask_agreed": ("求助人当场同意？ y/n", "did the citizen agree on site? y/n"),
    "ask_result": ("做了什么", "what you did"),
    "ask_until": ("延到（年-月-日 时:分）", "until (YYYY-MM-DD HH:MM)"),
    "no_sum": ("{text} 不是金额，例如 120 或 120.50。", "{text} is not an amount. Enter one such as 120 or 120.50."),
    "no_moment": (
        "{text} 不是时间，例如 2026-11-25 09:00。",
        "{text} is not a time. Enter one such as 2026-11-25 09:00.",
    ),
    "nothing_decided": ("{number}：{why}，未作决定，等人处理。", "{number}: {why}; undecided, left to a person."),
    "exit_status": ("命令退出码 {status}", "the command exited with status {status}"),
    "no_answer_in": ("命令输出不是约定的 JSON", "the command's output is not the expected JSON"),
    "no_rule": ("请给出 --on-offer 命令或 --accept 项目。", "Give a command (--on-offer) or items (--accept)."),
    "statement": ("对账单", "Statement"),
    "month": ("月份", "month"),
    "acceptance": ("接单率", "acceptance"),
    "punctuality": ("准时率", "punctuality"),
    "satisfaction": ("满意率", "satisfaction"),
    "turnover": ("营业额（元）", "turnover in yuan"),
    "returns": ("月报", "Monthly returns"),
    "baseline": ("基准月营业额（元）", "baseline turnover in yuan"),
    "profit_tax": ("利税（元）", "profit-and-tax in yuan"),
    "reopened": ("已退回：{why}", "reopened: {why}"),
    "credit_change": ("信用分变动", "credit change"),
    "amount": ("收费（元）", "amount in yuan"),
    "payout": ("付给求助人（元）", "paid out in yuan"),
    "total": ("合计", "total"),
    "saved": ("已存为 {name}。", "Saved as {name}."),
    "no_form": ("{name}：只能存为 .xlsx、.csv 或 .html。", "{name}: only .xlsx, .csv or .html can be saved."),
    "credit": ("信用记录", "credit entries"),
    "credit_is": ("信用分 {credit}", "Credit {credit}"),
    "points": ("分值", "points"),
    "can_say": ("申辩或申诉", "reply or appeal"),
    "replied": ("已申辩：{rule}。由中心审议。", "Your reply is recorded: {rule}. The centre decides."),
    "appealed": ("已申诉：{rule}。由加盟管理员复核。", "Your appeal is recorded: {rule}. A registrar decides."),
    "complaints": ("投诉", "complaints"),
    "words": ("求助人所述", "citizen's words"),
    "said_to_it": ("本单位说明", "your reply"),
    "decision": ("裁定", "decision"),
    "complaint_answered": ("{number} 的投诉说明已记录。", "Your reply to the complaint about {number} is recorded."),
    "heard_until": ("说明期限", "reply until"),
    "decisions": ("派单决定", "Decisions"),
    "place": ("名次", "place"),
    "why": ("得分或原因", "score or reason"),
    "best": ("首选得分", "best score"),
    "asked_you": ("已派给本单位", "you were asked"),
    "job_told": ("{number} {status}：已交给本单位系统。", "{number} {status}: passed to your system."),
    "job_not_told": ("{number}：{why}，稍后再试。", "{number}: {why}; will retry."),
}

_UNITS = {
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
