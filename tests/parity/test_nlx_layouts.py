"""Token by token against the published data sets and decoders (layouts and postprocess)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seewhy.datasets.nle import NLEExample
from seewhy.rationales.concept_head import join_concepts
from seewhy.rationales.layouts import MAX_CONCEPT_TOKENS, LayoutMaker
from seewhy.rationales.samples import choose_explanation, list_samples
from seewhy.rationales.splitting import split_text
from seewhy.rationales.tasks import TASKS, UNIFIED_TASKS, Task
from seewhy.rationales.tokens import RationaleTokenizer, load_rationale_tokenizer
from seewhy.rationales.wording import choose_frequent, prepare_answer, prepare_question

NLX_ADDED = ["<pad>", "<question>", "<answer>", "<explanation>"]
ADDED = {
    "vqaX": NLX_ADDED,
    "actX": ["<pad>", "<answer>", "<explanation>"],
    "esnlive": NLX_ADDED,
    "esnlive_concepts": ["<pad>"],
    "vcr": ["<pad>", "<objects>", "<question>", "<answer>", "<explanation>", "<noobject>"],
    "uninlx": NLX_ADDED,
    "pretrain": NLX_ADDED,
}
NAMES = {
    "vqaX": TASKS["vqa-x"],
    "actX": TASKS["act-x"],
    "esnlive": TASKS["e-snli-ve"],
    "esnlive_concepts": TASKS["e-snli-ve-concepts"],
    "vcr": TASKS["vcr"],
    "uninlx": UNIFIED_TASKS["vqa-x"],
    "pretrain": TASKS["captions"],
}
GROUPS = tuple(name for name in NAMES if name != "pretrain")


@pytest.fixture(scope="module")
def tokenizers(gpt2_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Tokenizers of the variants, each from a folder in the published layout."""
    made: dict[tuple[str, ...], RationaleTokenizer] = {}
    for added in ADDED.values():
        if tuple(added) in made:
            continue
        folder = tmp_path_factory.mktemp("tokenizer")
        for file in ("vocab.json", "merges.txt"):
            (folder / file).symlink_to(gpt2_folder / file)
        numbers = {token: 50257 + place for place, token in enumerate(added)}
        (folder / "added_tokens.json").write_text(json.dumps(numbers))
        made[tuple(added)] = load_rationale_tokenizer(folder)
    return {name: made[tuple(added)] for name, added in ADDED.items()}


