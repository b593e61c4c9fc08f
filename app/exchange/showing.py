"""Shows the faults of a file to the person who sent it."""

from collections.abc import Iterator, Mapping, Sequence

from app.exchange.errors import MOST_SHOWN
from app.exchange.faults import Fault
from app.exchange.schemas import CellFault
from app.exchange.sheets import Sheet
from app.kit.languages import Language, say


def show_faults(faults: Sequence[Fault], by_key: Mapping[str, Sheet], language: Language) -> Iterator[CellFault]:
    """Yield the first 500 faults in the order of the file, with titles and headings in the caller's language."""
    places = {key: place for place, key in enumerate(by_key)}
    for fault in sorted(faults, key=lambda fault: (places.get(fault.sheet, -1), fault.row))[:MOST_SHOWN]:
        sheet = by_key.get(fault.sheet)
        column = next((c for c in sheet.columns if c.key == fault.column), None) if sheet else None
        yield CellFault(
            sheet=say(sheet, language) if sheet else fault.sheet,
            row=fault.row,
            column=say(column, language) if column else fault.column,
            value=fault.value[:60],
            code=fault.code,
            zh=fault.sentence(Language.ZH),
            en=fault.sentence(Language.EN),
        )
