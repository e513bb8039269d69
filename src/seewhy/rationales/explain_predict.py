"""Explain-predict: can the answer be told from the reason, without the picture?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import nn

from seewhy.datasets.nle import NLEExample
from seewhy.errors import DataFormatError, InvalidArgumentError, UnknownNameError
from seewhy.rationales.leakage import mask_answer

if TYPE_CHECKING:
    from torch import Tensor

SOFT_TARGETS = (0.0, 0.3, 0.6, 0.9, 1.0)
"""Target of an answer that so many people gave; of more, as of the last."""
ESNLI_LABELS = {"contradiction": 0, "neutral": 1, "entailment": 2}


@dataclass(frozen=True, kw_only=True)
class ExplainPredictSettings:
    """How a reader of reasons is trained, and what it reads. Defaults: VQA-X, as published."""

    max_tokens: int = 40
    max_question_tokens: int = 15
    """Tokens of the question, the one that begins the text included; 0: no question."""
    targets: Literal["soft", "all", "one"] = "soft"
    """``soft``: by how many people gave an answer; ``all``: 1 for each answer given, both with
    one sigmoid an answer; ``one``: the label, with a softmax."""
    epochs: int = 15
    batch_size: int = 16
    learning_rate: float = 2e-5
    is_masked: bool = False
    """Whether words of the right answers are hidden in the reasons (the variant without leaks)."""
    validation_share: float = 0.1
    """Of the training examples, by which the epoch is chosen where no others are given."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.targets not in ("soft", "all", "one"):
            raise InvalidArgumentError(
                f"targets must be 'soft', 'all' or 'one', got {self.targets!r}."
            )
        if not 0 <= self.max_question_tokens < self.max_tokens - 2:
            raise InvalidArgumentError(
                f"max_question_tokens must leave room in max_tokens = {self.max_tokens}, got "
                f"{self.max_question_tokens}."
            )
        if min(self.epochs, self.batch_size) < 1 or self.learning_rate <= 0:
            raise InvalidArgumentError(
                "epochs and batch_size must be at least 1 and learning_rate above 0, got "
                f"{self.epochs}, {self.batch_size} and {self.learning_rate}."
            )
        if not 0 < self.validation_share < 1:
            raise InvalidArgumentError(
                f"validation_share must be between 0 and 1, got {self.validation_share}."
            )


PUBLISHED_SETTINGS = {
    "vqa-x": ExplainPredictSettings(),
    "act-x": ExplainPredictSettings(
        max_tokens=20,
        max_question_tokens=0,
        targets="all",
        epochs=20,
        batch_size=32,
        learning_rate=2e-4,
    ),
    "e-snli-ve": ExplainPredictSettings(
        max_tokens=45, max_question_tokens=20, targets="one", epochs=5, batch_size=32
    ),
}
"""The three published settings."""
SCRATCH_LEARNING_RATE = 1e-3
"""Of a reader that starts from nothing, which at the published rates learns nothing either."""


def find_settings(task: str, *, has_base: bool = True) -> ExplainPredictSettings:
    """The settings of a task: the published ones, or VQA-X's with hard targets.

    Args:
        task: of the reasons.
        has_base: whether the reader starts from DistilBERT, as published; one that starts from
            nothing learns at ``SCRATCH_LEARNING_RATE``.

    Raises:
        UnknownNameError: if the task's answers are sentences, of which there is no list.
    """
    if task == "vcr":
        raise UnknownNameError("task with short answers", task, (*PUBLISHED_SETTINGS, "a-okvqa"))
    found = PUBLISHED_SETTINGS.get(task, ExplainPredictSettings(targets="all"))
    return found if has_base else replace(found, learning_rate=SCRATCH_LEARNING_RATE)


def list_answers(
    examples: Iterable[NLEExample], *, targets: str = "soft", min_count: int = 1
) -> dict[str, int]:
    """The answers a reader can give, each with its number: the most frequent first.

    Args:
        examples: to learn from.
        targets: with ``one``, e-SNLI-VE's labels have their published numbers.
        min_count: answers given less often are left out.

    Raises:
        InvalidArgumentError: if no answer is left.
    """
    counts = Counter(answer for example in examples for answer in example.answers)
    if targets == "one" and set(counts) <= set(ESNLI_LABELS):
        return dict(ESNLI_LABELS)
    kept = [answer for answer, count in counts.most_common() if count >= min_count]
    if not kept:
        raise InvalidArgumentError(f"No answer is given {min_count} times in the examples.")
    return {answer: number for number, answer in enumerate(kept)}


