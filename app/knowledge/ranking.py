"""Which article answers a question: each lexeme of the question counts by how rare it is and where the article has it.

What of the question an article has, and how much the question sounds like calls about the article's item, make its
relevance: 0 to 1, so that "nothing is known about it" can be told from "this is it".
"""

from collections.abc import Container, Iterable, Mapping
from difflib import SequenceMatcher
from math import exp, log, sqrt
from typing import NamedTuple

from app.kit.names import fold, stem
from app.knowledge import words

PLACE = {"A": 1.0, "B": 0.45, "C": 0.4, "D": 0.25}
"""What a lexeme counts by its place: title and callers' words, the item's name, the answer, the rest."""
PAIR, SINGLE, SAID_OTHERWISE, SPELT, ALIKE = 0.6, 0.6, 0.4, 0.8, 0.7
UNKNOWN = 0.6
"""What a word that no article has counts in what is asked for."""
ALIKE_FROM = 0.8
LEAST_ALIKE = 5
FEW = 200
"""With fewer articles a lexeme says as much as with so many."""
HEARD = 0.5
"""What the votes of the callers' sentences count beside the article's own words."""
FITS, NOTHING_FITS, DOUBT = 1.6, 0.6, 4.5
"""Fitted to questions of which it was known whether an article answers them (docs/decisions/0016)."""
LEAST_RELEVANCE = 0.4
SURE = 0.75
"""Below it an article is related, perhaps: three in four questions that nothing answers find nothing surer."""
OWN = 0.5
"""The least relevance of the articles of the item that the operator has picked."""


class Question(NamedTuple):
    """`weights`: what each lexeme counts; `asked`: those that the question is about, not merely found by."""

    weights: dict[str, float]
    asked: frozenset[str]

    def heaviest(self, known: "Known", most: int) -> list[str]:
        """The lexemes that say most and together occur in at most so many entries; at least one, if any is known."""
        candidates = [word for word in self.weights if word in known.counts]
        candidates.sort(key=lambda word: -self.weights[word] * known.says(word))
        chosen: list[str] = []
        for word in candidates:
            most -= known.counts[word][0]
            if most >= 0 or not chosen:
                chosen.append(word)
        return chosen

    def keywords(self, most: int) -> frozenset[str]:
        """What it is about, if that is at most so many lexemes; without single characters that words stand beside."""
        if len(self.asked) > most:
            return frozenset()
        return frozenset(word for word in self.asked if len(word) > 1) or self.asked

    def nothing(self, said: Mapping[str, int], known: "Known") -> float:
        """What of it is in what callers say whom nothing helps: `said` tells in how many sentences a lexeme is."""
        return sum(
            weight * known.says(word) * often(said[word]) for word, weight in self.weights.items() if word in said
        )

    def score(self, hits: Iterable[tuple[str, str, int]], known: "Known") -> float:
        """What of it an entry has: its lexemes that the entry has, each with its label and in how many phrases."""
        return sum(
            self.weights[word] * known.says(word, head=label == "A") * PLACE[label] * often(phrases)
            for word, label, phrases in hits
        )


class Known(NamedTuple):
    """What is known of lexemes: in how many entries and in how many heads each is, of how many entries."""

    counts: Mapping[str, tuple[int, int]]
    total: int

    def says(self, word: str, *, head: bool = True) -> float:
        """What the lexeme says: the more, the rarer it is where it stands."""
        if word not in self.counts:
            return UNKNOWN * rarity(1, self.total)
        entries, heads = self.counts[word]
        return rarity(heads if head and heads else entries, self.total)


def relevance(score: float, nothing: float, *, keyword: bool, own: bool) -> float:
    """How likely the article answers, 0 to 1, by what the question has in common with it and with what callers ask that
    nothing answers. `keyword`: the question is a word or two, and the article has them all at its head."""
    fits = likelihood(score, nothing)
    least = OWN if own else LEAST_RELEVANCE if keyword else 0.0
    return least + (1 - least) * fits


def likelihood(score: float, nothing: float) -> float:
    """The logistic function of the roots of what fits and of what sounds like nothing that is known."""
    return 1 / (1 + exp(DOUBT + NOTHING_FITS * sqrt(nothing) - FITS * sqrt(score)))


def rarity(entries: int, total: int) -> float:
    """What a lexeme says that so many of all entries have; above 0."""
    return log(1 + (max(total, entries, FEW) - entries + 0.5) / (entries + 0.5))


def often(phrases: int) -> float:
    """What a lexeme counts that so many of an article's phrases have: 1 for one, less and less for each more."""
    return log(1 + 2 * phrases) / log(3)


