"""The API document's examples by chapter: each operation is called once with what its example sends."""

from collections.abc import Awaitable, Callable
from typing import Any

import pyotp

from app.auth.models import Role
from app.events.act import act_of
from app.registry.models import ReachedBy
from app.registry.notices import send_notice
from tests.aftercare.calls import complete
from tests.auth.accounts import OURS, PASSWORD, give_passwords, signed_in
from tests.contract.playing import Stage
from tests.credit.cases import give_back, proposed
from tests.exchange.files import PROVIDER_HEADING, csv_file, provider_row
from tests.knowledge.articles import LOST_CARD
from tests.webhooks.receivers import proof
from tests.world import CHENGLANG, CLEANING, DRAIN, NANMEN, credit_code, ok

Chapter = Callable[[Stage], Awaitable[None]]
TAKEN: dict[str, Any] = {
    "phone": "13957412345",
    "contact_name": "王阿姨",
    "area": CHENGLANG,
    "address": "澄浪路88弄12号302室",
    "item": DRAIN,
    "description": "厨房下水道堵了，水倒灌到地上",
}
PHONE = "13957412345"


async def sign_in(stage: Stage) -> None:
    world = stage.world
    await give_passwords(world)
    credentials = {"username": "t.operator", "password": PASSWORD}
    session = await stage.call("signIn", world.anonymous, body=credentials)
    own = await world.client(session["token"])
    world.anonymous.headers.update(OURS)
    await stage.call("signInBrowser", world.anonymous, body=credentials)
    provider = await world.add_provider(DRAIN)
    key = provider.client.headers["authorization"].removeprefix("Bearer ")
    await stage.call("signInProvider", world.anonymous, body={"key": key})
    await stage.call("readSession", own)
    await stage.call("listAuditEntries", world.admin)
    changed = {"password": PASSWORD, "new_password": "梧桐细雨入江南-2026"}
    await stage.call("changePassword", own, body=changed)
    await stage.call("signOut", own)


async def staff(stage: Stage) -> None:
    world = stage.world
    admin = world.admin
    made = await stage.call("addStaff", admin, body={"username": "zhou.min", "name": "周敏", "roles": ["operator"]})
    who = made["id"]
    await stage.call("listStaff", admin)
    await stage.call("setRolesOfStaff", admin, staff_id=who, body={"roles": ["operator", "supervisor"]})
    await stage.call("unlockStaff", admin, staff_id=who)
    await stage.call("resetPasswordOfStaff", admin, staff_id=who)
    await stage.call("endSessionsOfStaff", admin, staff_id=who)
    await stage.call("removeSecondFactorOfStaff", admin, staff_id=who)
    await world.create(dispatch=True)
    colleague = world.staff_ids[Role.OPERATOR]
    await stage.call("showOpenWork", world.supervisor, staff_id=colleague)
    await stage.call("handOverWork", world.supervisor, staff_id=colleague, body={"to": who})
    await stage.call("deactivateStaff", admin, staff_id=who)
    await stage.call("reactivateStaff", admin, staff_id=who)


async def health(stage: Stage) -> None:
    await stage.call("readLiveness", stage.world.anonymous)
    await stage.call("readReadiness", stage.world.anonymous)


async def requests(stage: Stage) -> None:
    world, desk = stage.world, stage.world.operator
    await world.add_provider(DRAIN)
    body = TAKEN | {"dispatch": True, "channel": "phone"}
    made = await stage.call("createRequest", desk, body=body, Idempotency_Key="desk-3-000417")
    request_id = made["request"]["id"]
    found = {"request_id": request_id}
    for read in (
        "readRequest", "readPersonalData", "listRequestEvents", "listRequestContacts", "listRequestTimeline",
        "listPossibleSteps", "listRequestOffers", "listRequestJobs", "listDecisionsOfRequest", "listCandidates",
    ):  # fmt: skip
        await stage.call(read, desk, **found)
    await stage.call("listRequests", desk, status=["dispatching"], limit=20)
    await stage.call("listMyRequests", desk)
    await stage.call("searchDesk", desk, body={"words": "王阿姨"})
    await stage.call("findPersonalWords", desk, body={"text": "三楼漏水，联系李先生13800000009"})
    await stage.call("followRequest", world.supervisor, **found)
    wanted = {"purpose": "progress", "phone": PHONE, "note": "问师傅几点能到"}
    await stage.call("addContact", desk, **found, body=wanted, Idempotency_Key="desk-3-000418")
    await stage.call("undoDispatch", desk, **found)
    question = await world.create("GV01", client=desk, description="老年优待证怎么办")
    answered = {"answer": "携带身份证到户籍所在街道便民服务中心办理，当场领取。"}
    await stage.call("answerRequest", desk, request_id=question.json()["request"]["id"], body=answered)
    burning = await world.create("GV01", client=desk, description="要找12345反映路灯不亮")
    relayed = {"request_id": burning.json()["request"]["id"]}
    await stage.call("relayRequest", desk, **relayed, body={"to": "12345", "outside_number": "NB20261124-0731"})
    await stage.call("closeRequest", desk, **relayed, body={"note": "12345 已受理，求助人知悉"})
    held = {"request_id": (await world.dispatch(phone="13805741601"))["request"]["id"]}
    until = {"until": "2026-11-26T09:00:00+08:00", "cause": "citizen", "reason": "求助人出差，周四上午回来"}
    await stage.call("holdRequest", desk, **held, body=until)
    await stage.call("resumeRequest", desk, **held)
    corrected = {"address": "澄浪路88弄12号303室", "reason": "门牌号听错了"}
    version = (await desk.get(f"/requests/{held['request_id']}")).headers["etag"]
    await stage.call("correctRequest", desk, **held, If_Match=version, body=corrected)
    await stage.call("cancelRequest", desk, **held, body={"reason": "求助人自己修好了"})


