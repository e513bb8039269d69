"""Reads sentences of the world from left to right and says what they claim."""

from __future__ import annotations

from dataclasses import dataclass, field

from seewhy.world.claims import ClaimSheet, Mention, has_part
from seewhy.world.lexicon import Sense


@dataclass
class Reader:
    """What has been read so far: of whom is spoken, and what still waits for its noun.

    Each kind of sense has its method, ``_read_<kind>``.
    """

    sheet: ClaimSheet
    default: int
    """Index of the thing that *it* means as long as none was named."""
    unknown: list[str] = field(default_factory=list)
    following: list[Sense] = field(default_factory=list)
    """What comes after the sense that is being read."""
    subject: Mention | None = None
    """What was named first: *it*."""
    current: Mention | None = None
    """What was named last."""
    mentions: list[Mention] = field(default_factory=list)
    pending: list[Sense] = field(default_factory=list)
    """Adjectives and actions that wait for their noun."""
    state: str = ""
    """``be`` or ``have`` behind such a verb."""
    negated: bool = False
    hedged: bool = False
    definite: bool = False
    count: int | None = None
    relation: tuple[Mention, str, bool] | None = None
    """Subject, predicate and negation of a relation that waits for its object."""
    possessed: bool = False
    focus: tuple[str, list[str]] | None = None
    """The part that is spoken of, and what was said of it: ``its long ears are ...``."""
    held: list[tuple[str, list[str], bool]] = field(default_factory=list)
    """Parts whose owner is still to come: ``long ears belong to ...``."""

    def read(self, senses: list[Sense]) -> None:
        """Read a whole text."""
        for index, sense in enumerate(senses):
            self.following = senses[index + 1 :]
            if self.hedged and sense.kind != "break":
                continue
            if sense.kind == "unknown":
                self.unknown.append(sense.text)
            else:
                kind = sense.kind if sense.kind != "noun or part" else self._part_or_noun(sense)
                getattr(self, f"_read_{kind}")(sense)
        self._end_clause()

    def _part_or_noun(self, sense: Sense) -> str:
        """A flower is a part where something has it, and a thing elsewhere.

        ``a flower with petals, and a flower is a plant`` starts a new clause: no flower has one.
        """
        if self.relation or self.state != "have":
            return "part" if self._owner_follows() and not self.relation else "noun"
        things = self.sheet.scene.things
        owned = any(has_part(things[index], sense.text, ()) for index in self._current().things)
        starts_clause = bool(self.following) and self.following[0].kind == "copula"
        return "noun" if starts_clause and not owned else "part"

    def _owner_follows(self) -> bool:
        for sense in self.following:
            if sense.kind in ("owner", "break", "copula"):
                return sense.kind == "owner"
        return False

    # Words of grammar

    def _read_break(self, sense: Sense) -> None:
        self._end_clause()

    def _end_clause(self) -> None:
        self._settle_adjectives()
        anyone = Mention(set(range(len(self.sheet.scene.things))))
        self._give_held_parts(self.current or anyone)
        self.negated = self.hedged = self.definite = self.possessed = False
        self.state, self.count, self.relation, self.focus = "", None, None, None
        self.current = self.subject

    def _read_filler(self, sense: Sense) -> None:
        if sense.text == "," and self.following and self.following[0].kind == "action":
            self._settle_adjectives()

    def _read_determiner(self, sense: Sense) -> None:
        self._settle_adjectives()
        self.definite = sense.text == "the"

    def _read_copula(self, sense: Sense) -> None:
        self._settle_adjectives()
        self.state = "be"

    def _read_have(self, sense: Sense) -> None:
        self._settle_adjectives()
        self.state = "have"

    def _read_expletive(self, sense: Sense) -> None:
        self._settle_adjectives()
        self.state = ""

    def _read_pronoun(self, sense: Sense) -> None:
        self._settle_adjectives()
        self.current, self.state, self.focus = self._subject(), "", None

    def _read_possessive(self, sense: Sense) -> None:
        self._settle_adjectives()
        if sense.text != "'s":
            self.current = self._subject()
        self.state, self.possessed = "", True

    def _read_owner(self, sense: Sense) -> None:
        """The parts held so far go to the noun that follows; behind ``of`` they stay in focus."""
        self.possessed = sense.text == "of" and bool(self.held)

    def _read_negation(self, sense: Sense) -> None:
        self._settle_adjectives()
        self.negated = True
        if sense.text == "without":
            self.state = "have"

    def _read_hedge(self, sense: Sense) -> None:
        self._settle_adjectives()
        self.hedged = True

    def _read_number(self, sense: Sense) -> None:
        heads = (s.kind for s in self.following if s.kind not in ("adjective", "action"))
        head = next(heads, "")
        if head == "part":  # eight arms are always eight
            self.pending.append(Sense(sense.text, "adjective", sense.text))
        elif head in ("noun", "noun or part"):
            self._settle_adjectives()
            self.count = sense.value

    # Words of the world

    def _read_adjective(self, sense: Sense) -> None:
        self.pending.append(sense)

    def _read_noun(self, sense: Sense) -> None:
        found = self.sheet.things_called(sense.value)
        words = [word.value for word in self.pending]
        text = " ".join((*(word.text for word in self.pending), sense.text))
        self.pending.clear()
        fitting = self.sheet.things_that(found, words)
        if self.count is not None:
            self._count(text, fitting)
        elif self.state == "be" and self.current and self.relation is None:
            self.sheet.narrow(
                self.current, self.current.things & fitting, text, "kind", negated=self._negation()
            )
            self.state = ""
        elif self.negated and self.relation is None:
            self.sheet.add(text, "existence", bool(fitting), negated=self._negation())
        else:
            self._introduce(sense.text, text, found, words)
        self.definite = False

    def _read_region(self, sense: Sense) -> None:
        """``[thing1]`` points at one thing of the scene; at nothing if it has not so many."""
        self._settle_adjectives()
        there = sense.value < len(self.sheet.scene.things)
        self._introduce(sense.text, sense.text, {sense.value} if there else set(), [])

    def _count(self, text: str, fitting: set[int]) -> None:
        holds = len(fitting) == self.count
        self.sheet.add(f"{self.count} {text}", "count", holds, negated=self._negation())
        self.count = None
        self._mention(Mention(fitting))

    def _introduce(self, noun: str, text: str, found: set[int], words: list[str]) -> None:
        """A noun that names a thing, new or named before, and may be a relation's object."""
        fitting = self.sheet.things_that(found, words)
        named = reversed(self.mentions) if self.definite else ()
        mention = next((other for other in named if other.things & fitting), None)
        if mention is None:
            mention = Mention(set(found))
            self.sheet.add(noun, "existence", bool(found))
        if words:
            self.sheet.narrow(mention, mention.things & fitting, text, "look")
        if self.relation:
            subject, predicate, negated = self.relation
            self.relation = None
            self.sheet.claim_relation(subject, predicate, mention, text, negated=negated)
        focus = self.held[-1][:2] if self.possessed and self.held else None
        self._mention(mention)
        self._give_held_parts(mention)
        self.focus = focus

    def _read_part(self, sense: Sense) -> None:
        words = [word.value for word in self.pending]
        self.pending.clear()
        negated = self._negation()
        owned = self.state == "have" or self.possessed
        if not owned and (self._owner_follows() or self.current is None):
            self.held.append((sense.text, words, negated))
            return
        self.sheet.claim_part(self._current(), sense.text, words, negated=negated)
        self.focus = (sense.text, words) if self.possessed else None
        self.possessed = False

    def _read_action(self, sense: Sense) -> None:
        before_noun = self.following and self.following[0].kind in ("noun", "adjective")
        if before_noun and self.state != "be":
            self.pending.append(sense)
        else:
            self._settle_adjectives()
            self._claim_word(sense, "action")

    def _read_relation(self, sense: Sense) -> None:
        self._settle_adjectives()
        self.relation = (self._current(), sense.value, self._negation())
        self.state = ""

    def _read_place(self, sense: Sense) -> None:
        self._claim_of_picture(sense, self.sheet.scene.background)

    def _read_light(self, sense: Sense) -> None:
        self._claim_of_picture(sense, self.sheet.scene.light)

    def _read_style(self, sense: Sense) -> None:
        self._claim_of_picture(sense, self.sheet.scene.style)

    def _read_fact(self, sense: Sense) -> None:
        self._claim_of_picture(sense, True)

    # What they amount to

    def _claim_of_picture(self, sense: Sense, truth: str | bool) -> None:
        self._settle_adjectives()
        self.sheet.add(sense.text, sense.kind, sense.value == truth, negated=self._negation())

    def _claim_word(self, sense: Sense, kind: str) -> None:
        mention = self._current()
        found = self.sheet.things_that(mention.things, [sense.value])
        self.sheet.narrow(mention, found, sense.text, kind, negated=self._negation())

    def _settle_adjectives(self) -> None:
        """Adjectives without a noun behind them are said of what was named last."""
        words, self.pending = self.pending, []
        if words and self.focus:
            part, said = self.focus
            said = [*said, *(word.value for word in words)]
            self.sheet.claim_part(self._current(), part, said, negated=self._negation())
        elif words:
            negated = self.negated
            for word in words:
                self.negated = negated
                self._claim_word(word, "look")

    def _give_held_parts(self, owner: Mention) -> None:
        held, self.held = self.held, []
        for name, words, negated in held:
            self.sheet.claim_part(owner, name, words, negated=negated)

    def _negation(self) -> bool:
        """Whether the claim at hand is negated; the one after it is not."""
        negated, self.negated = self.negated, False
        return negated

    def _mention(self, mention: Mention) -> None:
        self.mentions.append(mention)
        self.current = mention
        self.subject = self.subject or mention
        self.state, self.possessed, self.focus = "", False, None

    def _subject(self) -> Mention:
        if self.subject is None:
            self.subject = Mention({self.default})
            self.mentions.append(self.subject)
        return self.subject

    def _current(self) -> Mention:
        return self.current or self._subject()
