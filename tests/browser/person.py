"""A person at a screen: signs in, reads, and records everything that the browser reports."""

import os
from pathlib import Path
from typing import Any

from playwright.async_api import ConsoleMessage, Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SETTLED = """
    () => Promise.allSettled(
        document.getAnimations()
            .filter(one => Number.isFinite(one.effect.getComputedTiming().endTime))
            .map(one => one.finished)
    )
"""
EXPECTED = (
    "401",
    "403",
    "409",
    "412",
    "422",
    "429",
    "ERR_INTERNET_DISCONNECTED",
    "ERR_CONNECTION_REFUSED",
    "ERR_FAILED",
)
"""What a browser writes to its console for expected failures: not signed in, refused, no network."""


class Person:
    """A person at a screen. `complaints` are the console's errors and warnings, and uncaught exceptions."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(word in message.text for word in EXPECTED):
            self.complaints.append(message.text)

    async def sign_in(self, username: str, password: str) -> None:
        """Sign in as a member of staff."""
        await self.page.goto("/")
        await self.page.locator("[name=username]").fill(username)
        await self.page.locator("[name=password]").fill(password)
        await self.page.keyboard.press("Enter")
        await self.page.locator(".shell-bar").wait_for()

    async def sign_in_provider(self, key: str) -> None:
        """Sign in as a provider with its key."""
        await self.page.goto("/sign-in?as=provider")
        await self.page.locator("[name=key]").fill(key)
        await self.page.keyboard.press("Enter")
        await self.page.locator(".shell-bar").wait_for()

    async def check_accessibility(self) -> None:
        """Fail if axe finds a violation of WCAG 2.2 AA on the screen, once all transitions have ended."""
        await self.page.get_by_role("main").wait_for()
        await self.page.evaluate(SETTLED)
        found: dict[str, Any] = await self.page.evaluate(
            "tags => axe.run(document, { runOnly: { type: 'tag', values: tags } })", RULES
        )
        broken = [
            f"{violation['id']}: {violation['help']}: {node['html']} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
        assert not broken, "\n".join(broken)

    async def picture(self, name: str) -> None:
        """Save a screenshot for the guides, if PICTURES names a folder for them."""
        if folder := os.environ.get("PICTURES"):
            await self.page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled", caret="hide")