async def dispatching(stage: Stage) -> None:
    world, desk = stage.world, stage.world.operator
    first, second = await world.add_provider(DRAIN), await world.add_provider(DRAIN)
    taken = {"request_id": (await world.create()).json()["request"]["id"]}
    await stage.call("dispatchRequest", desk, **taken)
    [offer, *_] = await stage.call("listRequestOffers", desk, **taken)
    await stage.call("withdrawOffer", desk, offer_id=offer["id"], body={"reason": "求助人改请熟悉的师傅"})
    other = {"request_id": (await world.create(phone="13805741602")).json()["request"]["id"]}
    await stage.call(
        "offerDirectly", desk, **other, body={"provider_id": str(first.id)}, Idempotency_Key="desk-3-000419"
    )
    child = {"request_id": (await world.create(phone="13805741603")).json()["request"]["id"]}
    await stage.call("mergeRequest", desk, **child, body={"parent_id": other["request_id"]})
    await stage.call("separateRequest", world.supervisor, **child)
    await desk.patch("/citizens/13805741604", json={"name": "王阿姨"})
    await desk.put("/citizens/13805741604/groups/hardship", json={"source": "澄浪社区低保登记"})
    cheap = await world.dispatch(DRAIN, tier="free", phone="13805741604")
    await stage.call("consentToTier", desk, request_id=cheap["request"]["id"], body={"tier": "paid"})
    await stage.call("raiseDanger", desk, **other, body={"kind": "electric_water"})
    await stage.call("relayDanger", desk, **other, body={"line": "119", "outside_number": "119-20261124-17"})
    risky = {"request_id": (await world.create(phone="13805741605")).json()["request"]["id"]}
    await stage.call("raiseDanger", desk, **risky, body={"kind": "gas"})
    withdrawn = {"kind": "gas", "reason": "燃气公司已上门检测，没有泄漏"}
    await stage.call("withdrawDanger", desk, **risky, body=withdrawn)
    await world.work()
    done = await world.dispatch(phone="13805741606", chosen_provider_id=str(second.id))
    job = await world.complete(second, done["offers"][0]["id"])
    world.advance(hours=3)
    await world.work()
    outcome = {"reached": True, "solved": True, "satisfaction": "satisfied"}
    callback = (await desk.post("/callbacks/next")).json()
    await desk.put(f"/callbacks/{callback['id']}/outcome", json=outcome)
    await stage.call("reopenRequest", desk, request_id=job["request_id"], body={"reason": "第二天又堵了"})


