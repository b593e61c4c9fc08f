import re
from collections import Counter
from random import Random

import pytest

from app.aftercare.models import Satisfaction
from app.catalog.load import read_data
from app.catalog.models import Kind
from app.jobs.models import DeclineReason, ReturnReason
from app.sample import texts
from app.sample.reference import sample_data, sample_items

UTTERANCES = sample_data("utterances.yaml")
ITEMS = sample_items().values()
DISPATCHABLE = [item.code for item in ITEMS if item.kind in (Kind.SERVICE, Kind.VOLUNTEER)]
RNG = Random(8)


def of_kind(kind: Kind) -> set[str]:
    return {item.code for item in ITEMS if item.kind is kind}


def test_every_item_has_things_to_say_and_none_is_said_twice() -> None:
    assert set(UTTERANCES["say"]) == set(sample_items())
    assert all(len(said) >= 3 for said in UTTERANCES["say"].values())
    said = Counter(line for lines in UTTERANCES["say"].values() for line in lines)
    assert max(said.values()) == 1


def test_each_kind_is_answered_in_its_way() -> None:
    assert set(UTTERANCES["answer"]) == of_kind(Kind.INFO)
    assert set(UTTERANCES["relay"]) == of_kind(Kind.RELAY)
    assert texts.answer("GV01", RNG) in UTTERANCES["answer"]["GV01"]
    assert "119" in texts.relay_target("UT03")
    with pytest.raises(KeyError):
        texts.answer("PE01", RNG)


def test_no_telephone_number_is_invented() -> None:
    rules = " ".join(row.get("rule", "") for group in read_data("catalog.yaml")["categories"] for row in group["items"])
    known = set(re.findall(r"\d{3,}", rules))
    answers = [line for lines in UTTERANCES["answer"].values() for line in lines]
    spoken = " ".join([*answers, *UTTERANCES["relay"].values()])
    assert set(re.findall(r"\d{3,}", spoken)) <= known


def test_only_who_waits_for_somebody_adds_how_to_get_in() -> None:
    extra = tuple(UTTERANCES["extra"])
    assert sum(texts.utterance("PE01", RNG).endswith(extra) for _ in range(400)) in range(100, 220)
    assert not any(texts.utterance("GV01", RNG).endswith(extra) for _ in range(100))


def test_reasons_are_those_of_the_job_queue_for_every_item() -> None:
    declined = {texts.decline(item, RNG)[0] for item in DISPATCHABLE for _ in range(20)}
    returned = {texts.give_back(item, RNG)[0] for item in DISPATCHABLE for _ in range(20)}
    assert (declined, returned) == (set(DeclineReason), set(ReturnReason))


def test_every_dispatched_item_has_its_own_result() -> None:
    results = sample_data("remarks.yaml")["result"]
    assert set(results) - {"general"} == set(DISPATCHABLE)
    assert texts.result("EL03", RNG) == "餐已送到老人手里，还热的。"
    assert texts.result("VL10", RNG) in results["general"]


def test_citizens_remark_by_their_satisfaction() -> None:
    remarks = sample_data("remarks.yaml")["callback"]
    for step in Satisfaction:
        fitting = remarks["general"][step] + remarks["HR01"].get(step, [])
        assert {texts.remark("HR01", step, RNG) for _ in range(200)} == set(fitting)


def test_remarks_are_filed_under_what_exists() -> None:
    scopes = {"general"} | set(sample_items()) | {item.category for item in ITEMS}
    for about in ("decline", "return", "callback"):
        assert set(sample_data("remarks.yaml")[about]) <= scopes
