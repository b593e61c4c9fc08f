"""Alerts and the dashboard ask only for what /metrics answers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from app.kit.heartbeat import beat
from app.kit.steps import Health, note_trouble, write_health
from app.monitoring.figures import CENTRE, PREFIX
from tests.monitoring.test_metrics import Samples, scrape
from tests.webhooks.receivers import register
from tests.world import DRAIN, World

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((DEPLOY / "grafana" / "hotline.json").read_text(encoding="utf-8"))
OF_PROMETHEUS = {"job", "instance"}
"""Labels that Prometheus adds to what it reads."""
HAN = re.compile(r"[\u4e00-\u9fff]")
FILLED = re.compile(r"\{\{.*?\}\}")
METRIC = re.compile(r"\b(?:hotline|process)_\w+")
SELECTED = re.compile(r"\b((?:hotline|process)_\w+)\{([^}]*)\}")
GROUPED = re.compile(r"\b(?:by|without) \(([^)]*)\)")
OF_THE_CENTRE = {f"{PREFIX}{name}" for name in CENTRE}


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ()))


def asks_in_vain(expression: str, told: Samples) -> Iterator[str]:
    """Yield the metrics and labels that the expression asks for and nobody tells."""
    names = METRIC.findall(expression)
    yield from (name for name in names if name not in told)
    labels = {name: {label for labels in told.get(name, ()) for label, _ in labels} | OF_PROMETHEUS for name in names}
    for name, selectors in SELECTED.findall(expression):
        yield from set(re.findall(r"(\w+)\s*[=!]", selectors)) - labels[name]
    for grouped in GROUPED.findall(expression):
        yield from set(re.split(r",\s*", grouped)) - {label for known in labels.values() for label in known}


async def test_every_metric_and_label_that_is_asked_for_exists(world: World) -> None:
    await world.add_provider(DRAIN)
    await register(world.admin, "https://receiver.test/events")
    await world.create(DRAIN, dispatch=True)
    await world.work()
    await beat(world.context.db, world.clock)
    subject = uuid4()
    async with world.context.db.begin() as tx:
        await write_health(tx, {"match_waiting": Health(world.clock.now())}, world.clock.now())
        for _ in range(5):
            await note_trouble(tx, "match_waiting", subject, ValueError(), world.clock.now())
    told = await scrape(world)
    assert {expression: asked for expression in expressions() if (asked := [*asks_in_vain(expression, told)])} == {}


def test_a_wrong_name_would_be_noticed() -> None:
    told: Samples = {"hotline_waiting": {frozenset({("kind", "parked")}): 1.0}}
    asked = "max by (sort) (hotline_waiting{kin='parked'}) > hotline_wait"
    assert [*asks_in_vain(asked, told)] == ["hotline_wait", "kin", "sort"]


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_figures_of_the_centre_are_not_added_up_over_processes(expression: str) -> None:
    for name in METRIC.findall(expression):
        if name in OF_THE_CENTRE:
            assert re.search(rf"max(?: by \([^)]*\))? ?\({name}\b", expression), (
                f"{name} is the same from every process"
            )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_what_to_do_in_both_languages(rule: dict[str, dict[str, str]]) -> None:
    said = rule["annotations"]
    assert said.keys() == {"summary", "summary_zh", "do", "do_zh"}
    for name, text in said.items():
        assert bool(HAN.search(text)) == name.endswith("_zh"), text
    assert sorted(FILLED.findall(said["summary"])) == sorted(FILLED.findall(said["summary_zh"]))


def test_a_panel_says_what_it_shows_in_both_languages() -> None:
    for panel in DASHBOARD["panels"]:
        assert HAN.search(panel["title"])
        assert " · " in panel["title"]
        assert panel["type"] == "row" or re.search("[a-z]", panel["description"])
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_every_figure_of_the_centre_is_on_the_dashboard() -> None:
    assert {name for expression in expressions() for name in METRIC.findall(expression)} >= OF_THE_CENTRE
