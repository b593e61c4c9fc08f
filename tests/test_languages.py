"""Every sentence sent to a caller is in the caller's language."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from pydantic_core._pydantic_core import list_all_errors

import app.main  # noqa: F401 (every error is declared once it is loaded)
from app.events.transition import StatusConflict
from app.exchange.faults import SENTENCES
from app.jobs.models import OfferStatus
from app.kit.errors import HotlineError
from app.kit.languages import Language, preferred_language, say
from app.kit.wording import FIELDS, HTTP, WORDS, field_message
from app.knowledge.faults import SENTENCES as OF_ARTICLES
from app.webhooks.models import DeliveryStatus
from tests.surface.words import terms
from tests.world import World

APP = Path(__file__).parents[1] / "app"
HAN = re.compile(r"[\u4e00-\u9fff]")
FROM_NO_CALLER = {
    "no_such_attribute", "needs_python_object", "get_attribute_error", "default_factory_not_called", "is_instance_of",
    "is_subclass_of", "callable_type", "missing_sentinel_error", "ellipsis_error", "value_error", "assertion_error",
}  # fmt: skip
"""Pydantic error types that neither JSON nor a query can cause, and those that carry our own sentence."""


def every(kind: type[HotlineError] = HotlineError) -> list[type[HotlineError]]:
    return [one for sub in kind.__subclasses__() for one in (sub, *every(sub)) if one.__module__.startswith("app.")]


def facts(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("error", every(), ids=lambda error: error.__name__)
def test_every_problem_has_a_sentence_in_each_language(error: type[HotlineError]) -> None:
    assert all(say(error, language) for language in Language)
    assert HAN.search(error.zh)
    assert not HAN.search(error.en)


def test_every_fault_of_a_file_has_a_sentence_in_each_language() -> None:
    for zh, en in (*SENTENCES.values(), *OF_ARTICLES.values()):
        assert HAN.search(zh)
        assert not HAN.search(en)
        assert facts(zh) == facts(en)


def test_every_wrong_field_has_a_message_in_chinese() -> None:
    for error in list_all_errors():
        if error["type"] not in FROM_NO_CALLER:
            message = field_message(error["type"], error.get("example_context") or {}, Language.ZH)
            assert HAN.search(message), error["type"]
            assert facts(FIELDS[Language.ZH][error["type"]]) <= set(error.get("example_context") or {}), error["type"]


def test_lists_are_joined_in_chinese() -> None:
    assert field_message("enum", {"expected": "'a', 'b' or 'c'"}, Language.ZH) == "应为下列之一：'a'、'b'、'c'"


async def test_broken_json_is_told_without_words_of_another_language(world: World) -> None:
    headers = {"Content-Type": "application/json", "Accept-Language": "zh-CN"}
    problem = (await world.operator.post("/requests", content=b'{"phone": "139', headers=headers)).json()
    assert (problem["code"], problem.get("detail")) == ("invalid_json", None)


def test_what_validators_of_ours_say_is_in_both_languages() -> None:
    for file in [*APP.glob("*/schemas.py"), *APP.glob("*/filters.py"), *(APP / "kit").glob("*.py"),
                 APP / "matching/policy.py", APP / "credit/rules.py"]:  # fmt: skip
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and issubclass_of_model(node):
                raised = [one for one in ast.walk(node) if isinstance(one, ast.Raise)]
                assert not [one for one in raised if "ValueError" in ast.dump(one)], f"{file}: {node.name}"


def issubclass_of_model(node: ast.ClassDef) -> bool:
    return any("Model" in ast.dump(base) or "Body" in ast.dump(base) or "Data" in ast.dump(base) for base in node.bases)


@pytest.mark.parametrize(
    ("wanted", "preferred"),
    [
        ("zh-CN", "zh"),
        ("zh", "zh"),
        ("ZH-Hans-CN,zh;q=0.9", "zh"),
        ("zh-TW", "zh"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        ("en;q=0.8, zh-CN;q=0.9", "zh"),
        ("fr, zh;q=0.5", "zh"),
        ("zh;q=0", "en"),
        ("zh;q=0, en;q=0", "en"),
        ("zh-CN,en", "zh"),
        ("en,zh-CN", "en"),
        ("zh;q=much", "en"),
        ("*", "en"),
        ("", "en"),
    ],
)
def test_the_language_that_is_wanted_most_is_spoken(wanted: str, preferred: str) -> None:
    assert preferred_language(wanted) == preferred


@pytest.mark.parametrize("wanted", ["", "*", "fr", "zh;q=0"])
def test_an_unsupported_language_gets_the_default(wanted: str) -> None:
    assert preferred_language(wanted, otherwise=Language.ZH) is Language.ZH


BODIES = [
    {"area": "330203001001", "item": "PE02", "description": "堵了", "phone": "12"},
    {"area": 5, "item": [], "description": "", "phone": None, "channel": "fax", "quantity": 1.5, "more": 1},
    {"wanted_from": "yesterday", "chosen_provider_id": "7", "dispatch": "perhaps", "relay": 7},
    [],
]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_problems_are_in_the_callers_language(world: World, language: str) -> None:
    headers = {"Accept-Language": language}
    answers = [await world.operator.post("/requests", json=body, headers=headers) for body in BODIES]
    answers += [
        await world.operator.post("/requests", content=b"{", headers=headers | {"Content-Type": "application/json"}),
        await world.operator.get("/nowhere", headers=headers),
        await world.operator.delete("/requests", headers=headers),
        await world.operator.get("/requests", params={"limit": 0, "misspelt": 1}, headers=headers),
        await world.operator.get("/requests/00000000-0000-7000-8000-000000000000", headers=headers),
        await world.anonymous.get("/requests", headers=headers),
        await world.operator.get("/audit", headers=headers),
        await world.operator.patch("/citizens/1", json={}, headers=headers),
    ]
    for answer in answers:
        assert answer.is_error
        problem = answer.json()
        for sentence in (problem["title"], *(error["message"] for error in problem.get("errors", ()))):
            assert bool(HAN.search(sentence)) is (language == "zh-CN"), problem
        assert answer.headers["content-language"] == language
        assert "accept-language" in answer.headers["vary"].lower()


def test_everything_that_can_be_missing_has_a_word() -> None:
    named = {
        keyword.value.value
        for file in APP.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NotFound"
        for keyword in node.keywords
        if keyword.arg == "what" and isinstance(keyword.value, ast.Constant)
    }
    assert "request" in named
    assert named <= WORDS[Language.ZH].keys()


async def test_codes_stand_in_a_chinese_sentence_as_words(world: World) -> None:
    headers = {"Accept-Language": "zh-CN"}
    nobody = "00000000-0000-7000-8000-000000000000"
    missing = (await world.operator.get(f"/requests/{nobody}", headers=headers)).json()
    assert missing["title"] == f"没有找到 请求 {nobody}。"
    forbidden = (await world.operator.get("/audit", headers=headers)).json()
    assert "系统管理员" in forbidden["title"]
    assert forbidden["roles"] == ["admin"]


def test_one_code_is_spelled_by_what_it_is_of() -> None:
    offer, delivery = (
        StatusConflict(subject="offer", state=one, expected=[one]).document(Language.ZH)
        for one in (OfferStatus.PENDING, DeliveryStatus.PENDING)
    )
    assert offer["title"] == "该派单当前状态为 待应答，仅在以下状态可以这样做：待应答。"
    assert "待推送" in delivery["title"]
    assert (offer["state"], offer["expected"]) == ("pending", ["pending"])


def test_the_words_are_chinese() -> None:
    words = (
        *WORDS[Language.ZH].values(),
        *(title.zh for title in HTTP.values()),
        *(term.zh for kind in terms() for term in kind),
    )
    assert all(HAN.search(word) for word in words)
    assert not any(HAN.search(term.en) for kind in terms() for term in kind)
