"""Articles as CSV and Markdown: a round trip changes nothing, and a single fault rejects the whole file."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.snapshot import Snapshot
from app.kit.db import Database
from app.kit.spreadsheet import BOM
from app.knowledge.files import Format, article_of, cells_of, read, write
from app.knowledge.load import load_articles, read_articles
from app.knowledge.queries import list_newest
from app.knowledge.routes import IMPORT_LIMIT
from app.knowledge.schemas import ArticleIn
from tests.conftest import MORNING
from tests.knowledge.articles import LOST_CARD, approve, article, noise_article, put_in_force, slugs, write_version
from tests.world import CHENGLANG, World, act_at, ok

TYPES = {"content-type": "application/octet-stream"}


def round_trip(body: ArticleIn, form: Format) -> ArticleIn:
    content = write(form, [cells_of(body)]).encode()
    [written] = read(content, form)
    return ArticleIn.model_validate(article_of(written.cells))


@pytest.mark.parametrize("form", Format)
def test_every_sample_comes_back_as_it_was(form: Format) -> None:
    bodies = list(read_articles())
    content = write(form, map(cells_of, bodies)).encode()
    assert [ArticleIn.model_validate(article_of(one.cells)) for one in read(content, None)] == bodies


@pytest.mark.parametrize("form", Format)
def test_twenty_thousand_articles_like_the_samples_can_be_taken_in(form: Format) -> None:
    bodies = list(read_articles())
    size = len(write(form, map(cells_of, bodies)).encode())
    assert size / len(bodies) * 20_000 <= IMPORT_LIMIT


plain = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30).filter(str.strip)


@given(answer=plain, step=plain, word=plain, place=plain, purpose=plain, form=st.sampled_from(Format))
def test_any_article_survives_export_and_import(
    answer: str, step: str, word: str, place: str, purpose: str, form: Format
) -> None:
    facts: dict[str, Any] = {
        "answer": {"zh": f"{answer}\r\n{answer}\r---\n# {answer}"},
        "steps": [{"zh": f"第{step}"}, {"zh": "二", "en": f"b{step}"}, {"zh": f"三{step}"}],
        "words": [f"w{word}"],
        "phones": [{"number": "12345", "for": {"zh": f"问{purpose}"}}, {"number": "057487654321"}],
        "places": [{"name": {"zh": f"街{place}", "en": "a"}, "address": {"zh": "路 | 号"}}, {"name": {"zh": place}}],
    }
    body = ArticleIn.model_validate(article(**facts))
    assert round_trip(body, form) == body


HARD_WORDS = [*(f"第{n}句：身份证，丢了;怎么办？" for n in range(196)), 'say "lost"', "a | b", "- c", "# d"]


@pytest.mark.parametrize("form", Format)
def test_sentences_with_markup_characters_survive_export_and_import(form: Format) -> None:
    body = ArticleIn.model_validate(article(words=HARD_WORDS))
    assert round_trip(body, form) == body


def saved_by_excel(content: str, delimiter: str = ",", end: str = "\r\n", encoding: str = "utf-8-sig") -> bytes:
    """Return the file as a spreadsheet saves it: every row of the used range, as wide as the widest."""
    rows = list(csv.reader(io.StringIO(content.removeprefix(BOM), newline="")))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([[*row, "", ""] for row in [[""] * len(rows[0]), *rows, [""] * len(rows[0])]])
    return text.getvalue().encode(encoding)


@pytest.mark.parametrize(
    "saved",
    [{}, {"delimiter": ";"}, {"delimiter": "\t", "encoding": "utf-16"}, {"encoding": "gb18030"}, {"end": "\r"}],
)
async def test_a_file_that_a_spreadsheet_saved_changes_nothing(world: World, saved: dict[str, str]) -> None:
    await put_in_force(world, article(words=HARD_WORDS, areas=[CHENGLANG], phones=[{"number": "057487654321"}]))
    exported = (await world.registrar.get("/knowledge/export")).text
    assert (await ok(send(world, saved_by_excel(exported, **saved))))["unchanged"] == 1


def test_a_code_that_a_spreadsheet_takes_for_a_number_is_written_as_text() -> None:
    body = ArticleIn.model_validate(article(areas=["330203001001"], phones=[{"number": "057487654321"}]))
    content = write(Format.CSV, [cells_of(body)])
    assert "'330203001001" in content
    assert "'057487654321" in content
    assert round_trip(body, Format.CSV) == body


def test_codes_in_markdown_stay_text_and_chinese_separators_are_read() -> None:
    text = "---\nslug: a\nitems: [GV01]\nphones:\n- 057412345\n- 12345｜问地址\nwords: [12:30, no]\n---\n# 题\n答"
    [written] = read(text.encode(), None)
    body = ArticleIn.model_validate(article_of(written.cells))
    assert [phone.number for phone in body.phones] == ["057412345", "12345"]
    assert body.words == ["12:30", "no"]
    assert article_of({"items": "GV01、GV02；GV03"})["items"] == ["GV01", "GV02", "GV03"]


async def test_an_export_imported_again_leaves_the_drafts_that_wait(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    exported = (await world.registrar.get("/knowledge/export")).content
    await write_version(world, "lost-id-card", 1, answer={"zh": "现在网上也可以补办。"})
    assert (await ok(send(world, exported)))["unchanged"] == 1
    [draft] = (await ok(world.supervisor.get("/knowledge/articles", params={"status": "draft"})))["items"]
    assert draft["number"] == 2


async def send(world: World, content: bytes, **query: Any) -> Any:
    return await world.registrar.post("/knowledge/import", content=content, headers=TYPES, params=query)


@pytest.mark.parametrize("form", Format)
async def test_an_export_imported_again_changes_nothing(world: World, form: Format) -> None:
    await put_in_force(world, LOST_CARD)
    await put_in_force(world, noise_article(areas=[CHENGLANG], valid_to="2027-12-31"))
    exported = (await world.registrar.get("/knowledge/export", params={"format": form})).content
    done = await ok(send(world, exported))
    assert (done["read"], done["unchanged"]) == (2, 2)


async def test_an_import_writes_drafts_for_what_is_new_or_says_something_else(world: World) -> None:
    await put_in_force(world, LOST_CARD)
    bodies = [ArticleIn.model_validate(one) for one in (article(fees={"zh": "免费"}), noise_article())]
    content = write(Format.CSV, map(cells_of, bodies)).encode("gb18030")
    assert (await ok(send(world, content, dry_run=True)))["added"] == 1
    assert (await ok(world.registrar.get("/knowledge/articles", params={"status": "draft"})))["items"] == []
    done = await ok(send(world, content))
    assert (done["added"], done["changed"], done["slugs"]) == (1, 1, ["noise-complaint", "lost-id-card"])
    assert await slugs(world, "噪声扰民") == []
    await approve(world, "noise-complaint", 1)
    assert await slugs(world, "噪声扰民") == ["noise-complaint"]
    again = await ok(send(world, content))
    assert again["unchanged"] == 2


async def test_every_fault_is_named_and_nothing_is_taken(world: World) -> None:
    rows = [
        "slug,items,title_zh,answer_zh,steps_zh,steps_en,phones,valid_from,valid_to",
        "good,GV01,好的,可以,,,,,",
        "Bad Slug,GV01,标题,答复,,,,,",
        "no-item,XX99,标题,答复,,,,,",
        "no-answer,GV01,标题,,,,,,",
        'steps,GV01,标题,答复,"一\n二",one,,,',
        "phone,GV01,标题,答复,,,请打电话,,",
        "days,GV01,标题,答复,,,,2027-01-02,2027年1月1日",
        "day,GV01,标题,答复,,,,someday,",
        "good,GV01,又一个,可以,,,,,",
        f"long,GV01,标题,{'长' * 1001},,,,,",
        f"title,GV01,{'长' * 101},答复,,,,,",
        "wide,GV01,标题,答复,,,,,,1,2",
        'many,XX98 GV01,标题,,"一\n二",one,请打电话,someday,',
    ]
    answer = await send(world, "\n".join(rows).encode())
    assert answer.status_code == 422
    found = [(one["row"], one["field"], one["code"]) for one in answer.json()["errors"]]
    assert found == [
        (3, "slug", "slug"),
        (4, "items", "item_unknown"),
        (5, "answer_zh", "missing"),
        (6, "steps_en", "lines"),
        (7, "phones", "phone"),
        (8, "valid_to", "validity"),
        (9, "valid_from", "date"),
        (10, "slug", "twice"),
        (11, "answer_zh", "too_long"),
        (12, "title_zh", "too_long"),
        (13, "", "cells_beyond"),
        (14, "steps_en", "lines"),
        (14, "items", "item_unknown"),
        (14, "answer_zh", "missing"),
        (14, "phones", "phone"),
        (14, "valid_from", "date"),
    ]
    assert all(one["zh"] and one["en"] for one in answer.json()["errors"])
    assert (await ok(world.registrar.get("/knowledge/articles")))["items"] == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\xff\xff\xff", "encoding"),
        (b"slug,items\na,GV01", "column_missing"),
        (b"slug,colour\n", "column_unknown"),
        (b"slug,items,title_zh,answer_zh\n", "file_empty"),
        ("---\nslug: [\n---\n# 标题".encode(), "front_unreadable"),
        ("---\nslug: a\ncolour: red\n---\n# 标题".encode(), "column_unknown"),
        ("---\nslug: a\n# 标题".encode(), "front"),
        ("---\nslug: a\nitems: [GV01]\n---\n# 一\n答\n# two\nanswer\n# 三".encode(), "third_title"),
        ("---\nslug: a\nitems: [GV01]\n---\n# 一\n答\n## 颜色\n红".encode(), "part_unknown"),
        ("---\nslug: a\nitems: [GV01]\n---\n多余\n# 一".encode(), "before_title"),
        (b'slug,items,title_zh,answer_zh\n"a', "file_unreadable"),
        (b"PK\x03\x04\x14\x00\x06\x00", "workbook"),
        ("slug,items,areas,title_zh,answer_zh\na,GV01,3.30203E+11,标题,答复".encode(), "number_form"),
        (f"slug,items,title_zh,answer_zh\na,GV01,标题,{'长' * 300_000}".encode(), "file_unreadable"),
        ("---\nslug: a\nitems: [GV01]\nwords: &w [[a], [b]]\nphones: *w\n---\n# 标题".encode(), "front_nested"),
    ],
)
async def test_an_unreadable_file_is_refused_with_the_reason(world: World, content: bytes, code: str) -> None:
    answer = await send(world, content)
    assert answer.status_code == 422, answer.text
    assert [one["code"] for one in answer.json()["errors"]] == [code]


async def test_a_text_that_looks_like_a_formula_is_harmless_in_a_spreadsheet(world: World) -> None:
    await put_in_force(world, article(answer={"zh": "=HYPERLINK(1)"}))
    exported = (await world.registrar.get("/knowledge/export")).text
    assert "'=HYPERLINK(1)" in exported
    assert (await ok(send(world, exported.encode())))["unchanged"] == 1


async def test_the_samples_load_once_and_leave_alone_what_the_centre_wrote(db: Database, catalog: Snapshot) -> None:
    async with db.begin() as tx:
        assert await load_articles(act_at(MORNING), tx, catalog) >= 150
    async with db.begin() as tx:
        known = await list_newest(tx)
        kept, version = known["lost-id-card"]
        _, other_version = known["residence-permit"]
        assert kept.sample
        kept.sample = False
        for changed in (version, other_version):
            changed.content = changed.content | {"answer": {"zh": "旧"}}
        await tx.flush()
        assert await load_articles(act_at(MORNING), tx, catalog) == 1
        assert await load_articles(act_at(MORNING), tx, catalog) == 0
        known = await list_newest(tx)
        assert (known["lost-id-card"][1].number, known["residence-permit"][1].number) == (1, 2)


def test_the_samples_answer_every_item_that_is_asked_about(catalog: Snapshot) -> None:
    covered = {item for body in read_articles() for item in body.items}
    assert covered == set(catalog.items)
