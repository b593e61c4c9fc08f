"""What is generated from the terms: the glossary, and the words of the console and of the provider kit."""

import re
from collections.abc import Sequence
from pathlib import Path

import app.cli
import app.main  # noqa: F401 (every term is declared once both are loaded)
from app.catalog.models import Urgency
from app.complaints.models import ComplaintStatus
from app.credit.models import EntryStatus
from app.jobs.models import DeclineReason, JobStatus, ReturnReason, ToldHow
from app.kit.languages import Language, say
from app.kit.terms import Term
from app.registry.models import MonthStatus

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
CONSOLE = ROOT / "console" / "src" / "kit" / "terms.ts"
KIT = ROOT / "providers" / "hotline_provider" / "terms.py"
OF_PROVIDERS: Sequence[type[Term]] = (
    Urgency, JobStatus, DeclineReason, ReturnReason, EntryStatus, MonthStatus, ComplaintStatus,
)  # fmt: skip
"""Terms that the provider kit shows."""
SENT: Sequence[type[Term]] = (DeclineReason, ToldHow, ReturnReason)
"""Terms that it sends, which are enums of its own."""

_HEAD = """# Glossary

The words of every role, state, reason, channel, tier and figure: the code in the database and the API, what people call
it in Chinese and in English, and what it means. Screens, printed statements, problem documents and the provider kit all
say these. Written by `make surface` from the enums, where a word is changed and a code is added (`app/kit/terms.py`).
What leads from one state to the next is in [states.md](states.md), what can happen in [events.md](events.md).
"""


def terms() -> Sequence[type[Term]]:
    """Return every enum of terms by feature and name."""
    ours = (one for one in Term.__subclasses__() if one.__module__.startswith("app."))
    return sorted(ours, key=lambda one: (feature(one), one.__name__))


def feature(term: type[Term]) -> str:
    """Return the package under app/ that it belongs to."""
    return term.__module__.split(".")[1]


def glossary() -> str:
    """Return docs/glossary.md."""
    parts, last = [_HEAD], ""
    for one in terms():
        if feature(one) != last:
            last = feature(one)
            parts.append(f"\n## {last}\n")
        parts.append(f"\n### {spaced(one.__name__)}\n\n{paragraph(one.__doc__)}\n\n")
        parts.append("| code | 中文 | English | meaning |\n|---|---|---|---|\n")
        parts += [f"| `{term}` | {term.zh} | {term.en} | {term.meaning} |\n" for term in one]
    return "".join(parts)


def console() -> str:
    """Return console/src/kit/terms.ts: the words in each language, for vue-i18n."""
    parts = ["/** What codes are called. Written by `make surface` from the terms under app/: change them there. */\n"]
    for language in Language:
        parts.append(f"const {language}{': typeof zh' if language is not Language.ZH else ''} = {{\n")
        for one in terms():
            words = "".join(f"    {key(term)}: {quoted(say(term, language))},\n" for term in one)
            parts.append(f"  {one.__name__}: {{\n{words}  }},\n")
        parts.append("}\n\n")
    parts.append("export type Terms = typeof zh\n")
    words = ", ".join(f"{key(language.tag)}: {{ term: {language} }}" for language in Language)
    parts.append(f"export default {{ {words} }}\n")
    return "".join(parts)


def kit() -> str:
    """Return providers/hotline_provider/terms.py: the Chinese and English words that providers see."""
    parts = ['"""Codes of the API and what they are called. Written by `make surface`; never edited."""\n']
    parts.append("\nfrom enum import StrEnum\n")
    for one in SENT:
        members = "".join(f'    {term.name} = "{term}"\n' for term in one)
        parts.append(f'\n\nclass {one.__name__}(StrEnum):\n    """{paragraph(one.__doc__)}"""\n\n{members}')
    parts.append("\n\nTERMS = {\n")
    for one in OF_PROVIDERS:
        words = "".join(f'        "{term}": ("{term.zh}", "{term.en}"),\n' for term in one)
        parts.append(f'    "{one.__name__}": {{\n{words}    }},\n')
    return "".join([*parts, '}\n"""The words of each code, in Chinese and English."""\n'])


def write() -> None:
    """Write all of them."""
    GLOSSARY.write_text(glossary(), encoding="utf-8")
    CONSOLE.write_text(console(), encoding="utf-8")
    KIT.write_text(kit(), encoding="utf-8")


def key(code: str) -> str:
    """Return the code as a JavaScript key, quoted only if necessary."""
    return code if code.isidentifier() else quoted(code)


def quoted(text: str) -> str:
    """Return the text as a JavaScript literal, formatted as prettier does."""
    return f'"{text}"' if "'" in text else f"'{text}'"


def spaced(name: str) -> str:
    """Return DeclineReason as "Decline reason"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def paragraph(doc: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    assert doc, "an enum of terms says what it is"
    return " ".join(doc.split("\n\n", maxsplit=1)[0].split())


if __name__ == "__main__":
    write()
