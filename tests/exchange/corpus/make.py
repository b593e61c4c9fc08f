"""Makes the files in this folder: `python -m tests.exchange.corpus.make`, where LibreOffice is installed.

Each describes the same provider as `sheets_of`, in the dialect of some program. Parts that only Excel or WPS writes are
put into LibreOffice's file by hand.
"""

import io
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date, time
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.exchange.files import PROVIDER_HEADING, provider_row, sheets_of
from tests.world import credit_code

HERE = Path(__file__).parent
CODE = credit_code(700_001)
CSV = "csv:Text - txt - csv (StarCalc)"
STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
}


def source(*, mac: bool = False) -> bytes:
    """Return a workbook with real dates, times and numbers in its cells, as a person would type them."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    if mac:
        book.epoch = CALENDAR_MAC_1904
    tables = sheets_of(CODE)
    heading = (*PROVIDER_HEADING, "纬度", "经度")
    row = [*provider_row(CODE, 联系电话=13805741234), 29.87, 121.55]
    tables["单位"] = [("海曙区加盟单位一览表",), (), heading, row]
    tables["项目与价格"] = [
        tables["项目与价格"][0],
        (CODE, "LS01", "有偿", "定价", 119.99999999999999, day("2026-01-01")),
    ]
    tables["证照"] = [tables["证照"][0], (CODE, "lock", "甬公锁备2024-0317", day("2024-05-01"), day("2027-04-30"))]
    hours = [(CODE, "星期一", time(8), time(12)), (CODE, 1, time(13), "24:00")]
    tables["营业时间"] = [tables["营业时间"][0], *hours]
    tables["特殊日期"] = [tables["特殊日期"][0], (CODE, day("2027-01-01"), None, None)]
    for title, rows in tables.items():
        sheet = book.create_sheet(title)
        for cells in rows:
            sheet.append(list(cells))
    book["单位"].merge_cells("A1:J1")
    book["服务区域"].row_dimensions[3].hidden = True
    reserved = book.create_sheet("WpsReserved_CellImgList")
    reserved.append(["图片", "=A1"])
    reserved.sheet_state = "veryHidden"
    return saved(book)


def day(text: str) -> date:
    return date.fromisoformat(text)


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def converted(content: bytes, form: str, name: str = "source.xlsx") -> bytes:
    """Return the file as LibreOffice saves it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [shutil.which("soffice") or "soffice", profile, "--headless", "--convert-to", form]
        out = Path(folder) / "out"
        subprocess.run([*command, "--outdir", str(out), str(Path(folder) / name)], check=True, capture_output=True)
        return next(out.iterdir()).read_bytes()


def changed(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return the archive with some parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def strict(name: str, content: bytes) -> bytes:
    """Return the part as in Excel's “Strict Open XML Spreadsheet”."""
    for usual, other in STRICT.items():
        content = content.replace(usual, other)
    return content


def wps(name: str, content: bytes) -> bytes:
    """Return the part with what WPS and Excel leave in it: escaped line ends, readings, invalid dates, extensions."""
    if name == "xl/sharedStrings.xml":
        reading = '<rPh sb="0" eb="2"><t>ANSHUN</t></rPh>'
        text = content.decode()
        return re.sub(r"<si><t([^>]*)>周师傅</t>", rf"<si><t\1>周师傅_x000D_</t>{reading}", text).encode()
    if name == "docProps/custom.xml":
        return b"<Properties><property name='KSOProductBuildVer'><x>2052-12.1</x></property></Properties>"
    if name == "docProps/core.xml":
        return re.sub(rb"(<dcterms:created[^>]*>)[^<]*", rb"\1yesterday", content)
    if name == "xl/styles.xml":
        return content.replace(b"<fonts ", b'<fonts x14ac:knownFonts="1" xmlns:x14ac="http://x" ').replace(
            b'<family val="2"/>', b'<family val="99"/>'
        )
    if name == "xl/workbook.xml":
        names = (
            b'<definedNames><definedName name="_xlnm.Print_Area" localSheetId="0">#REF!</definedName></definedNames>'
        )
        return content.replace(b"</sheets>", b"</sheets>" + names, 1)
    return content


def windows(content: bytes) -> bytes:
    """Return the file with part names as some .NET programs write them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name)
            part.filename = name.replace("/", "\\")
            new.writestr(part, old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def wrong() -> bytes:
    """Return a file with cells that Excel has spoilt, one by one."""
    book = openpyxl.load_workbook(io.BytesIO(source()))
    providers, prices = book["单位"], book["项目与价格"]
    providers["D4"], providers["F4"] = 913302030000000000, 1.38057e10
    providers["K4"], providers["L4"] = 121.55, 29.87
    prices["E2"], prices["F2"] = 0.5, "#N/A"
    prices["E2"].number_format = "0%"
    prices["A3"], prices["B3"] = CODE, '=UPPER("pe02")'
    book["证照"]["C2"] = 913302031234567890123
    return saved(book)


def csv_of(tables: dict[str, Any], form: str) -> bytes:
    book = openpyxl.Workbook()
    for row in tables["单位"]:
        book.worksheets[0].append(list(row))
    return converted(saved(book), form)


def main() -> None:
    """Write every file."""
    files: dict[str, bytes] = {}
    files["libreoffice.xlsx"] = made = converted(source(), "xlsx")
    files["mac-1904.xlsx"] = converted(source(mac=True), "xlsx")
    files["strict.xlsx"] = changed(made, strict)
    files["wps.xlsx"] = changed(made, wps)
    files["backslashes.xlsx"] = windows(made)
    files["spoilt.xlsx"] = converted(wrong(), "xlsx")
    files["old.xlsx"] = converted(source(), "xls")
    files["calc.ods"] = converted(source(), "ods")
    files["page.xlsx"] = converted(source(), "html")
    tables = sheets_of(CODE)
    for name, token in {"utf8": "44,34,76", "utf16": "9,34,65535", "gb18030": "59,34,85"}.items():
        files[f"{name}.csv"] = csv_of(tables, f"{CSV}:{token},1")
    for name, content in files.items():
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
