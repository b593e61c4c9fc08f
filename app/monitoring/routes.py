"""The metrics that Prometheus reads."""

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from app.kit.quotas import quotas_of
from app.kit.web import Now, context_of
from app.monitoring import actions
from app.monitoring.access import monitor

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    dependencies=[Depends(monitor)],
    response_class=Response,
    responses={200: {"description": "the metrics", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def read_metrics(request: Request, now: Now) -> Response:
    """Return the metrics of this process and of the centre, in the text format of Prometheus.

    Only callers that send `HOTLINE_METRICS_TOKEN` as a bearer token, or that come from `HOTLINE_METRICS_NETWORKS`
    without a proxy in between, may read them. While the database does not answer, those of the centre are missing.
    """
    metrics = await actions.read_metrics(context_of(request), quotas_of(request), now)
    return Response(metrics, media_type=CONTENT_TYPE_LATEST)
