"""What `hotline doctor` examines: whether this deployment will go on working, and what to do if it will not."""

import asyncio
import contextlib
import shutil
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import asyncpg
import httpx
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import make_url

import migrations
from app.backup.manifest import list_backups, read_manifest
from app.events.act import act_of
from app.kit.command_line import Unusable, application_role
from app.kit.context import Context, open_context
from app.kit.db import Prepared, Tx
from app.kit.errors import DatabaseBusy, DatabaseUnavailable
from app.kit.skew import TOLERATED_SECONDS, measure_skew
from app.kit.steps import list_steps
from app.monitoring.queries import read_centre
from app.settings import Settings
from app.workdays.actions import list_checks

LEAST_FREE_BYTES = 2 * 2**30
LEAST_FREE_SHARE = 0.1
BACKUP_HOURS = 26
"""If the newest backup is older than this many hours, a daily backup is missing."""
SILENT_SECONDS = 60
LAG_SECONDS = 60
CERTIFICATE_DAYS = 21
OF_PYTHON = {(3, 11): date(2027, 10, 31), (3, 12): date(2028, 10, 31), (3, 13): date(2029, 10, 31),
             (3, 14): date(2030, 10, 31)}  # fmt: skip
"""The last day on which each version gets security fixes."""
OF_POSTGRESQL = {16: date(2028, 11, 9), 17: date(2029, 11, 8), 18: date(2030, 11, 14)}
OLDEST_POSTGRESQL = 16
OF_OTHERS = {"HOTLINE_PG_BIN", "HOTLINE_URL", "HOTLINE_KEY", "HOTLINE_JOURNAL"}
"""Variables that are not settings: they belong to the embedded server and to the provider kit."""
CALL_SECONDS = 10


class Finding(NamedTuple):
    """What is wrong and what to do, in both languages. Advice is not a fault: everything works without it."""

    code: str
    zh: str
    en: str
    fault: bool = True


async def examine(settings: Settings, environment: Mapping[str, str], url: str | None) -> list[Finding]:
    """Examine the settings, this machine, the database behind them, and the service as it answers at `url`."""
    found = [*of_settings(settings, environment), *of_python(sys.version_info[:2], datetime.now(UTC).date())]
    found += of_backups(settings.backup_dir, datetime.now(UTC))
    try:
        async with open_context(settings) as context, context.db.begin() as tx:
            found += [finding async for finding in of_database(context, tx)]
    except (DatabaseUnavailable, DatabaseBusy, OSError, asyncpg.PostgresError) as error:
        why = error.__cause__ or error
        found.append(
            Finding(
                "database_unreachable",
                f"连不上数据库（{why}）：请检查 DATABASE_URL、PGPASSWORD、网络，以及 PostgreSQL 是否在运行。",
                f"The database cannot be reached ({why}). Check DATABASE_URL, PGPASSWORD, the network, and whether "
                "PostgreSQL runs.",
            )
        )
    if url:
        found += [finding async for finding in of_address(url)]
    else:
        found.append(
            Finding(
                "address_not_checked",
                "没有检查证书和反向代理：请加上 --url https://对外地址 再运行一次。",
                "Certificate and proxy were not checked: run this again with --url and the address that people use.",
                fault=False,
            )
        )
    return found


