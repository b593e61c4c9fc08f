"""Which addresses webhooks may reach, and what a certificate must say."""

import ipaddress
from pathlib import Path

import pytest
import trustme

from app.settings import Settings
from app.webhooks.addresses import is_public
from app.webhooks.models import Failure
from app.webhooks.outbound import open_outbound
from tests.webhooks.receivers import stranger


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("127.0.0.1", "loopback"),
        ("0.0.0.0", "this host"),
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("192.168.1.1", "private"),
        ("169.254.169.254", "cloud metadata"),
        ("100.100.100.200", "cloud metadata in the carriers' space"),
        ("198.18.0.1", "benchmarks"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.250", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::1", "loopback"),
        ("::", "unspecified"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local with a zone"),
        ("fd00:ec2::254", "cloud metadata"),
        ("ff02::1", "multicast"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::ffff:93.184.215.14", "IPv4-mapped, though public"),
        ("::127.0.0.1", "IPv4-compatible"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("2002:7f00:1::", "6to4"),
        ("2001:0:53aa:64c:0:7f:807f:fffe", "Teredo"),
        ("2001:db8::1", "documentation"),
    ],
)
def test_private_addresses_are_refused(address: str, what: str) -> None:
    assert not is_public(ipaddress.ip_address(address)), what


@pytest.mark.parametrize("address", ["93.184.215.14", "114.114.114.114", "2606:2800:21f:cb07::1", "2400:3200::1"])
def test_public_addresses_are_reached(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


async def test_plain_http_goes_only_where_a_setting_allows(settings: Settings) -> None:
    async with stranger() as receiver, open_outbound(settings) as outbound:
        assert (await outbound.post(receiver.url, {}, b"{}")).status == 204
    settings.webhook_networks = [ipaddress.ip_network("10.0.0.0/8")]
    async with stranger() as receiver, open_outbound(settings) as outbound:
        assert (await outbound.post(receiver.url, {}, b"{}")).failure == Failure.REFUSED_ADDRESS
        assert receiver.connections == 0


@pytest.mark.parametrize(("name", "status"), [("localhost", 204), ("elsewhere.example", None)])
async def test_the_certificate_is_checked_against_the_urls_name(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, status: int | None
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    async with stranger(authority.issue_cert(name)) as receiver, open_outbound(settings) as outbound:
        sent = await outbound.post(f"https://localhost:{receiver.port}/events", {}, b"{}")
    assert sent.status == status
    if status is None:
        assert sent.failure == Failure.UNREACHABLE
        assert b"certificate" in sent.body
