"""All written forms of a phone number are the same number, and anything else is refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.kit.personal import mask_phone
from app.kit.phones import OwnPhone, Phone, ProviderPhone, canonical, is_service_line

HERE = "0574"
own, providers, any_phone = TypeAdapter[str](OwnPhone), TypeAdapter[str](ProviderPhone), TypeAdapter[str](Phone)

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
fixed_lines = st.from_regex(r"[2-8][0-9]{7}", fullmatch=True).filter(lambda own: len(set(own)) > 1)
extensions = st.from_regex(r"[0-9]{1,5}", fullmatch=True)
marks = st.sampled_from(
    ["转", "轉", "分机", "转分机", " 内线：", " ext. ", "ext", "x", ",", "，", "#", "＃", ";ext=", "*"]
)


@st.composite
def mangled(draw: st.DrawFn, number: str) -> str:
    """Return the digits with what people put between them, in half or full width, with invisible characters."""
    gaps = st.sampled_from(["", "", "", " ", "-", ".", "·", "—", "\u200b", "\u202d", "\u00a0", "\u3000"])
    parts = [number[0]] + [draw(gaps) + digit for digit in number[1:]]
    text = "".join(parts)
    return text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789-()"}) if draw(st.booleans()) else text


@given(st.data(), mobiles, st.sampled_from(["", "+86", "0086", "86", "0", "（+86）", "+86 0", "17951"]))
def test_mobile_numbers_have_one_form(data: st.DataObject, mobile: str, prefix: str) -> None:
    assert canonical(f"{prefix}{data.draw(mangled(mobile))}", HERE) == mobile


@given(st.data(), fixed_lines, st.sampled_from(["", "0574", "(0574)", "+86574", "+86 (0)574", "0086574", "860574"]))
def test_fixed_lines_get_the_centres_area_code(data: st.DataObject, line: str, prefix: str) -> None:
    assert canonical(f"{prefix}{data.draw(mangled(line))}", HERE) == f"0574{line}"


@given(st.data(), st.sampled_from(["13957412345", "057487651234", "87651234", "4001234567", "+85291234567"]))
def test_an_extension_is_kept(data: st.DataObject, number: str) -> None:
    typed = data.draw(mangled(number)) if number[0] != "+" else number
    extension = data.draw(extensions)
    after = canonical(f"{typed}{data.draw(marks)}{extension}", HERE)
    assert after == f"{canonical(number, HERE)},{extension}"


@given(st.text(alphabet=st.sampled_from("0123456789+-()（）转,#x 86057４ext.分机\u200b"), max_size=24))
def test_a_normal_form_is_its_own_normal_form(typed: str) -> None:
    if phone := canonical(typed, HERE):
        assert canonical(phone, HERE) == phone
        assert canonical(phone, "010") == phone, "it says its area code, wherever it is read"
        assert unicodedata.is_normalized("NFKC", phone)


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("87651234-801", "057487651234,801"),
        ("0574-87651234-8", "057487651234,8"),
        ("87651234（801）", "057487651234,801"),
        ("87651234（分机801）", "057487651234,801"),
        ("87651234,,801#", "057487651234,801"),
        ("tel:+86-574-8765-1234;ext=801", "057487651234,801"),
        ("0574-8765-1234", "057487651234"),
        ("87651234总机转801", "057487651234,801"),
        ("总机87651234转801", "057487651234,801"),
        ("87651234转801转2", "057487651234,801,2"),
        ("87651234,801#2#", "057487651234,801,2"),
        ("87651234转", "057487651234"),
        ("87651234 总机", "057487651234"),
        ("手机13805741688", "13805741688"),
        ("手机号码：138 0574 1688。", "13805741688"),
        ("13805741688#", "13805741688"),
        ("电话：0574-87651234", "057487651234"),
        ("联系电话 87651234 转 801", "057487651234,801"),
        ("Tel. 0574-87651234", "057487651234"),
        ("Phone: +852 9123 4567", "+85291234567"),
        ("0951-6812345", "09516812345"),
        ("+86 951 6812345", "09516812345"),
        ("95168", "95168"),
        ("8612 3456", "057486123456"),
        ("010 6512 3456", "01065123456"),
        ("0310-3012345", "03103012345"),
        ("57487651234", "057487651234"),
        ("٠١٣٩٥٧٤١٢٣٤٥", "13957412345"),
        ("+852 9123 4567", "+85291234567"),
        ("0085291234567", "+85291234567"),
        ("+1 (212) 555-1234 x12", "+12125551234,12"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+886 2 2345 6789", "+886223456789"),
        ("0574-12345", "12345"),
        ("400-820-8820", "4008208820"),
    ],
)
def test_numbers_are_brought_to_their_normal_form(typed: str, phone: str) -> None:
    assert canonical(typed, HERE) == phone


@pytest.mark.parametrize(
    "typed",
    [
        "", "1", "王阿姨", "00000000000", "11111111111", "88888888", "0574-88888888", "99999999999", "12345678901",
        "1395741234", "139574123456", "0574-8765123", "87651234/87651235", "+999 1234567", "+852 1", "0555123456789",
        "手机", "电话：", "转", "9516812345", "95168123456", "95168123",
        "转801", "1e10", "' OR 1=1 --", "<b>87651234</b>", "😀", "13957412345转123456789",
    ],
)  # fmt: skip
def test_text_that_is_no_number_is_refused(typed: str) -> None:
    assert canonical(typed, HERE) is None
    with pytest.raises(ValidationError, match="there is no such number"):
        any_phone.validate_python(typed)


@pytest.mark.parametrize("line", ["110", "119", "120", "122", "12345", "12315", "10086", "114"])
def test_a_public_line_can_be_a_callers_number_but_nobodys_own(line: str) -> None:
    assert any_phone.validate_python(line) == line
    assert is_service_line(line)
    with pytest.raises(ValidationError, match="service line"):
        own.validate_python(line)
    with pytest.raises(ValidationError, match="public line"):
        providers.validate_python(line)


@pytest.mark.parametrize("line", ["4001234567", "800-820-8820", "95588", "955888", "96345"])
def test_a_company_line_can_be_a_providers_number(line: str) -> None:
    assert providers.validate_python(line) == any_phone.validate_python(line)
    with pytest.raises(ValidationError, match="service line"):
        own.validate_python(line)


def test_another_centre_has_another_area_code() -> None:
    assert canonical("87651234", "0571") == "057187651234"
    assert canonical("3012345", "0310") == "03103012345"


def test_a_masked_number_is_refused() -> None:
    assert [mask_phone(phone) for phone in ("13957412345", "057487651234,801", "+85291234567", "110", None)] == [
        "139****2345", "057****1234,***", "+85****4567", "****", None,
    ]  # fmt: skip
