"""The document's description of the API as a whole."""

from typing import Any

ABOUT = """
The service behind a citizen-help hotline. A citizen dials one number for anything. An operator answers on the spot,
relays the caller to another line, or dispatches a franchised provider.

**Signing in.** Staff get a token from `POST /api/v1/sessions`. A provider uses the key that a registrar issued to it.
Send either as `Authorization: Bearer …`. A page in a browser gets a cookie instead (`POST /api/v1/sessions/browser`).
Every operation names the roles that may call it.

**Values.** Times are RFC 3339 with a time zone. Money is in integer fen (1 yuan = 100 fen). Points are WGS-84 degrees.
Ids are UUIDv7; a request also has a short `number`. The catalogue defines the codes of items, areas and groups. In a
request body, each value must have its declared JSON type (`"1"` and `true` are not numbers). Unknown fields and unknown
query parameters are refused, so a misspelt name never passes unnoticed.

**Errors** are problem documents (RFC 9457) with a stable `code`, in Chinese or English according to `Accept-Language`.
Each operation lists its own. Any address can also answer `http_404` or `http_405` when there is no such address or
method, and `unknown_parameter` when a query parameter is unknown. Every answer has an `X-Request-Id`, which
identifies its traces in the centre's logs. If you send a UUID in this header, it is used.

**Repeating a call.** With an `Idempotency-Key`, creating anything and every step of an operator are safe to repeat for
24 hours: a repeated call gets the first answer again. Without one, a repeated change of state returns the current
state, or 409 `status_conflict` with the current state. Nothing happens twice.

**Lists** come in pages: to continue, pass `next` as `cursor` (`Link` has the whole address). Editing a document
requires `If-Match` with the ETag of the version you read.

**News.** `GET /api/v1/live` streams what happens as server-sent events; webhooks send it to an address of yours. A
provider can poll its queue with `Prefer: wait=30`, which answers as soon as the queue changes.
"""

CONTACT = {"name": "The hotline maintainers"}
LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
SERVERS = [{"url": "/", "description": "The server that served this document."}]
TAGS: list[dict[str, Any]] = [
    {"name": "sign-in", "description": "Sessions of staff and providers, and the audit log."},
    {
        "name": "requests",
        "description": "Requests for help, from the call to closing, and the operator's desk.",
    },
    {
        "name": "citizens",
        "description": "People who call: name, address, priority groups, and providers they do not want again.",
    },
    {
        "name": "personal data",
        "description": "What a citizen may ask for: a copy of all that is kept, and to be erased.",
    },
    {"name": "calls", "description": "Every incoming call, from the ring to its outcome."},
    {
        "name": "dangers",
        "description": "What an operator says, and which line they connect, when a caller reports a danger.",
    },
    {"name": "knowledge", "description": "Articles and canned texts for answers on the spot."},
    {"name": "catalogue", "description": "Categories, service items, entitlements, areas and places."},
    {"name": "calendar", "description": "Working days and public holidays."},
    {"name": "dispatch", "description": "Sending requests to providers, and withdrawing them."},
    {
        "name": "matching",
        "description": "Which providers can come, in what order, and why others cannot; the dispatch policies.",
    },
    {
        "name": "surges",
        "description": "Times when demand exceeds what providers can take, and the work deferred then.",
    },
    {
        "name": "offers and jobs",
        "description": "Offers and jobs, managed by staff for providers on the phone.",
    },
    {"name": "provider's queue", "description": "A provider's own offers and jobs, for its software."},
    {
        "name": "supervision",
        "description": "The supervisor's queue: overdue and unmatched work, extensions, returns.",
    },
    {"name": "complaints", "description": "What citizens say after their first call, and complaints as cases."},
    {
        "name": "aftercare",
        "description": "Calling citizens back about completed work and decided complaints.",
    },
    {"name": "applications", "description": "Applications of providers to join, and the registrar's decision."},
    {
        "name": "registry",
        "description": "Providers: licences, prices, coverage, hours, keys, standing, monthly returns.",
    },
    {
        "name": "credit",
        "description": "The ledger of credit points that providers lose and gain, with replies and appeals.",
    },
    {
        "name": "statement",
        "description": "A provider's monthly statement of its own work: figures, amounts, decisions.",
    },
    {"name": "metrics", "description": "Volumes, fulfilment and turnover, always with the denominator."},
    {"name": "webhooks", "description": "Events sent to an address of yours, signed according to Standard Webhooks."},
    {"name": "live", "description": "What happens, as server-sent events."},
    {"name": "staff", "description": "Staff accounts, roles, passwords and second factors."},
    {"name": "health", "description": "Whether the process and its database are healthy."},
]
