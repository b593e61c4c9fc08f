"""`make audit` fails where nothing could be audited, as well as where something was found."""

import pytest

from tests.audit import Report, npm_faults, python_faults

OLD: Report = {
    "dependencies": [
        {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-2014-8", "fix_versions": ["2.7.2"]}]}
    ]
}
FINE: Report = {"dependencies": [{"name": "rich", "version": "15.0.0", "vulns": []}]}
SKIPPED: Report = {"dependencies": [{"name": "rich", "skip_reason": "not found on PyPI"}]}
NPM_OLD: Report = {
    "vulnerabilities": {"lodash": {"range": "<4.17.21", "severity": "critical"}},
    "metadata": {"dependencies": {"total": 1}},
}
NPM_FINE: Report = {"vulnerabilities": {}, "metadata": {"dependencies": {"total": 600}}}
REFUSED: Report = {"message": "405 Method Not Allowed", "statusCode": 405}


@pytest.mark.parametrize(
    ("report", "of_old", "said"),
    [
        (FINE, OLD, []),
        (OLD, OLD, ["jinja2 2.4.1: PYSEC-2014-8, fixed in 2.7.2"]),
        (SKIPPED, OLD, ["rich could not be audited"]),
        (FINE, SKIPPED, ["nothing could be audited"]),
        (FINE, FINE, ["nothing could be audited"]),
        ({}, {}, ["nothing could be audited"]),
    ],
)
def test_python(report: Report, of_old: Report, said: list[str]) -> None:
    faults = [*python_faults(report, of_old)]
    assert len(faults) == len(said)
    assert all(fault.startswith(start) for fault, start in zip(faults, said, strict=True))


@pytest.mark.parametrize(
    ("report", "of_old", "said"),
    [
        (NPM_FINE, NPM_OLD, []),
        (NPM_OLD, NPM_OLD, ["lodash <4.17.21: critical"]),
        (NPM_FINE, NPM_FINE, ["nothing could be audited"]),
        (REFUSED, REFUSED, ["nothing could be audited"]),
        ({"vulnerabilities": {}, "metadata": {"dependencies": {"total": 0}}}, NPM_OLD, ["nothing could be audited"]),
    ],
)
def test_npm(report: Report, of_old: Report, said: list[str]) -> None:
    faults = [*npm_faults(report, of_old)]
    assert len(faults) == len(said)
    assert all(fault.startswith(start) for fault, start in zip(faults, said, strict=True))