async def jobs_on_behalf(stage: Stage) -> None:
    world, desk = stage.world, stage.world.operator

    async def offered(phone: str) -> str:
        provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
        await world.work()  # what waits comes first
        made = await world.dispatch(phone=phone, chosen_provider_id=str(provider.id))
        return str(made["offers"][0]["id"])

    async def accepted(phone: str) -> dict[str, Any]:
        job = await stage.call("acceptOfferOnBehalf", desk, offer_id=await offered(phone))
        return {"job_id": job["id"]}

    await offered("13805741610")
    await stage.call("listOffersToPhone", desk)
    taken = await stage.call("takeOfferToPhone", desk)
    await stage.call("declineOfferOnBehalf", desk, offer_id=taken["id"], body={"reason": "busy", "note": "今天排满了"})
    unheard = await offered("13805741611")
    await stage.call("takeOfferToPhone", desk)
    await stage.call("recordNoAnswer", desk, offer_id=unheard)
    appointed = {
        "appointment_from": "2026-11-24T14:00:00+08:00",
        "appointment_to": "2026-11-24T15:00:00+08:00",
    }
    job = await stage.call("acceptOfferOnBehalf", desk, offer_id=await offered("13805741612"), body=appointed)
    work = {"job_id": job["id"]}
    await stage.call("readJob", desk, **work)
    moved = {
        "appointment_from": "2026-11-24T15:00:00+08:00",
        "appointment_to": "2026-11-24T16:00:00+08:00",
        "agreed_with_citizen": True,
        "agreed_by": "王阿姨",
        "agreed_how": "by_phone",
    }
    await stage.call("moveAppointmentOnBehalf", desk, **work, body=moved)
    extension = {"until": "2026-11-25T12:00:00+08:00", "reason": "缺专用疏通机，明天上午到货"}
    asked = await stage.call("askForExtensionOnBehalf", desk, **work, body=extension)
    decision = {"granted": True, "note": "已与求助人商定"}
    await stage.call("decideExtension", world.supervisor, extension_id=asked["id"], body=decision)
    await stage.call("startJobOnBehalf", desk, **work, body={"happened_at": "2026-11-24T09:58:00+08:00"})
    quote = {"amount_fen": 8_000, "note": "主管疏通，含清洗"}
    await stage.call("quoteJobOnBehalf", desk, **work, body=quote)
    await stage.call("recordConsent", desk, **work, body={"amount_fen": 8_000})
    done = {"result": "疏通完毕，试水通畅", "amount_fen": 8_000}
    await stage.call("completeJobOnBehalf", desk, **work, body=done)
    mended = {"was_fen": 8_000, "amount_fen": 6_000, "reason": "多记了清洗费，已与求助人核对"}
    await stage.call("correctAmount", world.supervisor, **work, body=mended)
    back = await accepted("13805741613")
    await stage.call("startJobOnBehalf", desk, **back)
    gone = {"reason": "no_parts", "note": "缺配件，短期买不到"}
    await stage.call("returnJobOnBehalf", desk, **back, body=gone)
    finding = {"fault": "provider", "note": "已电话核实双方说法"}
    await stage.call("arbitrateJob", world.supervisor, **back, body=finding)
    failed = await accepted("13805741614")
    await stage.call("startJobOnBehalf", desk, **failed)
    await stage.call("failJobOnBehalf", desk, **failed, body={"note": "管道已塌，须先开挖"})
    again = await accepted("13805741615")
    await stage.call("reassignJob", world.supervisor, **again)
    await stage.call("listJobsOfProvider", desk, provider_id=job["provider_id"])


async def providers_queue(stage: Stage) -> None:
    world = stage.world
    provider = await world.add_provider(DRAIN, capacity=20)
    own = provider.client

    async def offered(phone: str) -> str:
        await world.work()  # what waits comes first
        made = await world.dispatch(phone=phone, chosen_provider_id=str(provider.id))
        return str(made["offers"][0]["id"])

    async def accepted(phone: str, **body: Any) -> dict[str, Any]:
        job = await stage.call("acceptOffer", own, offer_id=await offered(phone), **body)
        return {"job_id": job["id"]}

    declined = await offered("13805741620")
    await stage.call("pollOffers", own, prefer="wait=0")
    await stage.call("declineOffer", own, offer_id=declined, body={"reason": "too_far", "note": "在鄞州，来回太久"})
    appointed = {
        "appointment_from": "2026-11-24T14:00:00+08:00",
        "appointment_to": "2026-11-24T15:00:00+08:00",
    }
    work = await accepted("13805741621", body=appointed)
    await stage.call("pollJobs", own)
    await stage.call("readOwnJob", own, **work)
    moved = {
        "appointment_from": "2026-11-24T15:00:00+08:00",
        "appointment_to": "2026-11-24T16:00:00+08:00",
        "agreed_with_citizen": True,
        "agreed_by": "王阿姨",
        "agreed_how": "by_phone",
    }
    await stage.call("moveAppointment", own, **work, body=moved)
    extension = {"until": "2026-11-25T12:00:00+08:00", "reason": "缺专用疏通机，明天上午到货"}
    await stage.call("askForExtension", own, **work, body=extension)
    await stage.call("startJob", own, **work, body={"happened_at": "2026-11-24T09:58:00+08:00"})
    await stage.call("quoteJob", own, **work, body={"amount_fen": 8_000, "agreed_on_site": True})
    await stage.call("completeJob", own, **work, body={"result": "疏通完毕，试水通畅", "amount_fen": 8_000})
    back = await accepted("13805741622")
    await stage.call("returnJob", own, **back, body={"reason": "citizen_absent", "note": "按约上门，家中无人"})
    await stage.call("listPastJobs", own)
    failed = await accepted("13805741624")
    await stage.call("startJob", own, **failed)
    await stage.call("failJob", own, **failed, body={"note": "管道已塌，须先开挖"})