def parse(text: str) -> Question:
    """The question in a caller's or an operator's words."""
    folded = fold(text)
    stop = words.stop_words()
    weights: dict[str, float] = {}
    asked: set[str] = set()
    said = words.phrases_said(folded)
    for word in words.chinese_words(folded):
        if word in stop:
            continue
        own = 1.0 if len(word) > 1 else SINGLE
        if any(word in phrase for phrase in said):
            weights[word] = own * SAID_OTHERWISE
        else:
            weights[word] = own
            asked.add(word)
    for word in words.english_words(folded):
        weights[word] = 1.0
        asked.add(word)
    for group in said.values():
        weights[group] = 1.0
        asked.add(group)
    for pair in words.pairs(folded):
        if pair not in stop:
            weights.setdefault(pair, PAIR)
    for character in words.characters(folded) - stop:
        weights.setdefault(character, SINGLE)
    return Question(weights, frozenset(asked))


def unknown(question: Question, counts: Container[str]) -> list[str]:
    """The words of the question that no article has: perhaps pinyin, homophones or slips."""
    return [word for word in question.asked if word not in counts and not word.startswith("=") and len(word) > 1]


def guesses(unknown_words: Iterable[str]) -> set[str]:
    """The lexemes that unknown words may stand for."""
    found: set[str] = set()
    for word in unknown_words:
        if words.HAN.fullmatch(word):
            found |= {one for one in words.spellings(word) if one.startswith("p/")}
        else:
            cuts = {word[start:end] for start in range(len(word)) for end in range(start + 2, len(word) + 1)}
            found |= {f"p/{cut}" for cut in cuts} | {f"i/{cut}" for cut in cuts if len(cut) <= words.LONGEST_PHRASE}
    return found


def respell(question: Question, known: Container[str], alike: Mapping[str, str]) -> Question:
    """The question with unknown words replaced by what they stand for: `known` are those of the guesses that articles
    have, `alike` the known English words that look like unknown ones."""
    weights, asked = dict(question.weights), set(question.asked)
    for word in question.asked:
        if words.HAN.fullmatch(word):
            parts = [one for one in words.spellings(word) if one.startswith("p/") and one in known]
        elif word in alike:
            parts = [alike[word]]
        else:
            parts = _spelt(word, known)
        if parts and word not in known:
            del weights[word]
            asked.discard(word)
            for part in parts:
                weights[part] = ALIKE if word in alike else SPELT
                asked.add(part)
    return Question(weights, frozenset(asked))


def _spelt(text: str, known: Container[str]) -> list[str]:
    """The text as a row of known pinyin and initials; the fewest and longest; empty where it is none."""
    best: list[tuple[int, list[str]] | None] = [(0, [])] + [None] * len(text)
    for end in range(2, len(text) + 1):
        for start in range(end - 1):
            before = best[start]
            if before is None:
                continue
            for kind in ("p/", "i/"):
                part = kind + text[start:end]
                if part in known:
                    fit = before[0] + (end - start) ** 2
                    if (there := best[end]) is None or fit > there[0]:
                        best[end] = (fit, [*before[1], part])
    whole = best[len(text)]
    if whole is None or (len(whole[1]) > 1 and max(map(len, whole[1])) < len("i/") + 3):
        return []
    return whole[1]


def look_alike(word: str, known: Iterable[str]) -> str | None:
    """The known word that the slip most resembles, if any does."""
    scored = [(SequenceMatcher(None, word, other).ratio(), other) for other in known]
    ratio, other = max(scored, default=(0.0, ""))
    return other if ratio >= ALIKE_FROM else None


def marks(text: str | None, lexemes: Iterable[str]) -> list[tuple[int, int]]:
    """Where the lexemes stand in the text: [from, to) in characters, without overlaps."""
    if not text:
        return []
    folded = fold(text)
    chosen = set(lexemes)
    covered = [False] * len(folded)
    for lexeme in chosen:
        if words.HAN.fullmatch(lexeme) and len(lexeme) > 1:
            at = folded.find(lexeme)
            while at >= 0:
                covered[at : at + len(lexeme)] = [True] * len(lexeme)
                at = folded.find(lexeme, at + 1)
    for found in words.LATIN.finditer(folded):
        if stem(found[0]) in chosen:
            covered[found.start() : found.end()] = [True] * (found.end() - found.start())
    ranges: list[tuple[int, int]] = []
    for at, on in enumerate(covered):
        if on and ranges and ranges[-1][1] == at:
            ranges[-1] = (ranges[-1][0], at + 1)
        elif on:
            ranges.append((at, at + 1))
    return ranges
