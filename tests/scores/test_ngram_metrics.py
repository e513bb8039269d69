"""BLEU, ROUGE-L and CIDEr-D against plain twins written from the definitions."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.scores.bleu import bleu_statistics
from seewhy.scores.cider import cider_d
from seewhy.scores.ngrams import count_ngrams, encode_corpus
from seewhy.scores.rouge import rouge_l

Words = list[str]
words = st.lists(st.sampled_from("a b c d e".split()), max_size=9)
corpora = st.lists(
    st.tuples(words, st.lists(words, min_size=1, max_size=4)), min_size=1, max_size=5
)


def ngrams(sentence: Words, order: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(sentence[i : i + order]) for i in range(len(sentence) - order + 1))


def bleu_by_definition(corpus: list[tuple[Words, list[Words]]]) -> list[float]:
    correct, guessed, length, closest = [0] * 4, [0] * 4, 0, 0
    for candidate, references in corpus:
        length += len(candidate)
        closest += min((abs(len(r) - len(candidate)), len(r)) for r in references)[1]
        for n in range(4):
            most: Counter[tuple[str, ...]] = Counter()
            for reference in references:
                most |= ngrams(reference, n + 1)
            correct[n] += sum((ngrams(candidate, n + 1) & most).values())
            guessed[n] += max(0, len(candidate) - n)
    scores, product = [], 1.0
    ratio = (length + 1e-15) / (closest + 1e-9)
    for n in range(4):
        product *= (correct[n] + 1e-15) / (guessed[n] + 1e-9)
        scores.append(product ** (1 / (n + 1)) * (math.exp(1 - 1 / ratio) if ratio < 1 else 1))
    return scores


def common_by_definition(a: Words, b: Words) -> int:
    if not a or not b:
        return 0
    if a[-1] == b[-1]:
        return 1 + common_by_definition(a[:-1], b[:-1])
    return max(common_by_definition(a[:-1], b), common_by_definition(a, b[:-1]))


def rouge_by_definition(candidate: Words, references: list[Words]) -> float:
    candidate, references = candidate or [""], [reference or [""] for reference in references]
    common = [common_by_definition(candidate, reference) for reference in references]
    precision = max(n / len(candidate) for n in common)
    recall = max(n / len(r) for n, r in zip(common, references, strict=True))
    if precision == 0 or recall == 0:
        return 0.0
    return (1 + 1.2**2) * precision * recall / (recall + 1.2**2 * precision)


def cider_by_definition(corpus: list[tuple[Words, list[Words]]]) -> list[float]:
    def vector(sentence: Words, n: int) -> dict[tuple[str, ...], float]:
        weights = {}
        for ngram, count in ngrams(sentence, n).items():
            frequency = sum(any(ngram in ngrams(r, n) for r in refs) for _, refs in corpus)
            weights[ngram] = count * (math.log(len(corpus)) - math.log(max(1, frequency)))
        return weights

    scores = []
    for candidate, references in corpus:
        total = 0.0
        for reference in references:
            delta = max(len(candidate) - 1, 0) - max(len(reference) - 1, 0)
            for n in range(1, 5):
                c, r = vector(candidate, n), vector(reference, n)
                dot = sum(min(c[g], r[g]) * r[g] for g in c if g in r)
                norms = math.sqrt(sum(x * x for x in c.values()) * sum(x * x for x in r.values()))
                total += (dot / norms if norms else dot) * math.exp(-(delta**2) / 72) / 4
        scores.append(10 * total / len(references))
    return scores


@given(corpora)
def test_bleu_is_its_definition(corpus: list[tuple[Words, list[Words]]]) -> None:
    encoded = encode_corpus([c for c, _ in corpus], [r for _, r in corpus])
    statistics = bleu_statistics(encoded, count_ngrams(encoded))
    np.testing.assert_allclose(statistics.corpus(), bleu_by_definition(corpus), rtol=1e-9)
    for item, found in zip(corpus, statistics.per_item(), strict=True):
        np.testing.assert_allclose(found, bleu_by_definition([item]), rtol=1e-9)


@given(corpora)
def test_rouge_is_its_definition(corpus: list[tuple[Words, list[Words]]]) -> None:
    found = rouge_l(encode_corpus([c for c, _ in corpus], [r for _, r in corpus]))
    np.testing.assert_allclose(found, [rouge_by_definition(c, r) for c, r in corpus], atol=1e-12)


@given(corpora)
def test_cider_is_its_definition(corpus: list[tuple[Words, list[Words]]]) -> None:
    encoded = encode_corpus([c for c, _ in corpus], [r for _, r in corpus])
    found = cider_d(encoded, count_ngrams(encoded))
    np.testing.assert_allclose(found, cider_by_definition(corpus), atol=1e-9)


@pytest.mark.parametrize("length", [63, 64, 65, 200])
def test_rouge_counts_words_behind_the_64th(length: int) -> None:
    reference = [f"w{i}" for i in range(length)]
    found = rouge_l(encode_corpus([reference[::2]], [[reference]]))
    recall = len(reference[::2]) / length
    assert found[0] == pytest.approx((1 + 1.44) * recall / (recall + 1.44))


def test_one_item_has_no_cider_since_no_word_is_rarer_than_another() -> None:
    encoded = encode_corpus([["a", "b"]], [[["a", "b"]]])
    assert cider_d(encoded, count_ngrams(encoded)).tolist() == [0.0]


def test_a_perfect_caption_of_a_corpus_scores_one_and_ten() -> None:
    sentences = [[f"{i}{letter}" for letter in "abcdefg"] for i in range(4)]
    encoded = encode_corpus(sentences, [[sentence] for sentence in sentences])
    counts = count_ngrams(encoded)
    np.testing.assert_allclose(bleu_statistics(encoded, counts).corpus(), 1, atol=1e-8)
    np.testing.assert_allclose(rouge_l(encoded), 1)
    np.testing.assert_allclose(cider_d(encoded, counts), 10)
