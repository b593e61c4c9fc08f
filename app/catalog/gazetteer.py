"""Finds the place that somebody describes: a township, a community or one of the centre's own places.

A name is found as written, by sound, by pinyin or initials, in English, by its beginning, and with one mistake in it,
alone or within a sentence. Everything is in memory: a search of 20,000 places takes a few milliseconds.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from heapq import nsmallest
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from app.catalog.models import Community, Township
from app.kit.free_text import overlapping_parts
from app.kit.geo import distance_km
from app.kit.names import same_form
from app.kit.terms import Term

MOST_BEGUN = 60
"""How many names that begin with, or contain, the typed text are considered."""
LONGEST_NAME = 40
"""In characters: longer names are not found within a text."""
MOST_WORDS = 16
"""In a longer run of words in Latin letters, no misspellings are looked for."""
COMMON = 300
"""A pair of characters that occurs in more names than this, such as 小区, identifies nothing."""
LEAST = 0.35
"""Results below this confidence are not returned."""
SURE = 0.9
"""From this confidence on, the name counts as stated, not guessed."""
LIKELY = 0.7
"""From this confidence on, the match is more than a sound, a part or a misspelling."""

SUFFIXES = {
    "街道": "subdistrict", "镇": "town", "乡": "township",
    "社区": "community", "居委会": "community", "村": "village",
}  # fmt: skip
_ENDINGS = {
    "街道": ["jie", "dao"], "镇": ["zhen"], "乡": ["xiang"],
    "社区": ["she", "qu"], "居委会": ["ju", "wei", "hui"], "村": ["cun"],
}  # fmt: skip
_TOWNSHIP_FORMS = ("街道", "街道办", "街道办事处", "镇", "镇政府", "乡", "乡政府")
_COMMUNITY_FORMS = ("社区", "居委会", "社区居委会", "村", "村委会", "小区")
_OTHER_READINGS = {
    "弄": "nong", "它": "ta", "栎": "yue", "都": "dou", "乐": "yue", "朝": "zhao", "长": "zhang", "行": "hang",
    "重": "zhong", "曾": "ceng", "单": "dan", "藏": "zang", "大": "dai", "车": "ju", "盛": "cheng", "柏": "bo",
    "厦": "sha", "碶": "qie", "隘": "yi", "墅": "ye", "堰": "an", "涨": "zhang",
}  # fmt: skip
"""Alternative readings of characters that occur in place names."""
_VARIANTS = str.maketrans("荘昇庒衖舘橋濱㙟寧鎮鄉區", "庄升庄弄馆桥滨塘宁镇乡区")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SYLLABLE = re.compile(r"(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?[aeiouv]+(?:ng(?![aeiouv])|n(?![aeiouv])|r(?![aeiouv]))?")
_ROAD = re.compile(r"(?:[东南西北中]|[一二三四五六])?(?:路|街(?!道)|巷|弄|大道|支路)")
"""Turns a community's name into a street's: 永丰路 is not in 永丰社区."""
_ROAD_WITH_NUMBER = re.compile(
    r"[东南西北中一二三四五六]{0,2}(?:路|街|巷|弄|大道|支路)(?=[0-9零一二三四五六七八九十百]+(?:号|弄|巷|幢|[0-9]|$))"
)
"""A road's name ends where this begins: 中山西路138号 is not in 中山社区."""
_FILLER = (
    r"(?:浙江省?|宁波市?|海曙区?|[我俺他她]们?(?:妈妈?|爸爸?|爷爷|奶奶|外公|外婆|公公|婆婆|父亲|母亲|老公|老婆|儿子|女儿)?家?就?住?在?|您?你?好|喂|师傅|请问|麻烦|地址|位置|地方|就?住在?|在|是|那个|这个|这边|那边"
    r"|这里|那里|那儿|这儿|那一?带|一带|附近|旁边|边上|周边|周围|这块|那块|的|嘛|啊|呀|吧|呢|哦|嗯|家里|[,，。.;；:：!！?？、~～\-\s]"
    r"|\b(?:near(?:by)?|next to|close to|around|beside|by|at|in|the|on|of|to|i|i'?m|am|we|live|living|stay|please|come"
    r"|my|our|address|home|house|is|it'?s|here|area|district|haishu|ningbo|and|from|somewhere|hello|hi)\b)"
)
_ESTATE = re.compile("新村|小区|花园|公寓|家园|名苑|苑|里|坊|弄|广场|大厦")
"""Turns a community's name into another name: 联丰新村 need not be in 联丰村."""
_OTHER_TOWNS = re.compile(
    r"(?:北京|上海|天津|重庆|广州|深圳|南京|苏州|杭州|温州|绍兴|嘉兴|湖州|台州|金华|舟山|衢州|丽水|义乌)(?!路|街|银行|[东南西北]路)"
    r"|慈溪|余姚|宁海|象山|奉化|北仑|镇海|鄞州|江北区"
)
"""Anyone who names one of these is probably not speaking of the district."""
AROUND = re.compile(rf"^{_FILLER}+|{_FILLER}+$", re.IGNORECASE)


