"""Articles as CSV and Markdown: out and in again changes nothing; a fault in any keeps all out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.snapshot import Snapshot
from app.kit.db import Database
from app.knowledge.files import Format, article_of, cells_of, read, write
from app.knowledge.load import load_articles, read_articles
from app.knowledge.queries import list_newest
from app.knowledge.schemas import ArticleIn
from tests.conftest import NOON
from tests.knowledge.articles import LOST_CARD, approve, article, noise_article, put_in_force, slugs
from tests.world import CHENGLANG, World, ok

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


plain = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30).filter(str.strip)


@given(answer=plain, step=plain, word=plain, place=plain, form=st.sampled_from(Format))
def test_whatever_is_written_comes_back(answer: str, step: str, word: str, place: str, form: Format) -> None:
    facts: dict[str, Any] = {
        "answer": {"zh": answer},
        "steps": [{"zh": f"第{step}"}],
        "words": [f"w{word}"],
        "places": [{"name": {"zh": f"街{place}"}, "address": {"zh": "路 | 号"}}],
    }
    body = ArticleIn.model_validate(article(**facts))
    assert round_trip(body, form) == body


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
    ],
)
async def test_a_file_that_is_none_says_why(world: World, content: bytes, code: str) -> None:
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
        assert await load_articles(tx, catalog, NOON.date(), NOON) >= 150
    async with db.begin() as tx:
        known = await list_newest(tx)
        kept, version = known["lost-id-card"]
        _, other_version = known["residence-permit"]
        assert kept.sample
        kept.sample = False
        for changed in (version, other_version):
            changed.content = changed.content | {"answer": {"zh": "旧"}}
        await tx.flush()
        assert await load_articles(tx, catalog, NOON.date(), NOON) == 1
        assert await load_articles(tx, catalog, NOON.date(), NOON) == 0
        known = await list_newest(tx)
        assert (known["lost-id-card"][1].number, known["residence-permit"][1].number) == (1, 2)


def test_the_samples_answer_every_item_that_is_asked_about(catalog: Snapshot) -> None:
    covered = {item for body in read_articles() for item in body.items}
    assert covered == set(catalog.items)
