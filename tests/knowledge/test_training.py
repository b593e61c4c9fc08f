"""Suggestions learn from operators' choices: masked, kept for a while, from several operators, and only for the
better."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app.auth.models import Role
from app.catalog.snapshot import read_snapshot
from app.cli import app
from app.kit.errors import NotFound
from app.knowledge import learned
from app.knowledge.judging import LabelledSentence, SentencesInvalid
from app.knowledge.learned import ModelUnfit
from app.knowledge.model_in_force import MODEL_TOPIC, read_model, unpack
from app.knowledge.models import ItemChoice, SuggestionModel
from app.knowledge.training import (
    LEAST_CHOICES,
    MOST_OF_ITEM_A_DAY,
    TooFewChoices,
    fair,
    go_back,
    read_sentences,
    train,
)
from app.privacy.keeping import keep_to_schedule
from tests.world import DRAIN, World, ok

TOLD = "我叫王建国，住在柳汀街230号3幢402室，电话13957412345，下水道堵了"


async def kept(world: World) -> list[ItemChoice]:
    async with world.context.db.begin() as tx:
        return list((await tx.session.execute(select(ItemChoice).order_by(ItemChoice.id))).scalars())


def choice(number: int, staff: UUID, words: str, item: str = DRAIN, *, world: World) -> ItemChoice:
    at = world.clock.now() - timedelta(days=100 - number // MOST_OF_ITEM_A_DAY)
    return ItemChoice(at=at, staff_id=staff, item_code=item, words=words, suggested=["HK01"])


async def test_choices_are_stored_masked_and_once(world: World) -> None:
    asked = {"words": TOLD, "suggested": ["PE01", DRAIN]}
    await world.create(asked=asked, key="again")
    await world.create(asked=asked, key="again")
    await world.create()
    [row] = await kept(world)
    assert row.words == "我叫***，住在************室，电话***********，下水道堵了"
    assert (row.item_code, row.suggested, row.staff_id) == (DRAIN, ["PE01", DRAIN], world.staff_ids[Role.OPERATOR])


async def test_old_choices_are_deleted(world: World) -> None:
    await world.create(asked={"words": "下水道堵了"})
    world.advance(days=world.context.settings.choices_days - 1)
    await keep_to_schedule(world.context)
    assert len(await kept(world)) == 1
    world.advance(days=2)
    await keep_to_schedule(world.context)
    assert await kept(world) == []


async def test_one_operator_teaches_nothing_alone_and_not_much_a_day(world: World) -> None:
    one, other = world.staff_ids[Role.OPERATOR], world.staff_ids[Role.SUPERVISOR]

    def told(staff: UUID, count: int) -> list[ItemChoice]:
        found = [choice(0, staff, f"下水道堵了第{number}回了怎么办", world=world) for number in range(count)]
        for number, row in enumerate(found):
            row.words += str(staff) + str(number)
        return found

    assert fair(told(one, 200)) == []
    assert len(fair([*told(one, 200), *told(other, 200)])) == 2 * MOST_OF_ITEM_A_DAY
    same = [choice(0, staff, "下水道堵了怎么办呀", world=world) for staff in (one, other)]
    assert fair(same) == []
    with pytest.raises(TooFewChoices):
        await train(world.context.db, world.catalog, world.clock.now(), [], [], keep=True)


@pytest.mark.usefixtures("few_sentences")
async def test_a_better_model_is_used_in_every_process_until_undone(world: World) -> None:
    staff = [world.staff_ids[role] for role in (Role.OPERATOR, Role.SUPERVISOR)]
    async with world.context.db.begin() as tx:
        for number in range(round(LEAST_CHOICES * 1.5)):
            words = f"嗡啵{'甲乙丙丁戊己'[number % 6]}咕咚咕咚{number}"
            tx.session.add(choice(number, staff[number % 2], words, "RE07", world=world))
    catalog, asked = await read_snapshot(world.context.db), {"words": "嗡啵咕咚咕咚的"}
    apart = [LabelledSentence("下水道堵了", {"PE02"}, "", "PE02")]
    learning = partial(train, world.context.db, catalog, world.clock.now(), [], apart)
    assert ("RE07", True) not in await suggested(world, asked)

    assert (await learning(keep=False)).better
    assert await read_model(world.context.db) is learned.shipped()

    async with world.context.pubsub.subscribe(MODEL_TOPIC) as woken:
        done = await learning(keep=True)
        await woken.wait()
    assert (done.recent[0].all.first, done.recent[1].all.first) == (0, done.recent[1].all.covered), done.lines()
    async with asyncio.timeout(20):
        while (await suggested(world, asked))[:1] != [("RE07", True)]:
            await asyncio.sleep(0.01)  # until the new index is built, the previous one answers
    assert not (await learning(keep=True)).better  # compared with itself

    assert await go_back(world.context.db) is False
    assert await read_model(world.context.db) is learned.shipped()
    with pytest.raises(NotFound):
        await go_back(world.context.db)


@pytest.mark.usefixtures("few_sentences")
async def test_a_model_that_is_worse_on_held_out_sentences_is_not_used(world: World) -> None:
    staff = [world.staff_ids[role] for role in (Role.OPERATOR, Role.SUPERVISOR)]
    async with world.context.db.begin() as tx:
        for number in range(LEAST_CHOICES * 3):
            words = f"下水道堵了水漫出来{'甲乙丙丁戊己'[number % 6]}{number}"
            tx.session.add(choice(number, staff[number % 2], words, "RE07", world=world))
    apart = [LabelledSentence("下水道堵了，水漫出来", {"PE02"}, "", "PE02")]
    catalog = await read_snapshot(world.context.db)
    done = await train(world.context.db, catalog, world.clock.now(), [], apart, keep=True)
    assert done.recent[1].all.first > done.recent[0].all.first
    assert not done.better
    assert await read_model(world.context.db) is learned.shipped()


async def suggested(world: World, asked: dict[str, str]) -> list[tuple[str, bool]]:
    answer = await ok(world.operator.post("/catalog/suggestions", json=asked))
    return [(one["code"], one["sure"]) for one in answer["items"]]


@pytest.mark.parametrize("content", [b"", b"damaged"])
async def test_a_damaged_model_is_logged_and_not_used(
    world: World, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    model = SuggestionModel(
        id=UUID(int=1), at=world.clock.now(), in_force=True, before_id=None, content=content, figures={}
    )
    async with world.context.db.begin() as tx:
        tx.session.add(model)
    assert await read_model(world.context.db) is learned.shipped()
    assert "hotline train" in caplog.text
    with pytest.raises(ModelUnfit):
        unpack(content)


@pytest.mark.parametrize(("line", "words"), [("XX99\t堵了", ":1: no item XX99"), ("PE02", ":1: expected a code")])
async def test_invalid_sentences_are_reported(world: World, tmp_path: Path, line: str, words: str) -> None:
    (tmp_path / "more.tsv").write_text(line, encoding="utf-8")
    with pytest.raises(SentencesInvalid, match=words):
        read_sentences(tmp_path / "more.tsv", world.catalog)


@pytest.fixture
def hotline(database_url: str, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Return a function that runs a command on the test's database and returns its exit code and output.

    The given lines become the file `{file}`.
    """
    environment = {"DATABASE_URL": database_url, "DATABASE_DIRECT_URL": database_url, "HOTLINE_DATA_DIR": str(tmp_path)}

    def call(words: str, lines: str = "") -> tuple[int, str]:
        (tmp_path / "file.tsv").write_text(lines, encoding="utf-8")
        command = words.format(file=tmp_path / "file.tsv").split()
        result = CliRunner().invoke(app, command, env=environment, catch_exceptions=False)
        return result.exit_code, result.output

    return call