class Known(Term):
    """What was found: one of the centre's own places, a community, a township, or something outside the district."""

    PLACE = "place", "地点", "place", "One of the centre's own places: a road, estate, landmark or building."
    COMMUNITY = "community", "社区", "community", "A community of the gazetteer."
    TOWNSHIP = "township", "街道、乡镇", "township", "A subdistrict, town or township of the gazetteer."
    OUTSIDE = "outside", "区外", "outside", "Outside the district."


class KnownPlace(NamedTuple):
    """A row of `places` that has not ended. In `pinyin`, an apostrophe precedes a, o and e within the word."""

    id: UUID
    kind: str
    zh: str
    en: str | None
    aliases: Sequence[str]
    pinyin: str
    township_code: str
    community_code: str | None
    guessed: str | None
    lat: float | None
    lon: float | None
    sample: bool


class Entry(NamedTuple):
    """Something that can be found, with its own point (WGS-84) if it has one."""

    kind: Known
    code: str
    zh: str
    en: str
    township: str
    community: str | None
    lat: float | None
    lon: float | None


@dataclass(frozen=True)
class Found:
    """A search result: the entry, the confidence that it is meant (0 to 1), where it was found, and the text without
    it."""

    entry: Entry
    confidence: float
    found_in: str
    left_over: str

    @property
    def sure(self) -> bool:
        """Return whether the entry was named. Otherwise it is a guess.

        A guess comes from characters that only sound alike, are only part of the name, or begin another name. Latin
        letters are never a guess, because people type them on purpose to name a place.
        """
        if not _HAN.search(self.found_in):
            return True
        another = self.entry.kind is Known.COMMUNITY and self.confidence < SURE and _ESTATE.match(self.left_over)
        return self.confidence >= LIKELY and not another


class _Hit(NamedTuple):
    start: int
    end: int
    entry: int
    worth: float
    whole: bool
    """The match is the whole name as written."""