async def citizens(stage: Stage) -> None:
    world, desk = stage.world, stage.world.operator
    provider = await world.add_provider(DRAIN)
    who = {"phone": PHONE}
    edit = {"name": "王阿姨", "area": CHENGLANG, "address": "澄浪路88弄12号302室", "note": "听力不好，请大声说"}
    checked = {"source": "澄浪社区低保登记", "expires_on": "2027-12-31"}
    bar = {"reason": "上次乱收费"}
    known = edit | {
        "memberships": [{"group_code": "hardship", **checked}],
        "bars": [{"provider_id": str(provider.id), **bar}],
    }
    recorded = await stage.call("recordCitizen", desk, body=who | known, Idempotency_Key="desk-3-000421")
    citizen = {"citizen_id": recorded["citizen_id"]}
    await stage.call("searchCaller", desk, body=who)
    await stage.call("searchTiers", desk, body=who | {"item": DRAIN})
    await stage.call("listTiersForAnybody", desk, code=DRAIN)
    await stage.call("listNoShowsOfCitizen", desk, **citizen)
    await stage.call("listNoShowsOfProvider", desk, provider_id=provider.id)
    await stage.call("searchRequests", desk, body={"q": "王阿姨", "open": True, "limit": 20})
    await stage.call("listReveals", world.supervisor, **citizen)
    await stage.call("liftCitizenBar", desk, **citizen, provider_id=provider.id)
    await stage.call("endCitizenMembership", desk, **citizen, group="hardship")
    await stage.call("editCitizen", desk, **who, body=edit)
    await stage.call("addMembership", desk, **who, group="hardship", body=checked)
    await stage.call("barProvider", desk, **who, provider_id=provider.id, body=bar)
    await stage.call("lookUpCaller", desk, **who)
    await stage.call("listTiers", desk, **who, item=DRAIN)
    await stage.call("listNoShows", desk, **who)
    await stage.call("unbarProvider", desk, **who, provider_id=provider.id)
    await stage.call("endMembership", desk, **who, group="hardship")


async def personal_data(stage: Stage) -> None:
    world = stage.world
    await ok(
        world.create("GV01", answer="带身份证到街道便民服务中心办理。", description="老年优待证怎么办", phone=PHONE)
    )
    card = await ok(world.operator.post("/citizens/searches", json={"phone": PHONE}))
    named = {"citizen_id": card["citizen_id"]}
    await stage.call("copyCitizen", world.supervisor, **named)
    await stage.call("printCitizen", world.supervisor, **named, lang="zh")
    agreed = {"given": True, "asked": "by_phone"}
    await stage.call("recordDataConsent", world.operator, **named, purpose="groups", body=agreed)
    second = (await ok(world.operator.post("/citizens", json={"phone": "13757418892"})))["citizen_id"]
    why = {"into": card["citizen_id"], "why": "second_number"}
    await stage.call("joinCitizen", world.supervisor, citizen_id=second, body=why)
    await stage.call("partCitizen", world.supervisor, citizen_id=second)
    await stage.call("eraseCitizen", world.supervisor, **named, body={"asked": "in_person"})


async def calls(stage: Stage) -> None:
    world, desk = stage.world, stage.world.operator
    ringing = {"phone": PHONE, "began_at": "2026-11-24T09:59:30+08:00", "external_id": "pbx-20261124-000417"}
    named = {"call_id": "01a20b48-0900-7000-8000-0000000000aa"}
    await stage.call("recordCall", desk, **named, body=ringing | {"status": "ongoing"})
    await stage.call("listMyOpenCalls", desk)
    await stage.call("readCallNumber", desk, **named)
    await stage.call("listCalls", world.supervisor)
    day = {"from": "2026-11-24", "to": "2026-11-24"}
    await stage.call("readCallFigures", world.manager, **day)


async def catalogue(stage: Stage) -> None:
    world, desk = stage.world, stage.world.operator
    for read in ("listCategories", "listTownships", "listGroups", "listPaperKinds", "listEntitlements"):
        await stage.call(read, desk)
    await stage.call("searchItems", desk, q="xsd", limit=5)
    await stage.call("readItem", desk, code=DRAIN)
    await stage.call("editItem", world.registrar, code=DRAIN, body={"keywords": ["下水道堵了", "反水", "地漏堵"]})
    await stage.call("suggestItems", desk, body={"words": "厨房下水道堵了，水倒灌", "limit": 3})
    await stage.call("searchCommunities", desk, q="澄浪")
    await stage.call("findNearest", desk, body={"lat": 29.8601, "lon": 121.5402, "crs": "wgs84", "limit": 3})
    garden = {
        "kind": "estate",
        "zh": "澄浪花园",
        "en": "Chenglang Garden",
        "aliases": ["澄园"],
        "community_code": CHENGLANG,
        "lat": 29.8601,
        "lon": 121.5402,
    }
    made = await stage.call("addPlace", world.registrar, body=garden, Idempotency_Key="places-2026-11-24-1")
    place = {"place_id": made["id"]}
    await stage.call("readPlace", desk, **place)
    await stage.call("listPlaces", desk)
    await world.application.state.catalog.read()
    await stage.call("searchPlaces", desk, body={"words": "澄浪花园3幢"})
    await stage.call("editPlace", world.registrar, **place, body={"aliases": ["澄园", "老澄浪"]})
    await stage.call("exportPlaces", desk)
    headings = "类别,名称,英文名称,别名,拼音,街道（乡镇）,社区,纬度,经度,坐标系"
    rows = f"{headings}\n楼宇,天封大厦,Tianfeng Mansion,,,,,29.86415,121.55427,高德\n"
    await stage.call("importPlaces", world.registrar, body=rows.encode(), dry_run=True)
    await stage.call("endPlace", world.registrar, **place)


