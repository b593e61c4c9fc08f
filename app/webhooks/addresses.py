"""Which addresses webhooks may reach."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

import httpx

from app.settings import Settings
from app.webhooks.errors import WebhookAddressRefused, WebhookUrlInvalid

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOK_UP_SECONDS = 3.0
LOOK_UPS = ThreadPoolExecutor(8, "resolve")
"""Separate threads, so that a slow name server doesn't hold up password hashing or file work."""
_HOST = re.compile(r"[a-z0-9._:-]+")
_UNICAST = ipaddress.IPv6Network("2000::/3")
_6TO4 = ipaddress.IPv6Network("2002::/16")


def is_public(address: Address) -> bool:
    """Return whether the address belongs to the public internet.

    For IPv6 that means ordinary unicast. An IPv4 address wrapped in IPv6 (mapped, NAT64, 6to4, Teredo) is refused.
    """
    if isinstance(address, ipaddress.IPv6Address) and (address not in _UNICAST or address in _6TO4):
        return False
    return address.is_global and not address.is_multicast


def may_reach(address: Address, networks: Sequence[Network], *, plain: bool) -> bool:
    """Return whether webhooks may reach the address. Plain http reaches only the deployment's own `networks`."""
    return any(address in network for network in networks) or (not plain and is_public(address))


def networks_of(settings: Settings, *, of_provider: bool) -> Sequence[Network]:
    """Return the deployment's own networks that webhooks of a provider, or of the centre's systems, may reach."""
    return settings.provider_webhook_networks if of_provider else settings.webhook_networks


async def resolve(host: str, threads: Executor = LOOK_UPS) -> list[Address]:
    """Return the addresses of the host, which may itself be an address. Raises OSError or UnicodeError."""
    look_up = partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(threads, look_up)
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


async def check_url(text: str, networks: Sequence[Network]) -> str:
    """Return the URL in normal form. A name that does not resolve yet passes, as every connection is checked again.

    Raises WebhookUrlInvalid or WebhookAddressRefused.
    """
    try:
        url = httpx.URL(text)
        host = url.raw_host.decode()
    except (httpx.InvalidURL, UnicodeError):
        raise WebhookUrlInvalid(url=text) from None
    plain = url.scheme == "http" and bool(networks)
    right_port = url.port is None or 0 < url.port < 65_536
    if (
        not (plain or url.scheme == "https")
        or url.userinfo
        or url.fragment
        or not (right_port and _HOST.fullmatch(host))
    ):
        raise WebhookUrlInvalid(url=text)
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            addresses = await resolve(host)
    except (OSError, UnicodeError):  # TimeoutError is an OSError
        addresses = []
    if not all(may_reach(address, networks, plain=plain) for address in addresses):
        raise WebhookAddressRefused(host=host)
    return str(url)