def make_soft_targets(
    answers: Sequence[Sequence[str]], numbers: Mapping[str, int], *, is_soft: bool = True
) -> Tensor:
    """What a sigmoid for each answer should give: 0.3, 0.6 and 0.9 for one to three people, then 1.

    Args:
        answers: given to each question, as they were given.
        numbers: of the answers that count.
        is_soft: ``False`` gives 1 for an answer of anybody.

    Returns:
        (questions, answers), from 0 to 1.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081, the released code.
    """
    targets = torch.zeros(len(answers), len(numbers))
    for row, given in enumerate(answers):
        for answer, count in Counter(given).items():
            if answer in numbers:
                value = SOFT_TARGETS[min(count, len(SOFT_TARGETS) - 1)] if is_soft else 1.0
                targets[row, numbers[answer]] = value
    return targets


def reader_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The loss of a batch: of sigmoids, summed; or of a softmax, on average.

    Args:
        logits: (batch, answers).
        targets: (batch, answers) for sigmoids; (batch,) or (batch, 1), int64, for a softmax.
    """
    if targets.is_floating_point():
        return nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="sum")
    return nn.functional.cross_entropy(logits, targets.reshape(-1))


@dataclass(frozen=True)
class EncodedTexts:
    """What a reader is given."""

    ids: Tensor
    """(texts, tokens), padded on the right."""
    mask: Tensor
    """True where there is a token, (texts, tokens)."""


def encode_reasons(
    tokenizer: Any,
    questions: Sequence[str],
    explanations: Sequence[str],
    settings: ExplainPredictSettings,
) -> EncodedTexts:
    """Questions with reasons as a reader reads them.

        [CLS] question [SEP] explanation      the question cut, then the whole
        [CLS] explanation                     without questions

    Nothing stands at the end. The mask leaves out what is padding, as published.

    Args:
        tokenizer: of the reader (WordPiece).
        questions: texts; not looked at where the settings leave them out.
        explanations: as many.
        settings: lengths.
    """
    rows = []
    for question, explanation in zip(questions, explanations, strict=True):
        begin = [tokenizer.cls_token_id]
        if settings.max_question_tokens:
            begin += tokenizer.convert_tokens_to_ids(tokenizer.tokenize(question))
            begin = [*begin[: settings.max_question_tokens], tokenizer.sep_token_id]
        reason = tokenizer.convert_tokens_to_ids(tokenizer.tokenize(explanation))
        rows.append((begin + reason)[: settings.max_tokens])
    padding = tokenizer.pad_token_id
    width = max(map(len, rows), default=1)
    ids = torch.tensor([row + [padding] * (width - len(row)) for row in rows])
    return EncodedTexts(ids, ids != padding)


@dataclass(frozen=True)
class Reader:
    """A DistilBERT that guesses the answer from the question and its reason.

        logits = W2 relu(W1 h_[CLS])

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081, section 3.3.
    """

    model: Any
    """``DistilBertForSequenceClassification``."""
    tokenizer: Any
    answers: tuple[str, ...]
    """What each output stands for."""
    settings: ExplainPredictSettings

    def __post_init__(self) -> None:
        outputs = self.model.config.num_labels
        if outputs != len(self.answers):
            raise DataFormatError(
                f"The reader has {outputs} outputs and {len(self.answers)} answers; they must "
                "be as many."
            )

    def predict(
        self, questions: Sequence[str], explanations: Sequence[str], *, batch_size: int = 64
    ) -> list[str]:
        """The answer that each reason points to, in the order given."""
        device = next(self.model.parameters()).device
        was_training, said = self.model.training, []
        self.model.eval()
        try:
            for start in range(0, len(questions), batch_size):
                part = slice(start, start + batch_size)
                texts = encode_reasons(
                    self.tokenizer, questions[part], explanations[part], self.settings
                )
                with torch.inference_mode():
                    logits = self.model(texts.ids.to(device), texts.mask.to(device)).logits
                said += [self.answers[number] for number in logits.argmax(-1).tolist()]
        finally:
            self.model.train(was_training)
        return said

    def accuracy(self, examples: Sequence[NLEExample], explanations: Sequence[str]) -> float:
        """Share of examples of which the reason points to an answer that was given.

        Args:
            examples: at least one.
            explanations: one for each, as they are; words of the answer are hidden here where
                the reader was trained so.

        Raises:
            InvalidArgumentError: if there are no examples.
        """
        if not examples:
            raise InvalidArgumentError("There are no examples to read the reasons of.")
        shown = prepare_reasons(examples, explanations, self.settings)
        said = self.predict([example.question for example in examples], shown)
        return sum(
            answer in example.answers for answer, example in zip(said, examples, strict=True)
        ) / len(examples)


def prepare_reasons(
    examples: Sequence[NLEExample],
    explanations: Sequence[str],
    settings: ExplainPredictSettings,
) -> list[str]:
    """Reasons as the reader sees them: with words of the right answers hidden, if so set."""
    if not settings.is_masked:
        return list(explanations)
    return [
        mask_answer(text, example.answers)
        for text, example in zip(explanations, examples, strict=True)
    ]