async def calendar(stage: Stage) -> None:
    admin = stage.world.admin
    await stage.call("enterCalendarDay", admin, day="2026-12-07", body={"working": False, "note": "台风停工"})
    await stage.call("readCalendarYear", admin, year=2026)
    await stage.call("forgetCalendarDay", admin, day="2026-12-07")
    await stage.call("listChecks", admin)


async def dangers(stage: Stage) -> None:
    world = stage.world
    await stage.call("listDangers", world.operator)
    gas = {"kind": "gas"}
    guide = await stage.call("readDanger", world.registrar, **gas)
    changed = guide["approved"]["content"] | {"change": "燃气抢修电话更新"}
    changed["lines"] = [line | {"number": line["number"] or "0574-87654321"} for line in changed["lines"]]
    await stage.call("writeDangerDraft", world.registrar, **gas, If_Match='"1"', body=changed)
    number = max(one["number"] for one in await stage.call("listDangerVersions", world.registrar, **gas))
    await stage.call("approveDangerDraft", world.supervisor, **gas, number=number)
    again = changed | {"change": "另一稿"}
    again["lines"] = [*changed["lines"][:-1], changed["lines"][-1] | {"number": "0574-87654322"}]
    version = (await world.registrar.get("/dangers/gas")).headers["etag"]
    await stage.call("writeDangerDraft", world.registrar, **gas, If_Match=version, body=again)
    await stage.call("refuseDangerDraft", world.supervisor, **gas, number=number + 1, body={"note": "号码有误"})


ARTICLE = {name: fact for name, fact in LOST_CARD.items() if name != "slug"}


async def knowledge(stage: Stage) -> None:
    world = stage.world
    registrar, supervisor, desk = world.registrar, world.supervisor, world.operator
    named = {"slug": "lost-id-card"}
    await stage.call("writeArticle", registrar, body=named | ARTICLE, Idempotency_Key="articles-2026-11-24-1")
    await stage.call("approveArticle", supervisor, **named, number=1)
    await stage.call("searchKnowledge", desk, body={"words": "身份证丢了怎么办", "item": "GV02"})
    await stage.call("readArticle", desk, **named)
    await stage.call("listArticles", desk, item="GV02")
    version = (await registrar.get("/knowledge/articles/lost-id-card")).headers["etag"]
    draft = ARTICLE | {"change": "工本费调整", "fees": {"zh": "工本费 20 元", "en": "20 yuan"}}
    await stage.call("writeArticleDraft", registrar, **named, If_Match=version, body=draft)
    await stage.call("refuseArticle", supervisor, **named, number=2, body={"note": "收费标准有误"})
    [latest, *_] = await stage.call("listArticleVersions", desk, **named)
    await stage.call("listVersionStandings", desk, version=[latest["id"]])
    await stage.call("reviewArticle", supervisor, **named, body={"review_on": "2027-11-24"})
    await stage.call("listArticleReviews", supervisor)
    moment = {"zh": "请稍等，我为您查询。", "en": "One moment, please."}
    await stage.call("putText", supervisor, name="请稍等", body=moment)
    await stage.call("listTexts", desk)
    await stage.call("deleteText", supervisor, name="请稍等")
    exported = await stage.call("exportArticles", registrar)
    await stage.call("importArticles", registrar, body=exported.encode(), dry_run=True)
    await stage.call("listKnowledgeGaps", supervisor, **{"from": "2026-11-01", "to": "2026-11-24"})
    await stage.call("withdrawArticle", supervisor, **named, body={"note": "规定已废止"})


async def matching(stage: Stage) -> None:
    world = stage.world
    await world.add_provider(DRAIN)
    asked = {"item": DRAIN, "area": CHENGLANG, "tier": "paid", "phone": PHONE}
    await stage.call("previewMatching", world.operator, body=asked)
    await stage.call("readFairness", world.manager, month="2026-11", item=DRAIN)
    rules = {
        "mode": "cascade",
        "weights": {"distance": 3, "fairness": 2, "credit": 1},
        "offer_timeouts": {"emergency": 60, "urgent": 120, "same_day": 600, "booked": 3600, "info": 3600},
        "note": "夏季高温，缩短派单时限",
    }
    made = await stage.call("makePolicy", world.supervisor, body=rules, Idempotency_Key="policy-2026-summer")
    await stage.call("listPolicies", world.supervisor)
    await stage.call("readPolicy", world.operator, version=made["version"])
    await stage.call("withdrawPolicy", world.supervisor, version=made["version"])


async def surges(stage: Stage) -> None:
    world = stage.world
    await world.add_provider("PE05")
    body = {"reason": "台风过境，海曙多处积水", "category_code": "PE"}
    begun = await stage.call("beginSurge", world.supervisor, body=body, Idempotency_Key="surge-2026-11-24")
    await stage.call("listSurges", world.operator)
    deferred = await world.dispatch("PE05", channel="web")
    await stage.call("listDeferrals", world.operator)
    await stage.call("tellOfDeferral", world.operator, request_id=deferred["request"]["id"])
    await stage.call("endSurge", world.supervisor, surge_id=begun["id"])


