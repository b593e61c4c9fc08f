"""A provider of the small hotline, seen through its own client library, and its work."""

from datetime import UTC, datetime
from uuid import uuid4

from hotline_provider import HotlineClient, Job
from tests.world import SampleProvider, World

ACCEPTED_AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def key_of(firm: SampleProvider) -> str:
    """The key of the firm's software."""
    return str(firm.client.headers["Authorization"]).removeprefix("Bearer ")


def client_of(world: World, firm: SampleProvider, language: str = "zh-CN") -> HotlineClient:
    """The firm's client on the real application."""
    return HotlineClient("http://hotline", key_of(firm), language=language, transport=world.transport)


def job(**facts: object) -> Job:
    """A job as the centre sends it: a blocked drain, just accepted, unless said otherwise."""
    nothing = dict.fromkeys(Job.model_fields)
    usual: dict[str, object] = {
        "id": uuid4(),
        "request_id": uuid4(),
        "offer_id": uuid4(),
        "number": 100001,
        "item_code": "PE02",
        "description": "厨房下水道堵了",
        "township_code": "330203001",
        "quantity": 1,
        "status": "accepted",
        "tier": "paid",
        "price_kind": "quote",
        "accepted_at": ACCEPTED_AT,
    }
    return Job.model_validate(nothing | usual | facts)