class ComparableText:
    """A text prepared for comparison, without spaces, apostrophes and invisible characters.

    `at` gives the position in the text of each remaining character.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        letters: list[str] = []
        self.at: list[int] = []
        self.starts: set[int] = set()
        """Where words begin: after a space, or where letters begin or end."""
        apart, kind = True, ""
        for place, written in enumerate(self.text):
            seen = _compared(written)
            if not seen:
                apart = apart or not same_form(written)
                continue
            for letter in seen:
                now = "a" if letter.isascii() and letter.isalpha() else "1" if letter.isdigit() else "x"
                if apart or now != kind:
                    self.starts.add(len(letters))
                apart, kind = False, now
                letters.append(letter)
                self.at.append(place)
        self.letters = "".join(letters)
        self.starts.add(len(letters))

    def words(self, start: int, end: int) -> str:
        """Return the original text of this span."""
        return self.text[self.at[start] : self.at[end - 1] + 1]

    def without(self, spans: Iterable[tuple[int, int]]) -> str:
        """Return the text without these spans and without filler words around them."""
        kept, begin = [], 0
        for start, end in sorted(spans):
            if self.at[start] >= begin:
                kept.append(self.text[begin : self.at[start]])
            begin = max(begin, self.at[end - 1] + 1)
        kept.append(self.text[begin:])
        return " ".join(filter(None, (AROUND.sub("", AROUND.sub("", part)).strip() for part in kept)))


@lru_cache(maxsize=20_000)
def _compared(written: str) -> str:
    """Return what one character contributes to the comparison."""
    letters = []
    for letter in same_form(written).translate(_VARIANTS):
        if letter not in "'’‘`´":
            plain = unicodedata.normalize("NFD", letter)[0] if not letter.isascii() else letter
            letters.append("v" if letter in "üǖǘǚǜ" else plain if plain.isascii() and plain.isalpha() else letter)
    return "".join(letters)


def core(name: str) -> str:
    """Return the name without the kind of area that it ends with."""
    for suffix in SUFFIXES:
        if name.endswith(suffix) and len(name) > len(suffix):
            return name.removesuffix(suffix)
    return name


def syllables(pinyin: str) -> list[str]:
    """Return the syllables of a word in pinyin. An apostrophe precedes a, o and e within the word."""
    return _SYLLABLE.findall(pinyin.lower().replace("ü", "v"))


def letters_of(text: str) -> str:
    """Return only the Latin letters and digits, in lower case and without diacritics."""
    parted = unicodedata.normalize("NFD", text.lower().replace("ü", "v"))
    return "".join(letter for letter in parted if letter.isascii() and letter.isalnum())


def _folded(pinyin: str) -> str:
    """Return the pinyin as written by people who do not distinguish zh from z or -ng from -n."""
    return re.sub(r"([zcs])h", r"\1", pinyin).replace("ng", "n")


def _written(name: str) -> str:
    return same_form(name).translate(_VARIANTS)


class Gazetteer:
    """All entries, prepared for searching.

    It is built once for all searches, which takes a second for 20,000 places.
    """

    def __init__(
        self, townships: Mapping[str, Township], communities: Mapping[str, Community], places: Sequence[KnownPlace] = ()
    ) -> None:
        self.places = {str(place.id): place for place in places}
        """The centre's own places, by id."""
        self.entries: list[Entry] = []
        self._exact: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._latin: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._sounds: dict[str, list[tuple[int, float, int]]] = defaultdict(list)
        self._initials: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for township in townships.values():
            self._add_area(_of_township(township), township.en.split()[0], _TOWNSHIP_FORMS, bare=0.85)
        for community in communities.values():
            self._add_area(_of_community(community), community.pinyin, _COMMUNITY_FORMS, bare=0.75)
        for place in places:
            self._add_place(place)
        self._reach: dict[str, int] = {}
        """For each first two characters, the length of the longest name that begins with them."""
        for name in self._exact:
            self._reach[name[:2]] = max(self._reach.get(name[:2], 0), min(len(name), LONGEST_NAME))
        self._names = sorted(self._exact)
        self._keys = sorted(self._latin)
        self._first_letters = sorted(self._initials)

    def _add_area(self, entry: Entry, pinyin: str, forms: Sequence[str], *, bare: float) -> None:
        n = self._append(entry)
        name, stem = _written(entry.zh), _written(core(entry.zh))
        self._exact[name].append((n, 1.0 if len(name) > 2 else SURE))
        for form in forms:
            if stem + form != name:
                self._exact[stem + form].append((n, 0.85 if len(stem) > 1 else 0.5))
        if len(stem) > 1:
            self._exact[stem].append((n, bare if len(stem) == 2 else bare + 0.1))
        suffix = entry.zh.removeprefix(core(entry.zh))
        ending = _ENDINGS.get(suffix, [])
        read = syllables(pinyin)
        for said, worth in _readings(stem, read):
            self._add_reading(n, said, worth * bare, len(stem))
            self._add_reading(n, [*said, *ending], worth * 0.95, len(name))
        plain = letters_of(pinyin)
        for word in {SUFFIXES.get(suffix, ""), "street" if suffix == "街道" else "", letters_of(entry.en)} - {""}:
            self._latin[word if word.startswith(plain) else plain + word].append((n, 0.95))

    def _add_place(self, place: KnownPlace) -> None:
        n = self._append(_of_place(place))
        for name, worth in ((place.zh, 1.0), *((alias, 0.95) for alias in place.aliases)):
            written = _written(name)
            if _HAN.search(written):
                self._exact[written].append((n, worth if len(written) > 2 else worth - 0.1))
            elif len(written) > 1:
                self._latin[letters_of(written)].append((n, worth))
        if place.en:
            self._latin[letters_of(place.en)].append((n, 1.0))
        read = syllables(place.pinyin)
        for said, worth in _readings(_written(place.zh), read):
            self._add_reading(n, said, worth * 0.9, len(said))

    def _append(self, entry: Entry) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1

    def _add_reading(self, n: int, read: Sequence[str], worth: float, characters: int) -> None:
        joined = "".join(read)
        if joined:
            self._latin[joined].append((n, worth))
            self._sounds[_folded(joined)].append((n, worth, characters))
            self._initials["".join(syllable[0] for syllable in read)].append((n, worth - 0.05))

    @cached_property
    def _pairs(self) -> tuple[list[str], Mapping[str, Sequence[int]]]:
        """Return every name as written, and for each pair of characters, the names that have it and where."""
        names = [name for name in self._exact if len(name) < 64]
        pairs: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for n, name in enumerate(names):
            for place in range(len(name) - 1):
                pairs[name[place : place + 2]].append(n << 6 | place)
        return names, dict(pairs)

    @cached_property
    def _triples(self) -> tuple[list[str], Mapping[str, Sequence[int]]]:
        """Return every sound, and the sounds in which each three letters occur."""
        sounds = [sound for sound in {*self._sounds, *map(_folded, self._latin)} if len(sound) >= 5]
        triples: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for n, sound in enumerate(sounds):
            for triple in {sound[place : place + 3] for place in range(len(sound) - 2)}:
                triples[triple].append(n)
        return sounds, dict(triples)

    @cached_property
    def _folded_latin(self) -> Mapping[str, list[tuple[int, float]]]:
        folded: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for key, entries in self._latin.items():
            folded[_folded(key)] += entries
        return folded

    def warm(self) -> None:
        """Prepare in advance what the first search would otherwise wait for."""
        _ = self._pairs, self._triples, self._folded_latin
        _read("海曙")

    def entry_of(self, place: KnownPlace) -> Entry:
        """Return the entry of a place."""
        return _of_place(place)

    def is_of(
        self,
        townships: Mapping[str, Township],
        communities: Mapping[str, Community],
        places: Sequence[KnownPlace],
    ) -> bool:
        """Return whether this gazetteer was built from the same townships, communities and places."""
        areas = [*map(_of_township, townships.values()), *map(_of_community, communities.values())]
        return self.entries[: len(areas)] == areas and list(self.places.values()) == list(places)

    def nearest(self, lat: float, lon: float, kind: Known, limit: int = 1) -> list[tuple[float, Entry]]:
        """Return the nearest entries of this kind that have a point, with their distances in kilometres."""
        away = [
            (distance_km(lat, lon, entry.lat, entry.lon), entry)
            for entry in self.entries
            if entry.kind is kind and entry.lat is not None and entry.lon is not None
        ]
        return nsmallest(limit, away, key=lambda one: one[0])

    def named(self, text: str) -> list[Found]:
        """Return the entries whose full names occur literally in the text, most likely first. Takes microseconds."""
        return _likeliest(self._named(ComparableText(part)) for part in overlapping_parts(text))

    def _named(self, said: ComparableText) -> list[Found]:
        hits = _outermost(self._as_written(said))
        sure = [hit for hit in hits if hit.whole and hit.worth >= SURE and not _ROAD.match(said.letters, hit.end)]
        return self._answers(said, sure, 0.0)

    def search(self, text: str, limit: int = 10) -> list[Found]:
        """Return the entries that the text may mean, likeliest first. The list is empty if it names no place."""
        return _likeliest(self._search(ComparableText(part)) for part in overlapping_parts(text))[:limit]

    def _search(self, said: ComparableText) -> list[Found]:
        if not said.letters:
            return []
        hits = list(self._as_written(said)) + list(self._in_letters(said))
        sure = _outermost([hit for hit in hits if hit.worth >= 0.8])
        likely = [hit for hit in hits if hit.worth >= 0.7]
        covered = {place for hit in sure for place in range(hit.start, hit.end)}
        bare = said.without((hit.start, hit.end) for hit in sure)
        brief = len(AROUND.sub("", said.text)) <= 8 or (not sure and len(bare) <= 8)
        for more in (
            self._by_sound(said, covered, brief=brief),
            self._nearly(said, covered, brief=brief),
            self._misspelt(said, covered),
        ):
            hits += [
                hit
                for hit in more
                if covered.isdisjoint(range(hit.start, hit.end)) and not any(_cross(hit, one) for one in likely)
            ]
        roads = [road.span() for road in _ROAD_WITH_NUMBER.finditer(said.letters)]
        hits = [hit for hit in hits if hit.whole or not any(_names_road(hit, *road) for road in roads)]
        if _OTHER_TOWNS.search(said.letters):
            hits = [hit._replace(worth=hit.worth - 0.45) for hit in hits]
        return self._answers(said, _outermost(hits), LEAST)

    def _as_written(self, said: ComparableText) -> Iterator[_Hit]:
        letters = said.letters
        for start in range(len(letters)):
            reach = self._reach.get(letters[start : start + 2], 0)
            for end in range(start + 2, min(start + reach, len(letters)) + 1):
                for n, worth in self._exact.get(letters[start:end], ()):
                    if worth < SURE and _ROAD.match(letters, end):
                        worth *= 0.5
                    yield _Hit(start, end, n, worth, letters[start:end] == _written(self.entries[n].zh))

    def _in_letters(self, said: ComparableText) -> Iterator[_Hit]:
        """Yield matches of pinyin, initials and English that span whole words."""
        letters, runs = said.letters, list(_runs(said))
        alone = len(runs) == 1 and not _HAN.search(letters)
        for begin, stop in runs:
            words = sorted(place for place in said.starts if begin <= place <= stop)
            for first, start in enumerate(words[:-1]):
                for end in words[first + 1 : first + 9]:
                    key = letters[start:end]
                    whole = alone and (start, end) == (begin, stop)
                    if len(key) >= 5 or (whole and len(key) > 1):
                        found = self._latin.get(key) or ()
                        yield from (_Hit(start, end, n, worth, worth == 1.0) for n, worth in found)
                        if not found:
                            for n, worth in self._folded_latin.get(_folded(key), ()):
                                yield _Hit(start, end, n, worth * 0.85, False)
                    if whole and len(key) > 1:
                        yield from self._begun(key, start, end)

    def _begun(self, key: str, start: int, end: int) -> Iterator[_Hit]:
        """Yield names that begin with these letters or have them as initials."""
        for keys, of, worth in ((self._keys, self._latin, 0.8), (self._first_letters, self._initials, 0.75)):
            for longer in _beginning(keys, key):
                same = 1.0 if longer == key else 0.45 + 0.35 * len(key) / len(longer)
                for n, known in of[longer][:MOST_BEGUN]:
                    if longer != key or of is self._initials:
                        yield _Hit(start, end, n, worth * same * known, False)

    def _by_sound(self, said: ComparableText, covered: Collection[int], *, brief: bool) -> Iterator[_Hit]:
        """Yield names written with other characters that sound the same."""
        letters = said.letters
        read = _read(letters) if _HAN.search(letters) else []
        for start in range(len(read)):
            for length in range(2, 11):
                part = read[start : start + length]
                if len(part) < length or not part[-1] or start + length - 1 in covered:
                    break
                if length == 2 and not brief:
                    continue
                for sound in _folded_readings(letters[start : start + length], part):
                    for n, worth, characters in self._sounds.get(sound, ()):
                        if characters == length:
                            yield _Hit(start, start + length, n, worth * (0.85 if length > 2 else 0.7), False)

    def _nearly(self, said: ComparableText, covered: Collection[int], *, brief: bool) -> Iterator[_Hit]:
        """Yield names with one character wrong, missing or added, and names that are given only in part."""
        names, pairs = self._pairs
        letters = said.letters
        if len(letters) == 1 and _HAN.match(letters):
            for name in _beginning(self._names, letters):
                yield from (_Hit(0, 1, n, worth * 0.5, False) for n, worth in self._exact[name])
        seen: set[tuple[int, int]] = set()
        for place in range(len(letters) - 1):
            found = pairs.get(letters[place : place + 2], ())
            if place in covered:
                continue
            if len(found) > COMMON:
                found = found[:MOST_BEGUN] if len(letters) <= 3 else ()
            for packed in found:
                n, offset = packed >> 6, packed & 63
                if (n, place - offset) in seen:
                    continue
                seen.add((n, place - offset))
                yield from self._alike(names[n], letters, place, offset, brief=brief)

    def _alike(self, name: str, letters: str, place: int, offset: int, *, brief: bool) -> Iterator[_Hit]:
        length, start = len(name), max(place - offset, 0)
        run = 2
        while place + run < len(letters) and offset + run < length and letters[place + run] == name[offset + run]:
            run += 1
        share = run / length
        worth = 0.0
        end = place + run
        if length >= 3:  # within a longer name such as 柳汀新村, the first of three characters must match
            within = length == 3 and letters[start] != name[0] and start and _HAN.match(letters[start - 1])
            for stop in () if within else (start + length, start + length - 1, start + length + 1):
                if stop <= len(letters) and _one_slip(letters[start:stop], name):
                    worth, end = (0.66 if length > 3 else 0.55), stop
                    break
        if offset == 0 and share < 1 and (brief or end == len(letters) or (run >= 3 and share >= 0.6)):
            part = 0.4 + 0.35 * share
            worth, end, start = max((worth, end, start), (part, place + run, place))
        elif brief and share < 1 and not worth:
            worth, start = 0.3 + 0.3 * share, place
        if worth:
            for n, known in self._exact[name]:
                yield _Hit(start, end, n, worth * known, False)

    def _misspelt(self, said: ComparableText, covered: Collection[int]) -> Iterator[_Hit]:
        """Yield matches of misspelt pinyin or English."""
        sounds, triples = self._triples
        for begin, stop in _runs(said):
            words = sorted(place for place in said.starts if begin <= place <= stop)
            few = len(words) <= 4
            if len(words) > MOST_WORDS:
                continue
            for first, start in enumerate(words[:-1]):
                for end in words[first + 1 : first + 5]:
                    if start in covered or end - 1 in covered:
                        break
                    sound = _folded(said.letters[start:end])
                    if not (5 if few else 8) <= len(sound) <= 40:
                        continue
                    shared: dict[int, int] = defaultdict(int)
                    for place in range(len(sound) - 2):
                        found = triples.get(sound[place : place + 3], ())
                        for n in found if len(found) < 4_000 else ():
                            shared[n] += 1
                    slips = 1 if len(sound) < 9 else 2
                    least = max(1, len(sound) - 2 - 3 * slips)
                    near = sorted((n for n, count in shared.items() if count >= least), key=lambda n: -shared[n])
                    for n in near[:30]:
                        if abs(len(sounds[n]) - len(sound)) <= slips and _slips(sound, sounds[n]) <= slips:
                            for known, worth in self._folded_latin.get(sounds[n], ()):
                                yield _Hit(start, end, known, worth * 0.7, False)

    def _answers(self, said: ComparableText, hits: Sequence[_Hit], least: float) -> list[Found]:
        """Return one result per entry. An entry is likelier if its township or community is named too."""
        best: dict[int, _Hit] = {}
        for hit in hits:
            if hit.entry not in best or hit.worth > best[hit.entry].worth:
                best[hit.entry] = hit
        areas = [hit for n, hit in best.items() if self.entries[n].kind is not Known.PLACE and hit.worth >= 0.7]
        towns = [hit for hit in areas if self.entries[hit.entry].kind is Known.TOWNSHIP]
        likely: list[tuple[float, int, _Hit, list[_Hit]]] = []
        beneath: dict[tuple[int, int], float] = {}
        for n, hit in best.items():
            entry = self.entries[n]
            around = [area for area in areas if area.entry != n and not _overlap(area, hit) and self._within(n, area)]
            worth = hit.worth
            if around:
                worth = min(1.0, worth + 0.1)
                for area in around if hit.worth >= 0.7 else ():
                    span = area.start, area.end
                    beneath[span] = max(beneath.get(span, 0.0), worth)
            elif entry.kind is not Known.TOWNSHIP and any(not _overlap(town, hit) for town in towns):
                worth -= 0.15
            likely.append((worth, n, hit, around))
        found = []
        for worth, n, hit, around in likely:
            entry = self.entries[n]
            if not around:
                worth = min(worth, beneath.get((hit.start, hit.end), 2.0) - 0.01)
            if worth >= least:
                found.append((worth, -list(Known).index(entry.kind), hit.end - hit.start, n, hit, around))
        found.sort(key=lambda one: (-round(one[0], 2), -one[2], -one[1], one[3]))
        return [
            Found(
                self.entries[n],
                round(worth, 2),
                said.words(hit.start, hit.end),
                said.without((one.start, one.end) for one in (hit, *around) if not _ROAD.match(said.letters, one.end)),
            )
            for worth, _, _, n, hit, around in found[:50]
        ]

    def _within(self, n: int, area: _Hit) -> bool:
        entry, around = self.entries[n], self.entries[area.entry]
        if entry.kind is Known.TOWNSHIP:
            return False
        if around.kind is Known.TOWNSHIP:
            return entry.township == around.code
        return entry.kind is Known.PLACE and entry.community == around.code