async def aftercare(stage: Stage) -> None:
    world, desk, supervisor = stage.world, stage.world.operator, stage.world.supervisor
    provider = await world.add_provider(DRAIN)
    done = await complete(world, provider)
    world.advance(hours=3)
    await world.work()
    await stage.call("listCallbacks", desk)
    callback = await stage.call("takeCallback", desk)
    said = {"reached": True, "solved": True, "satisfaction": "satisfied", "paid_fen": 8_000, "remark": "师傅很细心"}
    await stage.call("recordCallbackOutcome", desk, callback_id=callback["id"], body=said)
    contact = {"purpose": "complaint", "phone": PHONE, "note": "师傅走后又漏水，电话不接"}
    await desk.post(f"/requests/{done['id']}/contacts", json=contact)
    [case] = (await stage.call("listComplaints", supervisor, open=True))["items"]
    named = {"complaint_id": case["id"]}
    await stage.call("handOverComplaint", supervisor, **named, body={"staff_id": str(world.staff_ids[Role.SUPERVISOR])})
    await world.work()
    await stage.call("listOwnComplaints", provider.client)
    answer = {"text": "已联系求助人，明天上午免费返修"}
    await stage.call("replyToComplaint", provider.client, **named, body=answer)
    await stage.call("replyToComplaintOnBehalf", desk, **named, body={"text": "已返修，试水通畅"})
    decided = {"upheld": True, "fault": "provider", "decision": "情况属实，已责成返修并致歉"}
    await stage.call("decideComplaint", supervisor, **named, body=decided)
    taken = await stage.call("takeComplaintToAnswer", desk)
    await stage.call(
        "recordComplaintAnswer", desk, complaint_id=taken["id"], body={"reached": True, "note": "求助人认可处理结果"}
    )


async def credit(stage: Stage) -> None:
    world, registrar = stage.world, stage.world.registrar
    provider = await world.add_provider(DRAIN, capacity=20)
    reply = {"text": "当天师傅突发疾病，已提前说明"}
    first = {"entry_id": (await proposed(world, provider))["id"]}
    await stage.call("readOwnCredit", provider.client)
    await stage.call("listCreditEntries", registrar)
    await stage.call("readCredit", registrar, provider_id=provider.id)
    await stage.call("readCreditRules", provider.client)
    rules = (await stage.call("listCreditRulesVersions", registrar))["items"][0]["rules"]
    await stage.call("replyToCreditEntry", provider.client, **first, body=reply)
    decided = {"apply": True, "note": "申辩理由不成立，无病假证明"}
    world.advance(days=7, hours=1)
    await stage.call("decideCreditEntry", registrar, **first, body=decided)
    appeal = {"text": "补交病假证明，请撤销扣分"}
    await stage.call("appealCreditEntry", provider.client, **first, body=appeal)
    granted = {"granted": True, "note": "证明属实，撤销扣分"}
    await stage.call("decideCreditAppeal", registrar, **first, body=granted)
    await give_back(world, provider, phone="13957412346")
    items = (await provider.client.get("/provider/credit")).json()["items"]
    second = {"entry_id": next(one["id"] for one in items if one["id"] != first["entry_id"])}
    await stage.call("replyToCreditEntryOnBehalf", world.operator, **second, body=reply)
    world.advance(days=8)
    await registrar.put(f"/credit/entries/{second['entry_id']}/decision", json=decided)
    await stage.call("appealCreditEntryOnBehalf", world.operator, **second, body=appeal)
    world.advance(minutes=1)
    version = {**rules, "version": "海曙2027", "sample": False}
    await stage.call("makeCreditRulesVersion", registrar, body=version, Idempotency_Key="credit-rules-2027")


async def supervision(stage: Stage) -> None:
    world, supervisor = stage.world, stage.world.supervisor
    provider = await world.add_provider(DRAIN)
    await world.dispatch(CLEANING, phone="13805741630")
    await world.work()
    await stage.call("listSupervisionQueue", supervisor)
    await stage.call("countSupervisionQueue", supervisor)
    await stage.call("listSilentProviders", supervisor)
    async with world.context.db.begin() as tx:
        await tx.driver.execute(
            "INSERT INTO step_troubles (step, subject_id, tries, error, since, last_at)"
            " VALUES ('trial', $1, 5, 'ValueError', $2, $2)",
            provider.id,
            world.clock.now(),
        )
    await stage.call("readWorker", supervisor)
    await stage.call("releaseTrouble", supervisor, step="trial", subject_id=provider.id)


LOCKSMITH: dict[str, Any] = {
    "name": "宁波海曙安顺开锁服务有限公司",
    "kind": "company",
    "uscc": "91330203MA1900001D",
    "contact_name": "周师傅",
    "phone": "13805741234",
    "area": CHENGLANG,
    "reached_by": "phone",
    "capacity": 4,
    "coverage": [NANMEN, "330203002"],
    "hours": [{"weekday": day, "opens": "08:00:00", "closes": "20:00:00"} for day in range(1, 8)],
    "papers": [
        {"paper_code": "lock", "number": "甬公锁备2024-0317", "issued_on": "2024-05-01", "expires_on": "2027-04-30"}
    ],
    "items": [{"item_code": "LS01", "tier": "paid", "price_kind": "fixed", "price_fen": 15_000}],
}


