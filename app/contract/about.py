"""What the document says of the API as a whole."""

from typing import Any

ABOUT = """
The service behind a citizen-help hotline. A citizen dials one number for anything; an operator answers on the spot,
hands the call on to another line, or dispatches a franchised provider.

**Signing in.** Staff get a token from `POST /api/v1/sessions`; a provider uses the key that a registrar made for it.
Both go into `Authorization: Bearer …`. A page in a browser gets a cookie instead (`POST /api/v1/sessions/browser`).
Every operation names the roles that may call it.

**Values.** Times are RFC 3339 with a zone. Money is integer fen (1 yuan = 100 fen). Points are WGS-84 degrees. Ids are
UUIDv7; a request also has a short `number`. Codes of items, areas and groups are those of the catalogue.
In a body a value is of the JSON type that is declared (`"1"` and `true` are no numbers), and a field that the operation
does not know is refused, as a misspelt parameter is.

**Errors** are problem documents (RFC 9457) with a stable `code`, in Chinese or English after `Accept-Language`. Each
operation lists its own. Any address can also answer `http_404` or `http_405` (there is no such address or method), and
an unknown query parameter is refused with `unknown_parameter`.

**Repeating a call.** An `Idempotency-Key` makes creating anything, and every step of an operator, safe to repeat for 24
hours: it gets the first answer again. Without one, a change of state that is repeated gives the present state, or 409
`status_conflict` with it: nothing happens twice.

**Lists** come in pages: pass `next` as `cursor` to go on (`Link` carries the whole address). Editing a document needs
`If-Match` with the ETag that was read.

**News.** `GET /api/v1/live` tells what has happened by server-sent events; webhooks send it to an address of yours. A
provider's queue can be polled with `Prefer: wait=30`, which answers as soon as it changes.
"""

CONTACT = {"name": "The hotline maintainers"}
LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
SERVERS = [{"url": "/", "description": "The server that this document comes from."}]
TAGS: list[dict[str, Any]] = [
    {"name": "sign-in", "description": "Sessions of staff and providers, and the audit log."},
    {
        "name": "requests",
        "description": "Requests for help, from the call to their closure, and the operator's desk.",
    },
    {"name": "citizens", "description": "Who calls: name, address, priority groups, providers they do not want again."},
    {"name": "calls", "description": "Every call that came in, from the ring to its outcome."},
    {"name": "dangers", "description": "What an operator says and whom they connect when a caller tells of a danger."},
    {"name": "knowledge", "description": "Articles and canned texts for answers on the spot."},
    {"name": "catalogue", "description": "Categories, service items, entitlements, areas and places."},
    {"name": "calendar", "description": "Working days and public holidays."},
    {"name": "dispatch", "description": "Sending requests to providers, and taking them back."},
    {"name": "matching", "description": "Who can come, in which order, and why not the others; the dispatch policies."},
    {
        "name": "surges",
        "description": "Days when demand outgrows the providers, and the work put off then.",
    },
    {
        "name": "offers and jobs",
        "description": "Offers and jobs, kept by staff for providers on the phone.",
    },
    {"name": "provider's queue", "description": "A provider's own offers and jobs, for its software."},
    {
        "name": "supervision",
        "description": "The supervisor's queue: overdue and unmatched work, extensions, returns.",
    },
    {"name": "complaints", "description": "What citizens say later, and complaints as cases."},
    {
        "name": "aftercare",
        "description": "Calling citizens back about finished work and decided complaints.",
    },
    {"name": "applications", "description": "Providers that apply to join, and the registrar's decision."},
    {
        "name": "registry",
        "description": "Providers: papers, prices, coverage, hours, keys, standing, monthly returns.",
    },
    {"name": "credit", "description": "The ledger of what providers lose and gain, with reply and appeal."},
    {"name": "statement", "description": "What a provider is told of its own work: figures, amounts, decisions."},
    {"name": "metrics", "description": "Volumes, fulfilment and turnover, always with the denominator."},
    {"name": "webhooks", "description": "Events sent to an address of yours, signed as Standard Webhooks says."},
    {"name": "live", "description": "What has happened, as server-sent events."},
    {"name": "staff", "description": "Accounts of staff, their roles, passwords and second factors."},
    {"name": "health", "description": "Whether the process and its database are well."},
]
