"""Which answers are right, by the rule of each task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from seewhy.datasets.nle import NLEExample
from seewhy.errors import InvalidArgumentError, MetricUnavailableError, UnknownNameError
from seewhy.rationales.answer_rules import RULES, SIMILAR, is_listed
from seewhy.rationales.predictions import Prediction
from seewhy.rationales.tasks import TASKS, UNIFIED_TASKS
from seewhy.scores.vqa_accuracy import soft_accuracy

if TYPE_CHECKING:
    from seewhy.scores.text_encoder import TextEncoder

Protocol = Literal["nlx-gpt", "uni-nlx"]
PROTOCOLS = ("nlx-gpt", "uni-nlx")


@dataclass(frozen=True)
class Judgment:
    """Which answers of one task are right."""

    is_right: NDArray[np.bool_]
    """(examples,)."""
    similarity: NDArray[np.float64] | None = None
    """For VCR, BERTScore's F of each answer, (examples,); its mean was published as accuracy."""
    soft_accuracy: float | None = None
    """Mean VQA accuracy, where examples have answers of several people."""

    @property
    def accuracy(self) -> float:
        """Share of right answers, from 0 to 1."""
        return float(self.is_right.mean())


def judge_answers(
    pairs: Sequence[tuple[Prediction, NLEExample]],
    task: str,
    *,
    protocol: Protocol = "nlx-gpt",
    encoder: TextEncoder | None = None,
    threshold: float = SIMILAR,
) -> Judgment:
    """Tell which answers of one task are right.

    Under ``nlx-gpt``, an answer is right that equals the most frequent one (VQA-X), the one
    there is (ACT-X, e-SNLI-VE), or one of several (the others), normalized as VQA does; for VCR,
    whose answers are sentences, one whose BERTScore with the reference reaches the threshold.
    Under ``uni-nlx``, an answer is right that is in the list of the example, for every task.

    Args:
        pairs: answers with their examples, at least one.
        task: one of the seven.
        protocol: whose rules are followed.
        encoder: of BERTScore; published with ``distilbert-base-uncased``.
        threshold: for VCR, BERTScore's F from which on an answer is right.

    Raises:
        UnknownNameError: if there is no such task or protocol.
        MetricUnavailableError: if VCR is to be judged by BERTScore without an encoder.
        InvalidArgumentError: if there is nothing to judge.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081; Uni-NLX (ICCVW 2023), arXiv:2308.09033.
    Differs: the model's answer is normalized like the annotated ones, which the code leaves
        out, see docs/decisions/rationale-evaluation.md.
    """
    if protocol not in PROTOCOLS:
        raise UnknownNameError("protocol", protocol, PROTOCOLS)
    if task not in UNIFIED_TASKS:
        raise UnknownNameError("task", task, UNIFIED_TASKS)
    if not pairs:
        raise InvalidArgumentError(f"There are no answers of {task} to judge.")
    judged_by = TASKS[task].judged_by
    if judged_by == "similar" and protocol == "nlx-gpt":
        similarity = _compare_sentences(pairs, encoder)
        return Judgment(similarity >= threshold, similarity)
    rule = is_listed if protocol == "uni-nlx" else RULES[judged_by].mended
    is_right = [rule(said.answer, example.answers) for said, example in pairs]
    return Judgment(np.array(is_right), soft_accuracy=_soft_accuracy(pairs))


def _compare_sentences(
    pairs: Sequence[tuple[Prediction, NLEExample]], encoder: TextEncoder | None
) -> NDArray[np.float64]:
    if encoder is None:
        raise MetricUnavailableError(
            "Answers of VCR are sentences, judged by BERTScore: give its text encoder (published: "
            "distilbert-base-uncased), or take the protocol 'uni-nlx', which wants the same words."
        )
    from seewhy.scores.token_matching import bert_score

    said = [found.answer.lower() for found, _ in pairs]
    truth = [[answer.lower() for answer in example.answers] for _, example in pairs]
    return np.asarray(bert_score(said, truth, encoder).f1, dtype=np.float64)


def _soft_accuracy(pairs: Sequence[tuple[Prediction, NLEExample]]) -> float | None:
    if any(len(example.answers) < 3 for _, example in pairs):
        return None
    return float(np.mean([soft_accuracy(p.answer, e.answers) for p, e in pairs]))