async def applications(stage: Stage) -> None:
    world, registrar = stage.world, stage.world.registrar
    form = LOCKSMITH | {"note": "有三名持证开锁师傅"}
    filed = await stage.call("fileApplication", world.anonymous, body=form, Idempotency_Key="join-2026-11-24-1")
    known = {"number": filed["number"], "query_code": filed["query_code"]}
    await stage.call("followApplication", world.anonymous, **known)
    waiting = (await stage.call("listApplications", registrar))["items"][0]
    named = {"application_id": waiting["id"]}
    await stage.call("readApplication", registrar, **named)
    await stage.call("enterApplication", registrar, **named, body={"distinct": False})
    others = [
        form | {"name": f"宁波海曙快捷{n}开锁服务有限公司", "uscc": credit_code(880_000 + n), "phone": f"1380574990{n}"}
        for n in (1, 2)
    ]
    second, third = [(await world.anonymous.post("/public/applications", json=one)).json() for one in others]
    waiting = (await registrar.get("/applications")).json()["items"]
    one = next(one["id"] for one in waiting if one["number"] == second["number"])
    await stage.call("refuseApplication", registrar, application_id=one, body={"reason": "开锁备案证明已过期"})
    known = {"number": third["number"], "query_code": third["query_code"]}
    await stage.call("withdrawApplication", world.anonymous, **known)


async def registry(stage: Stage) -> None:
    world, registrar = stage.world, stage.world.registrar
    added = await stage.call("addProvider", registrar, body=LOCKSMITH, Idempotency_Key="registry-2026-11-24-1")
    provider = {"provider_id": added["id"]}
    await stage.call("listProviders", registrar, item="LS01")
    await stage.call("readProvider", registrar, **provider)
    priced = {"item": "LS01", "tier": "paid"}
    await stage.call("approvePrice", registrar, **provider, **priced)

    async def version() -> str:
        return str((await registrar.get(f"/providers/{added['id']}")).headers["etag"])

    standing = {"standing": "trial", "reason": "证照齐全，现场核验通过"}
    await stage.call("changeStanding", registrar, **provider, If_Match=await version(), body=standing)
    await stage.call("editProvider", registrar, **provider, If_Match=await version(), body={"capacity": 6})
    paper = {"number": added["uscc"], "issued_on": "2021-12-24", "expires_on": "2031-12-23"}
    await stage.call("putPaper", registrar, **provider, paper="business", body=paper)
    await stage.call("listExpiringPapers", registrar, within_days=60)
    await stage.call("removePaper", registrar, **provider, paper="business")
    price = {"price_kind": "fixed", "price_fen": 13_000, "valid_from": "2026-12-01"}
    await stage.call("setPrice", registrar, **provider, **priced, body=price)
    await stage.call("endPrice", registrar, **provider, **priced)
    await stage.call("setAvailabilityByPhone", world.operator, **provider, body={"reachable": True, "capacity": 3})
    day = {"day": "2026-11-25"}
    shorter = {"hours": [{"opens": "08:00:00", "closes": "12:00:00"}]}
    await stage.call("setException", world.operator, **provider, **day, body=shorter)
    await stage.call("endException", world.operator, **provider, **day)
    made = await stage.call("addKey", registrar, **provider, body={"label": "前台电脑"}, Idempotency_Key="keys-1")
    await stage.call("listKeys", registrar, **provider)
    own = await world.client(made["key"])
    await stage.call("rotateKey", registrar, **provider, label="前台电脑", body={"former_valid_hours": 24})
    await stage.call("readOwnProvider", own)
    await stage.call("setAvailability", own, body={"reachable": True, "capacity": 4})
    await stage.call("proposePrice", own, **priced, body={"price_kind": "fixed", "price_fen": 16_000})
    await stage.call("setOwnHours", own, body=LOCKSMITH["hours"])
    await stage.call("setOwnException", own, **day, body={"hours": []})
    await stage.call("endOwnException", own, **day)
    month = {"month": "2026-10"}
    declared = {"turnover_fen": 7_000_000, "profit_tax_fen": 500_000}
    await stage.call("fileOwnMonth", own, **month, body=declared)
    await stage.call("listOwnMonths", own)
    await stage.call("fileMonth", registrar, **provider, month="2026-09", body=declared | {"baseline": True})
    await stage.call("listMonthsOfProviders", registrar, **month)
    await stage.call("lockMonth", registrar, **provider, **month, body=declared)
    await stage.call("reopenMonth", registrar, **provider, **month, body={"reason": "漏计两张发票"})
    await stage.call("exportRegistry", registrar, format="csv")
    await stage.call("readTemplate", registrar)
    row = provider_row(added["uscc"], 编号=added["number"], 状态="")
    await stage.call("importRegistry", registrar, body=csv_file([PROVIDER_HEADING, row]).encode(), dry_run=True)
    await stage.call("revokeKey", registrar, **provider, label="前台电脑")