def _of_township(row: Township) -> Entry:
    return Entry(Known.TOWNSHIP, row.code, row.zh, row.en, row.code, None, row.lat, row.lon)


def _of_community(row: Community) -> Entry:
    suffix = row.zh.removeprefix(core(row.zh))
    english = f"{row.pinyin} {SUFFIXES.get(suffix, '').title()}".strip()
    return Entry(Known.COMMUNITY, row.code, row.zh, english, row.township_code, row.code, row.lat, row.lon)


def _of_place(place: KnownPlace) -> Entry:
    english = place.en or place.pinyin
    return Entry(
        Known.PLACE, str(place.id), place.zh, english, place.township_code, place.community_code, place.lat, place.lon
    )


def _readings(name: str, read: list[str]) -> Iterator[tuple[list[str], float]]:
    """Yield the reading, and the readings with one character read differently."""
    yield read, 1.0
    if len(read) == len(name):
        for place, character in enumerate(name):
            other = _OTHER_READINGS.get(character)
            if other and other != read[place]:
                yield [*read[:place], other, *read[place + 1 :]], 0.9


def reading_of(name: str, communities: Iterable[Community]) -> str:
    """Return the name in pinyin, with the names of communities read as in the gazetteer; empty if it has no Chinese."""
    written = _written(name)
    read = _read(written)
    for community in communities:
        stem = core(community.zh)
        place = written.find(stem) if len(stem) > 1 else -1
        known = syllables(community.pinyin)
        if place >= 0 and len(known) == len(stem):
            read[place : place + len(stem)] = known
    return spelt([syllable for syllable in read if syllable])


