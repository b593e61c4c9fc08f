"""A provider of the small hotline, seen through its own client library."""

from hotline_provider import HotlineClient
from tests.world import SampleProvider, World


def key_of(firm: SampleProvider) -> str:
    """The key of the firm's software."""
    return str(firm.client.headers["Authorization"]).removeprefix("Bearer ")


def client_of(world: World, firm: SampleProvider, language: str = "zh-CN") -> HotlineClient:
    """The firm's client on the real application."""
    return HotlineClient("http://hotline", key_of(firm), language=language, transport=world.transport)