async def notices(stage: Stage) -> None:
    world, desk = stage.world, stage.world.operator
    provider = await world.add_provider(DRAIN, reached_by=ReachedBy.PHONE)
    for month in ("2026-09", "2026-10"):
        words = {"zh": f"请补交 {month} 月报", "en": f"File your return of {month}"}
        async with world.context.db.begin() as tx:
            await send_notice(act_of(world.context), tx, provider.id, "as_written", month, words)
    await stage.call("listNoticesToPhone", desk)
    await stage.call("takeNoticeToPhone", desk)
    named = {"provider_id": provider.id}
    told = (await stage.call("listNotices", desk, **named))["items"]
    await stage.call("readOutNotice", desk, **named, notice_id=told[0]["id"])
    await stage.call("listOwnNotices", provider.client)
    await stage.call("readOwnNotice", provider.client, notice_id=told[1]["id"])


async def statement(stage: Stage) -> None:
    world, desk = stage.world, stage.world.operator
    provider = await world.add_provider(DRAIN)
    done = await complete(world, provider)
    named, month = {"provider_id": provider.id}, {"month": "2026-11"}
    await stage.call("readOwnStatement", provider.client, **{"from": "2026-09", "to": "2026-11"})
    await stage.call("readOwnStatementMonth", provider.client, **month)
    await stage.call("readStatement", desk, **named, **{"from": "2026-09", "to": "2026-11"})
    await stage.call("readStatementMonth", desk, **named, **month)
    link = await stage.call(
        "makeStatementLink", desk, **named, body=month | {"days": 14}, Idempotency_Key="links-2026-11"
    )
    await stage.call("listStatementLinks", desk, **named)
    await stage.call("openStatementLink", world.anonymous, token=link["path"].rpartition("/")[2], lang="zh")
    await stage.call("revokeStatementLink", desk, **named, link_id=link["id"])
    await stage.call("listOwnDecisions", provider.client, day="2026-11-24")
    await stage.call("listOwnDecisionsOfRequest", provider.client, request_id=done["id"])
    await stage.call("listDecisionsOfProvider", desk, **named, day="2026-11-24")
    await stage.call("listOwnNoShows", provider.client)


async def metrics(stage: Stage) -> None:
    world, manager = stage.world, stage.world.manager
    await complete(world, await world.add_provider(DRAIN))
    days = {"from": "2026-11-01", "to": "2026-11-24"}
    await stage.call("readVolumes", manager, **days)
    await stage.call("readFulfilment", manager, **days)
    await stage.call("readWorkFigures", manager, **days)
    await stage.call("readTurnover", manager, month="2026-11")
    await stage.call("readPresentFigures", manager, category="PE")
    await stage.call("readDayFigures", manager, day="2026-11-24")


async def webhooks(stage: Stage) -> None:
    world = stage.world
    own = (await world.add_provider(DRAIN)).client
    endpoint = {"url": "https://8.8.8.8/hotline", "label": "派单系统", "types": ["offer.made", "offer.withdrawn"]}
    made = await stage.call("addWebhook", own, body=endpoint, Idempotency_Key="webhook-1")
    named = {"webhook_id": made["id"]}
    await stage.call("listWebhooks", own)
    await stage.call("readWebhook", own, **named)
    await stage.call("proveWebhook", own, **named, body={"proof": await proof(own, made["id"])})
    version = (await own.get(f"/webhooks/{made['id']}")).headers["etag"]
    await stage.call("editWebhook", own, **named, If_Match=version, body={"label": "派单系统（新）"})
    await stage.call("sendWebhookTest", own, **named, Idempotency_Key="webhook-test-1")
    sent = (await stage.call("listDeliveries", own, **named))["items"]
    await stage.call("replayDelivery", own, **named, delivery_id=sent[0]["id"])
    await stage.call("replayDeliveries", own, **named, body={"since": "2026-11-24T00:00:00+08:00", "limit": 1000})
    await stage.call("rotateWebhookSecret", own, **named, body={"former_valid_hours": 24}, Idempotency_Key="secret-2")
    await stage.call("deleteWebhook", own, **named)


async def second_factor(stage: Stage) -> None:
    world = stage.world
    await give_passwords(world)
    own, password = await signed_in(world, "t.operator"), {"password": PASSWORD}
    begun = await stage.call("beginSecondFactor", own, body=password)
    code = pyotp.TOTP(begun["secret"]).at(world.clock.world_now(), counter_offset=-1)
    await stage.call("finishSecondFactor", own, body={"code": code})
    await stage.call("renewRecoveryCodes", own, body=password)
    await stage.call("removeSecondFactor", own, body=password)


CHAPTERS: list[Chapter] = [
    sign_in, second_factor, staff, health, requests, dispatching, jobs_on_behalf, providers_queue, citizens,
    personal_data, calls, catalogue, calendar, dangers, knowledge, matching, surges, aftercare, credit, supervision,
    applications, registry, notices, statement, metrics, webhooks,
]  # fmt: skip