def spelt(read: Iterable[str]) -> str:
    """Join syllables into one word. An apostrophe precedes a, o and e within it."""
    return "".join(f"'{one}" if one[0] in "aoe" else one for one in read).removeprefix("'").capitalize()


def _read(text: str) -> list[str]:
    """Return the syllable of each character, or '' for one that is not Chinese."""
    from pypinyin import lazy_pinyin  # imported here: its dictionaries load slowly, and only searches need them

    read: list[str] = []
    for part in re.findall(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+", text):
        read += lazy_pinyin(part, v_to_u=False) if _HAN.match(part) else [""] * len(part)
    return read


def _folded_readings(characters: str, read: Sequence[str]) -> set[str]:
    return {_folded("".join(said)) for said, _ in _readings(characters, list(read))} if all(read) else set()


def _beginning(names: Sequence[str], text: str) -> Iterator[str]:
    """Yield the sorted names that begin with the text, at most MOST_BEGUN."""
    begin = bisect_left(names, text)
    for name in names[begin : begin + MOST_BEGUN]:
        if not name.startswith(text):
            break
        yield name


def _runs(said: ComparableText) -> Iterator[tuple[int, int]]:
    """Yield the spans of consecutive Latin letters and digits that begin with a letter."""
    for run in re.finditer(r"[a-z][a-z0-9]*", said.letters):
        yield run.span()


def _overlap(one: _Hit, other: _Hit) -> bool:
    return one.start < other.end and other.start < one.end


def _names_road(hit: _Hit, start: int, end: int) -> bool:
    """Return whether the match is only part of a road's name that ends at this span."""
    return hit.start < end and start <= hit.end and (hit.start >= start or hit.end < end)


def _cross(one: _Hit, other: _Hit) -> bool:
    """Return whether the matches overlap without either containing the other."""
    return one.start < other.start < one.end < other.end or other.start < one.start < other.end < one.end


def _likeliest(answers: Iterable[list[Found]]) -> list[Found]:
    """Merge the results for several parts of a text; each entry keeps its most confident result."""
    first, *rest = answers
    if not rest:
        return first
    best: dict[str, Found] = {}
    for found in sorted(chain(first, *rest), key=lambda found: -found.confidence):
        best.setdefault(found.entry.code, found)
    return list(best.values())


def _outermost(hits: Iterable[_Hit]) -> list[_Hit]:
    """Drop matches within a longer match that is at least as likely, or worth at least 0.6."""
    kept: list[_Hit] = []
    spans: dict[tuple[int, int], float] = {}
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, -hit.worth)):
        likely = min(hit.worth, 0.6)
        if not any(
            worth >= likely
            for (start, end), worth in spans.items()
            if start <= hit.start and hit.end <= end and end - start > hit.end - hit.start
        ):
            kept.append(hit)
            spans[hit.start, hit.end] = max(hit.worth, spans.get((hit.start, hit.end), 0.0))
    return kept


def _one_slip(one: str, other: str) -> bool:
    """Return whether the texts differ by one character that is wrong, missing, added, or swapped with its neighbour."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    rest, others = one[start:], other[start:]
    return (
        rest[1:] == others[1:]
        or rest[1:] == others
        or rest == others[1:]
        or (rest[:2] == others[1::-1] and rest[2:] == others[2:])
    )


def _slips(one: str, other: str) -> int:
    """Return how many letters are wrong, missing, added or swapped."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        previous, row = row, [i]
        for j, against in enumerate(other, 1):
            cost = min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = previous
    return row[-1]