@pytest.mark.parametrize(
    ("command", "lines", "said"),
    [
        ("evaluate {file}", "a sentence alone", "a sentence, a tab and its items"),
        ("evaluate {file}", "堵了\tXX99\telder", "no item XX99"),
        ("evaluate no-such-file.tsv", "", "no-such-file.tsv"),
        ("train --back", "", "learned model"),
        ("train --file {file}", "XX99\t堵了", "no item XX99"),
        ("train", "", "choices that count"),
    ],
)
def test_wrong_commands_are_explained(
    hotline: Callable[..., tuple[int, str]], command: str, lines: str, said: str
) -> None:
    code, output = hotline(command, lines)
    assert (code, said in output) == (1, True), output


def test_the_evaluation_takes_a_file(hotline: Callable[..., tuple[int, str]]) -> None:
    lines = (
        "下水道堵了\tPE02|PE01\telder\tPE02\tPE02\n"
        "喂，打错了\tnone\ttypo\tnone\tnone\n"
        "嗡啵咕咚\tAP09\ttypo\tAP09\tnone\n"
    )
    code, output = hotline("evaluate {file}", lines)
    assert code == 0, output
    assert "all: first 50.0%, among three 50.0% of 2; offered for nothing 0.0% of 1" in output
    assert "labeller 1 and labeller 2: first choice 66.7%" in output
    assert "嗡啵咕咚: AP09, offered " in output
