"""Each condition on rows is written once, beside its model."""

import re
from pathlib import Path

import pytest

import app

SOURCES = sorted(Path(app.__path__[0]).rglob("*.py"))
WRITTEN_OUT = {
    "a provider that may work": r"'trial', 'active', 'watch'|TRIAL, Standing\.ACTIVE",
    "a line in force on a day": r"valid_to IS NULL OR|valid_to\.is_\(None\)",
    "a paper valid on a day": r"held\.expires_on|paper\.expires_on\.is_\(None\)|Paper\.expires_on\.is_\(None\)",
    "a membership on a day": r"(member|Group)\.expires_on\.is_\(None\)",
    "a policy in force": r"effective_from <=",
    "a live job": r"'accepted', 'started'|ACCEPTED, JobStatus\.STARTED",
    "a satisfied rating": r"BASICALLY_SATISFIED\)",
}


@pytest.mark.parametrize("said", WRITTEN_OUT)
def test_a_predicate_is_written_once(said: str) -> None:
    found = [path for path in SOURCES if re.search(WRITTEN_OUT[said], path.read_text(encoding="utf-8"))]
    assert [path.name for path in found] == ["models.py"]
