"""Problems of monitoring."""

from app.kit.errors import HotlineError


class MonitoringRefused(HotlineError):
    status = 403
    en = (
        "Metrics are for callers that send HOTLINE_METRICS_TOKEN, or that come from HOTLINE_METRICS_NETWORKS without a "
        "proxy in between."
    )
    zh = "监控指标只提供给携带 HOTLINE_METRICS_TOKEN 的调用方，或不经代理、来自 HOTLINE_METRICS_NETWORKS 的调用方。"
