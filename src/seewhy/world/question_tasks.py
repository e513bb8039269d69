"""How each of the seven tasks asks about a scene."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random

from seewhy.world.catalogue import CLASSES, shape_of
from seewhy.world.entailment import list_entailments
from seewhy.world.facts import FACTS, FactKind
from seewhy.world.grammar import capitalize, with_article
from seewhy.world.observation import Observation, draw_observation
from seewhy.world.observations import observe
from seewhy.world.phrases import (
    INVERSES,
    RELATION_PHRASES,
    class_kind,
    describe_parts,
    name_thing,
    place_phrase,
)
from seewhy.world.question import Question, Region
from seewhy.world.scene import Scene, Thing

_NUM_QUESTIONS = 3  # of the tasks that could ask about everything
_NUM_CHOICES = 4
_SIDES = {name: said[0] for name, said in RELATION_PHRASES.items() if name != "next to"}


def ask_vqa_x(scene: Scene, generator: Random) -> Iterable[Question]:
    """Short questions about what is to be seen; half of them for yes or no."""
    for seen in _draw_different(scene, generator):
        yield _ask(seen, "vqa-x", generator, _plainly)


def ask_vqa_parax(scene: Scene, generator: Random) -> Iterable[Question]:
    """The same in other words, with longer reasons."""
    for seen in _draw_different(scene, generator):
        thing = scene.things[seen.thing]
        setting = (
            f"the picture shows {name_thing(thing, generator)} with "
            f"{describe_parts(thing, generator, 2)} "
            f"{place_phrase(scene, thing.action, generator)}"
        )
        yield _ask(seen, "vqa-parax", generator, _roundabout, setting)


def ask_aokvqa(scene: Scene, generator: Random) -> Iterable[Question]:
    """What one must know beyond the picture, by multiple choice."""
    for index, thing in enumerate(scene.things):
        kind = class_kind(thing.name)
        alone = sum(class_kind(other.name) == kind for other in scene.things) == 1
        for fact in FACTS.values():
            if thing.name not in fact.answers or (index and not alone):
                continue
            answer = fact.answers[thing.name]
            parts = describe_parts(thing, generator, 2)
            stated = fact.state(thing.name, answer)
            question = fact.question.format(noun=kind if alone else thing.name)
            yield Question(
                "a-okvqa",
                capitalize(question),
                (answer,),
                (f"it is {with_article(thing.name)} with {parts}, and {stated}",),
                _mix(
                    answer,
                    _plausible(fact),
                    generator,
                ),
                subject=index,
            )


def ask_imagenet_x(scene: Scene, generator: Random) -> Iterable[Question]:
    """The class of the main thing, and what it is recognized by."""
    thing = scene.things[0]
    question = generator.choice(
        ("What is this?", "What is the main thing in this picture?", "What does this picture show?")
    )
    reasons = (
        f"it has {describe_parts(thing, generator, 3)}",
        f"it is {name_thing(thing, generator, noun=class_kind(thing.name))} "
        f"with {describe_parts(thing, generator, 2)}",
    )
    yield Question("imagenet-x", question, (thing.name,), reasons)


def ask_act_x(scene: Scene, generator: Random) -> Iterable[Question]:
    """The activity in the picture, without a question; nothing where nobody does anything."""
    index = next((i for i, thing in enumerate(scene.things) if thing.action), None)
    if index is None:
        return
    thing = scene.things[index]
    where = place_phrase(scene, thing.action, generator)
    parts = describe_parts(thing, generator, 1)
    reasons = (
        f"{name_thing(thing, generator)} is {thing.action} {where}",
        f"{with_article(thing.name)} with {parts} can be seen {thing.action} {where}",
        f"there is {with_article(class_kind(thing.name))} {where}, and it is {thing.action}",
    )
    yield Question("act-x", "", (thing.action,), reasons, subject=index)


def ask_esnli_ve(scene: Scene, generator: Random) -> Iterable[Question]:
    """A hypothesis of each label."""
    for one in list_entailments(scene):
        yield Question(
            "e-snli-ve",
            capitalize(one.hypothesis),
            (one.label,),
            (one.reason,),
            subject=one.subject,
        )


def ask_vcr(scene: Scene, generator: Random) -> Iterable[Question]:
    """Questions that point at boxes, by multiple choice, with reasons that do so too."""
    regions = tuple(Region(thing.name, box_of(thing)) for thing in scene.things)
    index = generator.randrange(len(scene.things))
    for pointed in _point_at(scene, index, generator):
        choices = _mix(pointed.answer, pointed.others, generator)
        yield Question(
            "vcr", pointed.question, (pointed.answer,), (pointed.reason,), choices, regions, index
        )


@dataclass(frozen=True)
class _Pointed:
    """A question about a box: its answer, answers like it, and the reason."""

    question: str
    answer: str
    others: list[str]
    reason: str


def _point_at(scene: Scene, index: int, generator: Random) -> Iterator[_Pointed]:
    thing, tag = scene.things[index], f"[thing{index}]"
    named, parts = with_article(thing.name), describe_parts(thing, generator, 2)
    classes = [f"{tag} is {with_article(name)}" for name in CLASSES]
    yield _Pointed(f"What is {tag}?", f"{tag} is {named}", classes, f"{tag} has {parts}")
    if thing.action:
        actions = sorted({a for spec in CLASSES.values() for a in spec.actions if a})
        where = place_phrase(scene, thing.action, generator)
        yield _Pointed(
            f"What is {tag} doing?",
            f"{tag} is {thing.action}",
            [f"{tag} is {action}" for action in actions],
            f"{tag} is {named} with {parts}, and it is {thing.action} {where}",
        )
    sides = [r for r in scene.relations if r.subject == index and r.predicate in _SIDES]
    if sides:
        relation = generator.choice(sides)
        other = f"[thing{relation.object}]"
        yield _Pointed(
            f"Where is {tag} as seen from {other}?",
            f"{tag} is {_SIDES[relation.predicate]} {other}",
            [f"{tag} is {side} {other}" for side in _SIDES.values()],
            f"{other} is {_SIDES[INVERSES[relation.predicate]]} {tag}",
        )


def box_of(thing: Thing) -> tuple[float, float, float, float]:
    """The box a thing is drawn into, cut at the edges; fractions of the picture."""
    half_height = thing.scale / 2
    half_width = half_height * shape_of(thing.name, thing.action)[1]
    x, y = thing.center
    edges = (x - half_width, y - half_height, x + half_width, y + half_height)
    left, top, right, bottom = (round(min(max(edge, 0.0), 1.0), 4) for edge in edges)
    return left, top, right, bottom


def _plausible(fact: FactKind) -> list[str]:
    """Answers to choose from; where a sort of fact knows too few, people of other sorts."""
    answers = list(dict.fromkeys(fact.answers.values()))
    if len(answers) < _NUM_CHOICES:
        answers += FACTS["inhabited"].answers.values()
    return answers


def _draw_different(scene: Scene, generator: Random) -> list[Observation]:
    """Some observations of different kinds."""
    seen = list(observe(scene, generator))
    drawn = []
    while seen and len(drawn) < _NUM_QUESTIONS:
        drawn.append(draw_observation(seen, generator))
        seen = [observation for observation in seen if observation.kind != drawn[-1].kind]
    return drawn


def _ask(
    seen: Observation,
    task: str,
    generator: Random,
    wording: Callable[[str, str, Random], str],
    setting: str = "",
) -> Question:
    """Turn an observation into a question: openly, or for yes or no with even odds."""
    if seen.open_questions and generator.random() < 0.5:
        question, answer, reasons = generator.choice(seen.open_questions), seen.answer, seen.reasons
        statement = ""
    elif generator.random() < 0.5:
        question, answer, reasons = seen.ask(seen.truth), "yes", seen.reasons
        statement = seen.state(seen.truth)
    else:
        question, answer, reasons = seen.ask(seen.lie), "no", (seen.refutation,)
        statement = seen.state(seen.lie)
    if setting:
        reasons = tuple(f"{reason}. {setting}" for reason in reasons)
    return Question(
        task, capitalize(wording(question, statement, generator)), (answer,), reasons,
        subject=seen.thing,
    )  # fmt: skip


def _plainly(question: str, statement: str, generator: Random) -> str:
    return question


def _roundabout(question: str, statement: str, generator: Random) -> str:
    forms = [f"in this picture, {question}", f"looking at the picture, {question}"]
    if statement:
        forms += [f"would you say that {statement}?", f"is it true that {statement}?"]
    return generator.choice(forms)


def _mix(answer: str, others: Iterable[str], generator: Random) -> tuple[str, ...]:
    """The answer among three others, in random order."""
    wrong = [other for other in dict.fromkeys(others) if other != answer]
    choices = [answer, *generator.sample(wrong, min(_NUM_CHOICES - 1, len(wrong)))]
    generator.shuffle(choices)
    return tuple(choices)
