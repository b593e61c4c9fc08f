"""Decides who may read the metrics, based on the settings."""

from hmac import compare_digest
from ipaddress import ip_address

from fastapi import Request

from app.kit.web import context_of
from app.monitoring.errors import MonitoringRefused

BY_PROXY = {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
"""Headers that proxies add. Behind a proxy on this machine, every call seems to come from here."""


async def monitor(request: Request) -> None:
    """Admit callers that send the token, or that come from one of the networks without a proxy in between.

    Raises MonitoringRefused.
    """
    settings, headers = context_of(request).settings, request.headers
    scheme, _, sent = headers.get("authorization", "").partition(" ")
    token = settings.metrics_token.get_secret_value()
    if token and scheme.lower() == "bearer" and compare_digest(sent.encode(), token.encode()):
        return
    if request.client is None or BY_PROXY & set(headers.keys()):
        raise MonitoringRefused
    address = ip_address(request.client.host)
    if not any(address in network for network in settings.metrics_networks):
        raise MonitoringRefused