def one_or_more(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def make_example(key: str, entry: dict[str, Any], task: Task) -> NLEExample:
    answers = entry.get("answers", entry.get("answer", ()))
    if isinstance(answers, list) and answers and isinstance(answers[0], dict):
        answers = [answer["answer"] for answer in answers]
    is_boxed = "objects" in entry
    return NLEExample(
        id=key,
        task=task.name.removesuffix("-concepts"),
        images=(Path("picture.jpg"),),
        question=entry.get("question", entry.get("hypothesis", "")),
        answers=one_or_more(answers),
        explanations=one_or_more(entry["explanation"]),
        objects=tuple(entry["objects"]) if is_boxed else (),
        boxes=tuple(tuple(box[:4]) for box in entry["boxes_data"]) if is_boxed else (),
        image_size=(entry["image_w"], entry["image_h"]) if is_boxed else None,
    )


def read_examples(data: Any, task: Task) -> list[NLEExample]:
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    return [make_example(str(key), entry, task) for key, entry in entries]


def find_items(layouts: dict[str, Any], group: str, part: str) -> list[tuple[int, dict[str, Any]]]:
    """Expected items with the epoch they are of."""
    content = layouts.get(f"{group}_{part}")
    if content is None:
        pytest.skip(f"this case has no {group}_{part}")
    later = [(1, item) for item in content.get("items_second_epoch", ())]
    return [(0, item) for item in content["items"]] + later


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_learned_is_the_published_layout(
    nlx_layouts: dict[str, Any], tokenizers: dict[str, RationaleTokenizer], group: str
) -> None:
    task, tokenizer = NAMES[group], tokenizers[group]
    items = find_items(nlx_layouts, group, "train")
    content = nlx_layouts[f"{group}_train"]
    assert content.get("vocab", len(tokenizer)) == len(tokenizer)
    examples = read_examples(content["data"], task)
    samples = list_samples([len(example.explanations) for example in examples])
    maker = LayoutMaker(task, tokenizer, compat="published")
    assert len(items) % len(samples) == 0
    for place, (epoch, item) in enumerate(items):
        sample = samples[place % len(samples)]
        example = examples[sample.example]
        count = len(example.explanations)
        chosen = choose_explanation(sample.turn, count, epoch=epoch, compat="published")
        layout = maker.lay_out_training(example, explanation=chosen)
        length = len(item["input_ids"])
        layout.cut(length)  # a file may shorten its second epoch
        maker.pad(layout, length)
        assert layout.ids == item["input_ids"]
        if "labels" in item:
            assert layout.labels == item["labels"]
        if task.has_segments and "token_type_ids" in item:
            assert layout.segments == item["token_type_ids"]
        if "boxes" in item:
            np.testing.assert_allclose(layout.boxes, item["boxes"], atol=1e-6)
            assert layout.numbers == item["box_numbers"]


@pytest.mark.parametrize("group", GROUPS)
def test_prompts_are_the_published_layout(
    nlx_layouts: dict[str, Any], tokenizers: dict[str, RationaleTokenizer], group: str
) -> None:
    task = NAMES[group]
    items = find_items(nlx_layouts, group, "eval")
    examples = read_examples(nlx_layouts[f"{group}_eval"]["data"], task)
    maker = LayoutMaker(task, tokenizers[group], compat="published")
    for example, (_, item) in zip(examples, items, strict=True):
        layout = maker.lay_out_prompt(example)
        assert layout.ids == item["input_ids"]
        if "token_type_ids" in item:
            assert layout.segments == item["token_type_ids"]
        if "boxes" in item:
            np.testing.assert_allclose(layout.boxes, item["boxes"], atol=1e-6)
            assert layout.numbers == item["box_numbers"]


def test_captions_are_the_published_layout(
    nlx_layouts: dict[str, Any], tokenizers: dict[str, RationaleTokenizer]
) -> None:
    content = nlx_layouts["pretrain_train"]
    maker = LayoutMaker(TASKS["captions"], tokenizers["pretrain"], compat="published")
    for caption, item in zip(content["captions"], content["items"], strict=True):
        example = NLEExample("0", "captions", (Path("a.jpg"),), "", (), (caption,))
        layout = maker.pad(maker.lay_out_training(example), content["max_seq_len"])
        assert layout.ids == item["input_ids"]
        assert layout.labels == item["labels"]


def test_concepts_before_a_hypothesis_are_the_published_tokens(
    nlx_layouts: dict[str, Any], tokenizers: dict[str, RationaleTokenizer]
) -> None:
    content, tokenizer = nlx_layouts["concept_ids"], tokenizers["esnlive_concepts"]
    words = sorted(content["wordmap"], key=content["wordmap"].__getitem__)
    for scores, expected in zip(content["scores"], content["concept_input_ids"], strict=True):
        best = [words[place] for place in np.argsort(scores)[::-1][:20]]
        assert tokenizer.encode(join_concepts(best))[:MAX_CONCEPT_TOKENS] == expected


def test_texts_are_prepared_as_published(nlx_layouts: dict[str, Any]) -> None:
    for prepare, name in (
        (prepare_answer, "prep_ans"),
        (prepare_question, "proc_ques"),
        (choose_frequent, "proc_ans"),
    ):
        for given, expected in nlx_layouts[name]:
            assert prepare(given) == expected


@pytest.mark.parametrize("group", [*GROUPS])
def test_texts_are_split_as_published(
    nlx_postprocess: dict[str, Any], tokenizers: dict[str, RationaleTokenizer], group: str
) -> None:
    if group not in nlx_postprocess:
        pytest.skip(f"this case has no {group}")
    task, tokenizer = NAMES[group], tokenizers[group]
    rules = LayoutMaker(task, tokenizer, compat="published").make_rules()
    for item in nlx_postprocess[group]:
        found = split_text(item["generated_ids"], task, tokenizer, compat="published")
        assert found.full == item["full"]
        assert found.answer == item["answer"]
        assert found.explanation == item["explanation"]
        if item.get("last_token_type_ids") and rules.because:
            begun = [item["generated_ids"][:place] for place in range(len(item["generated_ids"]))]
            segments = [
                rules.explanation_segment if rules.because in (*before, word)
                else rules.answer_segment
                for before, word in zip(begun, item["generated_ids"], strict=True)
            ]  # fmt: skip
            assert item["last_token_type_ids"][1:] == segments
