"""Decides which article answers a question.

Each lexeme of the question counts by its rarity and its place in the article. An article's relevance combines how much
of the question it contains and how much the question sounds like calls about its item. Relevance is 0 to 1, so that "we
know nothing about this" can be told from "this is the answer".
"""

from collections.abc import Container, Iterable, Mapping
from difflib import SequenceMatcher
from math import exp, log, sqrt
from typing import NamedTuple

from app.kit.names import fold, stem
from app.knowledge import words

PLACE = {"A": 1.0, "B": 0.45, "C": 0.4, "D": 0.25}
"""The weight of a lexeme by its place: title and callers' words, item name, answer, everything else."""
PAIR, SINGLE, SAID_OTHERWISE, SPELT, ALIKE = 0.6, 0.6, 0.4, 0.8, 0.7
UNKNOWN = 0.6
"""The rarity weight, within a question, of a word that no article has."""
ALIKE_FROM = 0.8
LEAST_ALIKE = 5
FEW = 200
"""With fewer articles than this, rarity is computed as if there were this many."""
HEARD = 0.5
"""The weight of the votes from callers' sentences, relative to the article's own words."""
FITS, NOTHING_FITS, DOUBT = 1.6, 0.6, 4.5
"""Fitted to questions for which it was known whether an article answers them (docs/decisions/0016)."""
LEAST_RELEVANCE = 0.4
SURE = 0.75
"""Below this, the first article is only possible: it is right in 53 % of cases, above in 95 % (docs/decisions/0016)."""
OWN = 0.5
"""The minimum relevance of articles about the item that the operator has picked."""


class Question(NamedTuple):
    """A parsed question. `weights`: the weight of each lexeme. `asked`: the lexemes that the question is about."""

    weights: dict[str, float]
    asked: frozenset[str]

    def heaviest(self, known: "Known", most: int) -> list[str]:
        """Return the most informative lexemes that together occur in at most `most` entries.

        Returns at least one lexeme if any is known.
        """
        candidates = [word for word in self.weights if word in known.counts]
        candidates.sort(key=lambda word: -self.weights[word] * known.says(word))
        chosen: list[str] = []
        for word in candidates:
            most -= known.counts[word][0]
            if most >= 0 or not chosen:
                chosen.append(word)
        return chosen

    def keywords(self, most: int) -> frozenset[str]:
        """Return the lexemes that the question is about, or none if there are more than `most`.

        Single characters are left out unless there is nothing else.
        """
        if len(self.asked) > most:
            return frozenset()
        return frozenset(word for word in self.asked if len(word) > 1) or self.asked

    def nothing(self, said: Mapping[str, int], known: "Known") -> float:
        """Return the weight of the question's lexemes that occur in calls without an answer.

        `said` is the number of such calls per lexeme.
        """
        return sum(
            weight * known.says(word) * often(said[word]) for word, weight in self.weights.items() if word in said
        )

    def score(self, hits: Iterable[tuple[str, str, int]], known: "Known") -> float:
        """Return how much of the question an entry contains.

        `hits` are the matching lexemes, each with its label and its number of phrases.
        """
        return sum(
            self.weights[word] * known.says(word, head=label == "A") * PLACE[label] * often(phrases)
            for word, label, phrases in hits
        )


class Known(NamedTuple):
    """What is known about lexemes: the number of entries and of heads that have each, and the number of all entries."""

    counts: Mapping[str, tuple[int, int]]
    total: int

    def says(self, word: str, *, head: bool = True) -> float:
        """Return how informative the lexeme is: the rarer in that place, the more."""
        if word not in self.counts:
            return UNKNOWN * rarity(1, self.total)
        entries, heads = self.counts[word]
        return rarity(heads if head and heads else entries, self.total)


def relevance(score: float, nothing: float, *, keyword: bool, own: bool) -> float:
    """Return how likely the article answers the question, 0 to 1.

    `score` is what the question shares with the article, `nothing` what it shares with calls that nothing answers.
    `keyword`: the question is a word or two, and the article has them all in its head. `own`: the article is about the
    item that the operator has picked.
    """
    fits = likelihood(score, nothing)
    least = OWN if own else LEAST_RELEVANCE if keyword else 0.0
    return least + (1 - least) * fits


def likelihood(score: float, nothing: float) -> float:
    """Return the relevance, 0 to 1, from how well the article fits and how much the question sounds unanswerable."""
    return 1 / (1 + exp(DOUBT + NOTHING_FITS * sqrt(nothing) - FITS * sqrt(score)))


def rarity(entries: int, total: int) -> float:
    """Return the weight of a lexeme that occurs in `entries` of `total` entries: the rarer, the heavier. Above 0."""
    return log(1 + (max(total, entries, FEW) - entries + 0.5) / (entries + 0.5))


def often(phrases: int) -> float:
    """Return a lexeme's weight by the number of an article's phrases that have it.

    It is 1 for one phrase and grows ever more slowly with each further one.
    """
    return log(1 + 2 * phrases) / log(3)


def parse(text: str) -> Question:
    """Parse a question in a caller's or an operator's words."""
    folded = fold(text)
    stop = words.stop_words()
    weights: dict[str, float] = {}
    asked: set[str] = set()
    said = words.synonyms_in(folded)
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
    """Return the words of the question that no article has: perhaps pinyin, homophones or typing errors."""
    return [word for word in question.asked if word not in counts and not word.startswith("=") and len(word) > 1]


def guesses(unknown_words: Iterable[str]) -> set[str]:
    """Return the lexemes that unknown words may stand for."""
    found: set[str] = set()
    for word in unknown_words:
        if words.HAN.fullmatch(word):
            found |= {one for one in words.spellings(word) if one.startswith("p/")}
        else:
            cuts = {word[start:end] for start in range(len(word)) for end in range(start + 2, len(word) + 1)}
            found |= {f"p/{cut}" for cut in cuts} | {f"i/{cut}" for cut in cuts if len(cut) <= words.LONGEST_PHRASE}
    return found


def respell(question: Question, known: Container[str], alike: Mapping[str, str]) -> Question:
    """Return the question with unknown words replaced by what they stand for.

    `known` holds the guessed lexemes that articles have. `alike` maps unknown English words to similar known ones.
    """
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
    """Split the text into known pinyin and initials, as few and long as possible. Return [] if it cannot be split."""
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
    """Return the known word that most resembles the misspelt one, or None."""
    scored = [(SequenceMatcher(None, word, other).ratio(), other) for other in known]
    ratio, other = max(scored, default=(0.0, ""))
    return other if ratio >= ALIKE_FROM else None


def marks(text: str | None, lexemes: Iterable[str]) -> list[tuple[int, int]]:
    """Return where the lexemes occur in the text, as ranges [from, to) in characters without overlaps."""
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