def of_settings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is unwise about the settings."""
    known = {f"HOTLINE_{name}".upper() for name in Settings.model_fields} | OF_OTHERS
    for name in sorted(environment):
        if name.upper().startswith("HOTLINE_") and name.upper() not in known:
            yield Finding(
                "setting_unknown",
                f"没有 {name} 这个设置，它不起作用：请对照 docs/deploying.md 检查拼写，或删除它。",
                f"{name} is not a setting and has no effect. Check its spelling in docs/deploying.md, or remove it.",
            )
    if settings.clock_factor != 1 or settings.clock_start or settings.clock_real_start:
        yield Finding(
            "clock_of_a_demo",
            "时钟设置（HOTLINE_CLOCK_*）只用于演示：请取消，否则所有时限都不对。",
            "The clock settings (HOTLINE_CLOCK_*) are for demonstrations. Unset them, or every deadline is wrong.",
        )
    if settings.database_pooled and not settings.database_direct_url:
        yield Finding(
            "direct_url_missing",
            "使用连接池（HOTLINE_DATABASE_POOLED）时须设置 DATABASE_DIRECT_URL：否则收不到通知，页面更新会变慢。",
            "With a pooler (HOTLINE_DATABASE_POOLED), set DATABASE_DIRECT_URL: no notification arrives through "
            "a pooler.",
        )
    if settings.second_factor_roles and not settings.second_factor_key.get_secret_value():
        yield Finding(
            "second_factor_key_missing",
            "已要求二次验证，但未设置 "
            "HOTLINE_SECOND_FACTOR_KEY：仅凭数据库备份就能算出验证码。请设置，之后须重新绑定。",
            "A second factor is required, but without HOTLINE_SECOND_FACTOR_KEY a copy of the database alone produces "
            "its codes. Set it; everybody then sets up theirs again.",
        )
    if "admin" not in settings.second_factor_roles:
        yield Finding(
            "second_factor_not_required",
            "管理员登录不要求二次验证：建议设置 HOTLINE_SECOND_FACTOR_ROLES=admin,registrar。",
            "Admins sign in with a password alone. Consider HOTLINE_SECOND_FACTOR_ROLES=admin,registrar.",
            fault=False,
        )
    if not settings.webhook_key.get_secret_value():
        yield Finding(
            "webhook_key_missing",
            "未设置 HOTLINE_WEBHOOK_KEY：仅凭数据库备份就能冒充推送、打开对账链接。请在登记第一个推送地址之前设置。",
            "Without HOTLINE_WEBHOOK_KEY a copy of the database alone signs webhooks and opens statement links. Set it "
            "before the first endpoint is registered; later it changes all secrets.",
            fault=False,
        )
    if settings.provider_webhook_networks:
        yield Finding(
            "provider_webhooks_inside",
            "HOTLINE_PROVIDER_WEBHOOK_NETWORKS 允许服务单位的推送访问内网：正式环境请取消。",
            "HOTLINE_PROVIDER_WEBHOOK_NETWORKS lets providers' webhooks reach inside networks. Unset it in production.",
        )
    if environment.get("FORWARDED_ALLOW_IPS") == "*":
        yield Finding(
            "every_proxy_trusted",
            "FORWARDED_ALLOW_IPS=* 信任任何人声称的地址：请只写反向代理的地址。",
            "FORWARDED_ALLOW_IPS=* trusts any address that a caller claims. Name the proxy's address only.",
        )
    if settings.database_url and _is_plain(settings.database_url, environment):
        yield Finding(
            "database_without_tls",
            "到数据库的连接未要求加密：请设置 PGSSLMODE=verify-full。",
            "Connections to the database may be unencrypted. Set PGSSLMODE=verify-full.",
            fault=False,
        )


def _is_plain(database_url: str, environment: Mapping[str, str]) -> bool:
    url = make_url(database_url)
    host = str(url.host or url.query.get("host") or "localhost")
    here = host.startswith("/") or host in ("localhost", "127.0.0.1", "::1")
    wanted = url.query.get("ssl") or url.query.get("sslmode") or environment.get("PGSSLMODE", "prefer")
    return not here and wanted in ("disable", "allow", "prefer")


def of_python(running: tuple[int, ...], today: date) -> Iterator[Finding]:
    """Yield what is wrong with the version of Python."""
    ends = OF_PYTHON.get((running[0], running[1]))
    if ends and ends < today:
        version = f"{running[0]}.{running[1]}"
        yield Finding(
            "python_too_old",
            f"Python {version} 自 {ends} 起不再有安全更新：请用更新的版本重建虚拟环境。",
            f"Python {version} has had no security fixes since {ends}. Make the virtual environment anew with a "
            "newer one.",
        )


def of_backups(folder: Path, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with the newest verified backup in the folder."""
    backups = list_backups(folder)
    if not backups:
        yield Finding(
            "backup_missing",
            f"{folder} 中没有备份：请每天运行 `hotline backup`，并用 HOTLINE_BACKUP_DIR 指明目录。",
            f"There is no backup in {folder}. Run `hotline backup` every day, and name its folder in "
            "HOTLINE_BACKUP_DIR.",
        )
        return
    try:
        newest = read_manifest(backups[-1])
    except Unusable as error:
        yield Finding(
            "backup_unreadable",
            f"最新的备份读不出来（{error}）：请立即重新备份。",
            f"The newest backup cannot be read ({error}). Back up again now.",
        )
        return
    age = now - newest.made_at
    if age > timedelta(hours=BACKUP_HOURS):
        hours = int(age.total_seconds() // 3_600)
        yield Finding(
            "backup_too_old",
            f"最新的备份已有 {hours} 小时：请检查每日备份任务为何没有完成，并立即运行 `hotline backup`。",
            f"The newest backup is {hours} hours old. Find out why the daily one failed, and run `hotline backup` now.",
        )
    if not newest.contents.log.whole:
        yield Finding(
            "backup_with_gap",
            "最新备份中的事件日志有缺号：有人删改过事件。请保留全部备份并查明原因。",
            "The event log in the newest backup has a gap: somebody has deleted events. Keep all backups and "
            "find out why.",
        )


_SERVER = Prepared(
    text(
        """
SELECT current_setting('server_version_num')::integer / 10000 AS major, current_setting('server_version') AS version,
  current_setting('server_encoding') AS encoding, current_setting('transaction_read_only') = 'on' AS read_only,
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS above,
  CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS folder,
  to_regclass('alembic_version') IS NOT NULL AS founded
"""
    )
)
_REVISION = Prepared(text("SELECT version_num FROM alembic_version"))


async def of_database(context: Context, tx: Tx) -> AsyncIterator[Finding]:
    """Yield what is wrong with the database server, the clock, disks and schema, the centre's data or the worker."""
    [server] = await tx.rows(_SERVER)
    for finding in of_server(server["major"], server["version"], server["encoding"], datetime.now(UTC).date()):
        yield finding
    if server["above"] and application_role(context.settings):
        yield Finding(
            "role_too_powerful",
            "应用使用的是数据库超级用户：请在 DATABASE_URL 中改用权限受限的角色（docs/deploying.md）。",
            "The application uses a superuser of the database. Name a lesser role in DATABASE_URL (docs/deploying.md).",
        )
    for finding in of_clock(await measure_skew(tx, context.clock)):
        yield finding
    for finding in of_disks([context.settings.backup_dir, Path(server["folder"] or context.settings.data_dir)]):
        yield finding
    revision = (await tx.rows(_REVISION))[0]["version_num"] if server["founded"] else None
    behind = [*of_revision(revision)]
    for finding in behind:
        yield finding
    if not behind:
        for check in await list_checks(act_of(context), tx):
            yield Finding(check.code, check.zh, check.en)
        async for finding in of_worker(context, tx):
            yield finding


def of_server(major: int, version: str, encoding: str, today: date) -> Iterator[Finding]:
    """Yield what is wrong with the database server's version and encoding."""
    ends = OF_POSTGRESQL.get(major)
    if major < OLDEST_POSTGRESQL or (ends and ends < today):
        yield Finding(
            "postgresql_too_old",
            f"PostgreSQL {version} 太旧：至少需要 {OLDEST_POSTGRESQL}，且仍有安全更新。请升级（pg_upgrade）。",
            f"PostgreSQL {version} is too old: it must be {OLDEST_POSTGRESQL} or newer and still get fixes. Upgrade it "
            "(pg_upgrade).",
        )
    if encoding != "UTF8":
        yield Finding(
            "encoding_wrong",
            f"数据库编码是 {encoding}，存不下所有汉字：请以 ENCODING 'UTF8' 新建数据库并恢复备份。",
            f"The database's encoding is {encoding}, which lacks characters. Create one with ENCODING 'UTF8' "
            "and restore "
            "into it.",
        )


def of_clock(skew: float) -> Iterator[Finding]:
    """Yield what is wrong with the clock. `skew` is how many seconds it is ahead of the database server's."""
    if abs(skew) > TOLERATED_SECONDS:
        yield Finding(
            "clock_skewed",
            f"本机时钟与数据库服务器相差 {skew:+.1f} 秒：请用 chrony 或 systemd-timesyncd 同步两台机器。",
            f"This machine's clock is {skew:+.1f} s from the database server's. Synchronise both (chrony, "
            "systemd-timesyncd).",
        )


def of_disks(folders: Iterable[Path]) -> Iterator[Finding]:
    """Yield a finding for each nearly full disk that holds one of the folders.

    A folder that does not exist is judged by its nearest existing parent; one that cannot be read is left out.
    """
    full = set()
    for folder in folders:
        with contextlib.suppress(OSError):
            there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
            usage = shutil.disk_usage(there)
            if usage.free < LEAST_FREE_BYTES or usage.free < usage.total * LEAST_FREE_SHARE:
                full.add((there, usage.free / 2**30))
    for there, free in sorted(full):
        yield Finding(
            "disk_nearly_full",
            f"{there} 所在磁盘只剩 {free:.1f} GiB：请清理或扩容，磁盘写满后数据库会停止。",
            f"The disk of {there} has only {free:.1f} GiB left. Free some or enlarge it: the database stops "
            "when it is full.",
        )


def of_revision(revision: str | None) -> Iterator[Finding]:
    """Yield a finding if the schema is older or newer than this version's."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])))
    scripts = ScriptDirectory.from_config(config)
    head, known = scripts.get_current_head(), {script.revision for script in scripts.walk_revisions()}
    if revision == head:
        return
    if revision is None or revision in known:
        yield Finding(
            "schema_behind",
            f"数据库结构停在 {revision or '空'}，本版本需要 {head}：请先备份，再运行 `hotline migrate`。",
            f"The schema is at {revision or 'nothing'}, and this version needs {head}. Back up, then run "
            "`hotline migrate`.",
        )
    else:
        yield Finding(
            "schema_ahead",
            f"数据库结构（{revision}）比本程序新（{head}）：请安装与数据库一致的版本。",
            f"The schema ({revision}) is newer than this program ({head}). Install the version that the "
            "database belongs to.",
        )


async def of_worker(context: Context, tx: Tx) -> AsyncIterator[Finding]:
    """Yield what is wrong with the worker: its silence, failing steps, subjects set aside, and lag."""
    silence = timedelta(minutes=context.settings.call_silence_minutes)
    centre = {(row["name"], row["label"]): row["value"] for row in await read_centre(tx, context.clock.now(), silence)}
    silent = centre["worker_silent_seconds", None]
    if silent is None or silent > SILENT_SECONDS:
        zh, en = (
            ("从未运行过", "has never run")
            if silent is None
            else (f"已 {silent:.0f} 秒没有心跳", f"has been silent for {silent:.0f} s")
        )
        yield Finding(
            "worker_silent",
            f"后台进程{zh}：派单不会到期，也不会重新匹配。请启动 `hotline worker`，并从其日志查明原因。",
            f"The worker {en}: offers do not expire and nothing is matched again. Start `hotline worker`, and "
            "see its log.",
        )
    for step in await list_steps(tx):
        if step["failing_since"] is not None:
            yield Finding(
                "step_failing",
                f"后台步骤 {step['step']} 自 {step['failing_since']:%Y-%m-%d %H:%M} UTC 起出错：{step['error']}",
                f"The worker's step {step['step']} has failed since {step['failing_since']:%Y-%m-%d %H:%M} UTC: "
                f"{step['error']}",
            )
    aside = sum(value for (name, _), value in centre.items() if name == "step_set_aside")
    if aside:
        yield Finding(
            "set_aside",
            f"有 {aside:.0f} 个对象处理多次失败后被搁置：请值班长在 GET /api/v1/supervision/worker "
            "查看原因，排除后放行。",
            f"{aside:.0f} subjects are set aside because a step failed on them. A supervisor sees why under "
            "GET /api/v1/supervision/worker, and releases them once the cause is gone.",
        )
    lag = max((value or 0 for (name, _), value in centre.items() if name == "event_log_lag_seconds"), default=0)
    if lag > LAG_SECONDS:
        yield Finding(
            "log_lags",
            f"事件日志落后 {lag:.0f} 秒：统计、信用和推送会滞后。请检查后台进程及其步骤。",
            f"The event log is read {lag:.0f} s late, and so are figures, credit and webhooks. Look at the "
            "worker's steps.",
        )


async def of_address(url: str) -> AsyncIterator[Finding]:
    """Yield what is wrong with the certificate and the proxy, as seen from outside."""
    address = httpx.URL(url)
    if address.scheme != "https":
        yield Finding(
            "address_without_tls",
            f"{url} 不是 https：密码和个人信息会明文传输。请在反向代理上配置证书。",
            f"{url} is not https: passwords and personal data travel in clear. Give the proxy a certificate.",
        )
    trusting = ssl.create_default_context()  # honours SSL_CERT_FILE, for a private authority
    async with httpx.AsyncClient(base_url=address, timeout=CALL_SECONDS, verify=trusting, trust_env=False) as client:
        try:
            if address.scheme == "https":
                for finding in of_certificate(
                    await asyncio.to_thread(_certificate_ends, address, trusting), datetime.now(UTC)
                ):
                    yield finding
            answer = await client.get("/health/live")
            redirected = await client.get("/health/live/")
            metrics = await client.get("/metrics")
        except (httpx.HTTPError, OSError) as error:
            yield Finding(
                "address_unreachable",
                f"{url} 打不开（{error}）：请检查反向代理、证书和防火墙。",
                f"{url} cannot be reached ({error}). Check the proxy, its certificate and the firewall.",
            )
            return
    for finding in of_answers(address, answer, redirected, metrics):
        yield finding


def _certificate_ends(address: httpx.URL, trusting: ssl.SSLContext) -> datetime:
    with (
        socket.create_connection((address.host, address.port or 443), CALL_SECONDS) as plain,
        trusting.wrap_socket(plain, server_hostname=address.host) as secure,
    ):
        certificate = secure.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)


def of_certificate(ends: datetime, now: datetime) -> Iterator[Finding]:
    """Yield a finding if the certificate ends soon."""
    if ends - now < timedelta(days=CERTIFICATE_DAYS):
        yield Finding(
            "certificate_ends",
            f"证书将于 {ends:%Y-%m-%d} 到期：请续签，并检查自动续签为何没有进行。",
            f"The certificate ends on {ends:%Y-%m-%d}. Renew it, and find out why that did not happen by itself.",
        )


def of_answers(
    address: httpx.URL, answer: httpx.Response, redirected: httpx.Response, metrics: httpx.Response
) -> Iterator[Finding]:
    """Yield what is wrong with the proxy, given its answers to a plain call, a redirected call, and one for metrics."""
    if answer.status_code != 200 or "x-request-id" not in answer.headers:
        yield Finding(
            "not_hotline",
            f"{address} 背后不是 hotline（HTTP {answer.status_code}）：请检查反向代理转发到哪里。",
            f"The answer at {address} is not hotline's (HTTP {answer.status_code}). Check where the proxy forwards to.",
        )
        return
    if address.scheme == "https" and "strict-transport-security" not in answer.headers:
        yield Finding(
            "hsts_missing",
            "应答没有 Strict-Transport-Security：请在反向代理上添加，防止浏览器退回 http。",
            "Answers lack Strict-Transport-Security. Have the proxy add it, so that browsers never fall back to http.",
            fault=False,
        )
    target = httpx.URL(redirected.headers.get("location", "")) if redirected.is_redirect else address
    if target.scheme and (target.scheme, target.netloc) != (address.scheme, address.netloc):
        yield Finding(
            "proxy_not_believed",
            f"服务端以为自己在 {target.scheme}://{target.netloc.decode()}：请让反向代理传递 Host 和 X-Forwarded-Proto，"
            "并在 FORWARDED_ALLOW_IPS 中写上它的地址；否则登录 cookie 不安全，所有人都算同一个地址。",
            f"The server believes that it is at {target.scheme}://{target.netloc.decode()}. Have the proxy pass "
            "on Host and "
            "X-Forwarded-Proto, and name its address in FORWARDED_ALLOW_IPS; otherwise session cookies are not "
            "Secure and "
            "all callers count as one address.",
        )
    if metrics.status_code == 200:
        yield Finding(
            "metrics_open",
            f"任何人都能在 {address} 读取 /metrics：请在反向代理上拒绝该路径，并传递 X-Forwarded-For。",
            f"Anybody can read /metrics at {address}. Have the proxy refuse that path, and pass on X-Forwarded-For.",
        )
