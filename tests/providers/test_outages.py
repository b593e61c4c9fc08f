"""The client on a bad connection: a scripted network, because the real application cannot be made to fail this way."""

import httpx
import pytest

from hotline_provider import HotlineClient, Journal, Problem, Unreachable


class Line:
    """Gives the answers one after the other, repeats the last one, and records the calls."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = answers
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, patience: float = 30.0, journal: Journal | None = None) -> HotlineClient:
        """Return a client on this connection."""
        line = httpx.MockTransport(self)
        return HotlineClient("http://hotline", "key", patience=patience, journal=journal, transport=line)


def busy(status: int = 503, retry_after: str = "0") -> httpx.Response:
    """Return the answer of a server that is restarting."""
    return httpx.Response(status, headers={"Retry-After": retry_after}, json={"code": "busy", "title": "请稍后再试"})


@pytest.mark.parametrize(
    "failure",
    [
        busy(),
        busy(429),
        httpx.Response(502, text="<h1>Bad Gateway</h1>"),
        httpx.Response(504),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("no answer"),
        httpx.RemoteProtocolError("closed without an answer"),
    ],
    ids=lambda failure: str(getattr(failure, "status_code", failure)),
)
async def test_a_failure_that_may_pass_is_tried_again(failure: httpx.Response | Exception) -> None:
    line = Line(failure, httpx.Response(200, json=[]))
    async with line.client() as hotline:
        assert await hotline.jobs() == []
    assert len(line.asked) == 2


async def test_a_refusal_is_not_tried_again() -> None:
    line = Line(httpx.Response(409, json={"code": "offer_withdrawn", "title": "该派单已撤回"}))
    async with line.client() as hotline:
        with pytest.raises(Problem, match="该派单已撤回"):
            await hotline.accept("0190")
    assert len(line.asked) == 1


async def test_patience_ends_before_a_pause_that_is_longer() -> None:
    line = Line(busy(retry_after="600"))
    async with line.client(patience=60) as hotline:
        with pytest.raises(Problem) as busy_centre:
            await hotline.jobs()
    assert busy_centre.value.status == 503
    assert len(line.asked) == 1


async def test_without_any_answer_the_centre_is_unreachable() -> None:
    async with Line(httpx.ConnectError("refused")).client(patience=0) as hotline:
        with pytest.raises(Unreachable, match="refused"):
            await hotline.start("0190")


async def test_a_page_that_is_no_problem_document_is_a_problem_too() -> None:
    async with Line(httpx.Response(404, text="<h1>Not Found</h1>")).client() as hotline:
        with pytest.raises(Problem, match="Not Found") as wrong_address:
            await hotline.own()
    assert wrong_address.value.code == "http_404"


async def test_watching_asks_with_the_last_etag_and_is_silent_while_nothing_changes() -> None:
    line = Line(
        httpx.Response(200, headers={"ETag": '"a"'}, json=[]),
        httpx.Response(304, headers={"ETag": '"a"'}),
        busy(),
        httpx.Response(200, headers={"ETag": '"b"'}, json=[]),
    )
    async with line.client(patience=0) as hotline:
        watching = hotline.watch_offers(wait=20)
        await anext(watching)
        await anext(watching)
    asked = [(one.headers.get("Prefer"), one.headers.get("If-None-Match")) for one in line.asked]
    assert asked == [(None, None), ("wait=20", '"a"'), ("wait=20", '"a"'), ("wait=20", '"a"')]
