"""A provider without a key reads its statement by a link that expires, can be revoked, and is audited."""

from typing import Any

import pytest
from httpx import Response

from app.registry.models import ReachedBy
from app.statement.links import MOST_VIEWS
from tests.aftercare.calls import complete
from tests.world import DRAIN, SampleProvider, World, ok, refused


async def link_to(world: World, provider: SampleProvider, **facts: Any) -> dict[str, Any]:
    """Create a link to the November statement as an operator."""
    body = {"month": "2026-11"} | facts
    return dict(await ok(world.operator.post(f"/providers/{provider.id}/statement-links", json=body)))


async def opened(world: World, link: dict[str, Any], **params: str) -> Response:
    """Return what anybody with the link sees."""
    return await world.anonymous.get(str(link["path"]).removeprefix("/api/v1"), params=params)


async def test_the_link_needs_no_sign_in_and_leaves_a_trace(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    await complete(world, provider)
    link = await link_to(world, provider)
    page = await opened(world, link)
    assert "80.00" in page.text
    assert provider.name in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "Completed jobs" in (await opened(world, link, lang="en")).text
    [listed] = (await ok(world.operator.get(f"/providers/{provider.id}/statement-links")))["items"]
    assert (listed["views"], listed["id"]) == (2, link["id"])
    audit = (await ok(world.admin.get("/audit", params={"subject": f"provider:{provider.id}"})))["items"]
    actions = [entry["action"] for entry in audit]
    assert actions[:3] == ["statement.link_opened", "statement.link_opened", "statement.link_made"]
    token = str(link["path"]).rpartition("/")[2]
    assert token not in str(audit)
    assert page.headers["referrer-policy"] == "no-referrer"
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not [record for record in ours if token in record.getMessage() + str(record.__dict__)]


async def test_a_link_expires_and_can_be_revoked(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    expiring, revoked = await link_to(world, provider, days=1), await link_to(world, provider)
    url = f"/providers/{provider.id}/statement-links/{revoked['id']}"
    for _ in range(2):
        assert (await world.registrar.delete(url)).status_code == 204
    await refused(opened(world, revoked), 404, "link_invalid")
    world.advance(hours=23)
    assert (await opened(world, expiring)).status_code == 200
    world.advance(hours=1)
    await refused(opened(world, expiring), 404, "link_invalid")
    await refused(world.anonymous.get("/statements/guessed"), 404, "link_invalid")


async def test_a_link_can_be_opened_a_limited_number_of_times(world: World) -> None:
    provider = await world.add_provider(DRAIN)
    link = await link_to(world, provider)
    for _ in range(MOST_VIEWS):
        assert (await opened(world, link)).status_code == 200
    problem = await opened(world, link)
    assert (problem.status_code, problem.headers["retry-after"]) == (429, "3600")
    world.advance(hours=1)
    assert (await opened(world, link)).status_code == 200


async def test_only_the_centre_makes_links_and_only_to_its_providers(world: World) -> None:
    provider, other = await world.add_provider(DRAIN), await world.add_provider()
    body = {"month": "2026-11"}
    await refused(provider.client.post(f"/providers/{provider.id}/statement-links", json=body), 403, "not_allowed")
    nobody = "00000000-0000-7000-8000-000000000000"
    await refused(world.operator.post(f"/providers/{nobody}/statement-links", json=body), 404, "not_found")
    for wrong in ({"month": "2026-13"}, {"month": "2026-11", "days": 91}, {"month": "2026-11", "days": 0}):
        await refused(
            world.operator.post(f"/providers/{provider.id}/statement-links", json=wrong), 422, "invalid_input"
        )
    link = await link_to(world, provider)
    theirs = f"/providers/{other.id}/statement-links/{link['id']}"
    await refused(world.registrar.delete(theirs), 404, "not_found")
