"""Helpers for article tests: write articles and put them in force."""

from typing import Any

from tests.world import World, ok

LOST_CARD: dict[str, Any] = {
    "slug": "lost-id-card",
    "items": ["GV02"],
    "title": {"zh": "身份证丢了怎么补办", "en": "Replacing a lost identity card"},
    "answer": {
        "zh": "本人到任意一个派出所户籍窗口补领，带户口簿，按指纹、拍照，二十天左右可取。",
        "en": "Go to any police station in person with your household register; it takes about twenty days.",
    },
    "steps": [{"zh": "先挂失", "en": "Report the loss"}, {"zh": "再补领", "en": "Then apply"}],
    "papers": [{"zh": "户口簿", "en": "Household register"}],
    "fees": {"zh": "工本费 40 元", "en": "40 yuan"},
    "phones": [{"number": "12345", "for": {"zh": "问派出所地址", "en": "For the address"}}],
    "words": ["身份证不见了", "id card lost"],
    "source": {"zh": "《居民身份证法》", "en": "Law on Identity Cards"},
}


def article(**facts: Any) -> dict[str, Any]:
    """Return the body of an article like LOST_CARD with these changes."""
    return LOST_CARD | facts


def noise_article(**facts: Any) -> dict[str, Any]:
    """Return the body of another article, about another item."""
    about = {
        "slug": "noise-complaint",
        "items": ["GV09"],
        "title": {"zh": "噪声扰民怎么投诉", "en": "Complaining about noise"},
        "answer": {"zh": "夜间施工噪声打 12345，邻居吵闹先找社区调解。", "en": "Ring 12345 about noise at night."},
        "steps": [], "papers": [], "fees": None, "phones": [], "words": ["太吵了"], "source": None,
    }  # fmt: skip
    return article(**about | facts)


async def put_in_force(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Write the article and have it approved. Return it."""
    await ok(world.registrar.post("/knowledge/articles", json=body))
    return await approve(world, body["slug"], 1)


async def approve(world: World, slug: str, number: int) -> dict[str, Any]:
    """Have a supervisor approve the version. Return the article."""
    approved: dict[str, Any] = await ok(world.supervisor.put(f"/knowledge/articles/{slug}/versions/{number}/approval"))
    return approved


async def write_version(world: World, slug: str, number: int, **facts: Any) -> dict[str, Any]:
    """Write the version after this one, like LOST_CARD with changes."""
    body = {name: value for name, value in article(**facts).items() if name != "slug"}
    headers = {"If-Match": f'"{number}"'}
    written: dict[str, Any] = await ok(
        world.registrar.put(f"/knowledge/articles/{slug}/draft", json=body, headers=headers)
    )
    return written


async def find(world: World, words: str = "", **facts: Any) -> list[dict[str, Any]]:
    """Return what an operator finds."""
    answer = await ok(world.operator.post("/knowledge/searches", json={"words": words, **facts}))
    found: list[dict[str, Any]] = answer["items"]
    return found


async def slugs(world: World, words: str = "", **facts: Any) -> list[str]:
    """Return the slugs of what an operator finds."""
    return [one["slug"] for one in await find(world, words, **facts)]
