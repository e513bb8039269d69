"""How a reader of reasons is made: from DistilBERT's weights, or from nothing; kept in a folder."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from seewhy.datasets.nle import NLEExample
from seewhy.encoders.weight_files import read_weights
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError, WeightsError
from seewhy.progress import quiet_transformers, show_progress
from seewhy.rationales.explain_predict import (
    ExplainPredictSettings,
    Reader,
    encode_reasons,
    list_answers,
    make_soft_targets,
    prepare_reasons,
    reader_loss,
)

if TYPE_CHECKING:
    from torch import Tensor

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
SMALL = {"dim": 128, "hidden_dim": 256, "n_layers": 2, "n_heads": 4}
"""Sizes of a reader that starts from nothing."""
VOCABULARY = 4000


def train_reader(
    examples: Sequence[NLEExample],
    settings: ExplainPredictSettings,
    *,
    base: str | Path | None = None,
    validation: Sequence[NLEExample] | None = None,
    answers: dict[str, int] | None = None,
    device: str = "cpu",
    progress: bool = False,
) -> Reader:
    """Train a reader on people's reasons, each of them once an epoch.

    AdamW with a learning rate that falls to 0 in a straight line; the epoch is kept that reads
    the validation examples best.

    Args:
        examples: to learn from.
        settings: lengths, targets, epochs.
        base: DistilBERT to start from, by its hub name or as a folder; ``None`` starts from
            nothing, with a small one and words of the examples.
        validation: by which the epoch is chosen; ``None`` sets aside a share of the examples.
        answers: numbers of the answers; ``None`` takes all that occur.
        device: where to compute.
        progress: whether a bar is shown.

    Raises:
        InvalidArgumentError: if there are fewer than two examples.
        WeightsError: if ``base`` cannot be loaded.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081.
    Differs: the epoch is chosen on validation examples, not on the test set, see
        docs/decisions/rationale-evaluation.md.
    """
    examples = list(examples)
    if validation is None:
        examples, validation = _set_aside(examples, settings)
    if not examples or not validation:
        raise InvalidArgumentError(
            f"A reader needs examples to learn from and to choose by, got {len(examples)} and "
            f"{len(validation)}."
        )
    numbers = answers or list_answers(examples, targets=settings.targets)
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        reader = start_reader(examples, tuple(numbers), settings, base=base)
        reader.model.to(device)
        _learn(reader, examples, validation, numbers, progress=progress)
    return reader


def _learn(
    reader: Reader,
    examples: Sequence[NLEExample],
    validation: Sequence[NLEExample],
    numbers: dict[str, int],
    *,
    progress: bool,
) -> None:
    """All epochs; the weights of the best one stay."""
    settings, model = reader.settings, reader.model
    rows = [(e, text) for e in examples for text in e.explanations]
    targets = _make_targets([e for e, _ in rows], numbers, settings)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=0.0)
    steps = settings.epochs * -(-len(rows) // settings.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    best, weights = -1.0, {}
    for epoch in show_progress(
        range(settings.epochs), description="epochs", total=settings.epochs, enabled=progress
    ):
        _run_epoch(reader, rows, targets, optimizer, schedule, seed=settings.seed + epoch)
        found = reader.accuracy(validation, [e.explanations[0] for e in validation])
        if found > best:
            best, weights = found, copy.deepcopy(model.state_dict())
    model.load_state_dict(weights)
    model.eval()


def _set_aside(
    examples: list[NLEExample], settings: ExplainPredictSettings
) -> tuple[list[NLEExample], list[NLEExample]]:
    generator = torch.Generator().manual_seed(settings.seed)
    order = torch.randperm(len(examples), generator=generator).tolist()
    size = max(1, round(len(examples) * settings.validation_share)) if len(examples) > 1 else 0
    return [examples[i] for i in sorted(order[size:])], [examples[i] for i in sorted(order[:size])]


def _make_targets(
    examples: Sequence[NLEExample], numbers: dict[str, int], settings: ExplainPredictSettings
) -> Tensor:
    given = [example.answers for example in examples]
    if settings.targets != "one":
        return make_soft_targets(given, numbers, is_soft=settings.targets == "soft")
    for example in examples:
        if example.answers[0] not in numbers:
            raise InvalidArgumentError(
                f"Example {example.id} has the label {example.answers[0]!r}, which is none of "
                f"{', '.join(numbers)}."
            )
    return torch.tensor([numbers[answers[0]] for answers in given])


def _run_epoch(
    reader: Reader,
    rows: Sequence[tuple[NLEExample, str]],
    targets: Tensor,
    optimizer: torch.optim.Optimizer,
    schedule: Any,
    *,
    seed: int,
) -> None:
    device = next(reader.model.parameters()).device
    reader.model.train()
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    for batch in order.split(reader.settings.batch_size):
        chosen = [rows[i] for i in batch.tolist()]
        examples = [example for example, _ in chosen]
        reasons = prepare_reasons(examples, [text for _, text in chosen], reader.settings)
        texts = encode_reasons(
            reader.tokenizer, [example.question for example in examples], reasons, reader.settings
        )
        logits = reader.model(texts.ids.to(device), texts.mask.to(device)).logits
        loss = reader_loss(logits, targets[batch].to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def start_reader(
    examples: Sequence[NLEExample],
    answers: tuple[str, ...],
    settings: ExplainPredictSettings,
    *,
    base: str | Path | None = None,
) -> Reader:
    """A reader before it is trained.

    Raises:
        WeightsError: if ``base`` cannot be loaded.
    """
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertForSequenceClassification

    if base is None:
        tokenizer = make_tokenizer([t for e in examples for t in (e.question, *e.explanations)])
        sizes = SMALL | {
            "vocab_size": len(tokenizer),
            "max_position_embeddings": max(64, settings.max_tokens),
            "pad_token_id": tokenizer.pad_token_id,
        }
        config = DistilBertConfig.from_dict(sizes)
        config.num_labels = len(answers)
        return Reader(DistilBertForSequenceClassification(config), tokenizer, answers, settings)
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(str(base))
            config = DistilBertConfig.from_pretrained(str(base))
            config.num_labels = len(answers)
            model = DistilBertForSequenceClassification.from_pretrained(
                str(base), config=config, dtype=torch.float32
            )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0]
        raise WeightsError(
            f"The reader's base {base} cannot be loaded: {first} Name a folder with DistilBERT, or "
            "a model of the hub where there is a network; without a base it starts from nothing."
        ) from error
    return Reader(model, tokenizer, answers, settings)


def make_tokenizer(texts: Sequence[str], *, size: int = VOCABULARY) -> Any:
    """A WordPiece tokenizer of the most frequent words, which spells the others.

    The same from the same texts.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    normalizer = normalizers.BertNormalizer(lowercase=True)
    splitter = pre_tokenizers.BertPreTokenizer()
    counts = Counter(
        word
        for text in texts
        for word, _ in splitter.pre_tokenize_str(normalizer.normalize_str(text))
    )
    letters = sorted({letter for word in counts for letter in word})
    words = sorted(counts, key=lambda word: (-counts[word], word))
    pieces = [*SPECIAL_TOKENS, *letters, *(f"##{letter}" for letter in letters), *words]
    kept = list(dict.fromkeys(pieces))[: max(size, len(SPECIAL_TOKENS) + 2 * len(letters))]
    vocabulary = {piece: number for number, piece in enumerate(kept)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))  # noqa: S106
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizer, splitter
    tokenizer.decoder = decoders.WordPiece()
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    special = dict(zip(names, SPECIAL_TOKENS, strict=True))
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)


def save_reader(reader: Reader, folder: str | Path) -> Path:
    """Write a reader as a Hugging Face folder with its answers and settings; return the folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with quiet_transformers():
        reader.model.save_pretrained(folder)
        reader.tokenizer.save_pretrained(folder)
    described = {"answers": list(reader.answers), "settings": asdict(reader.settings)}
    (folder / "reader.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    return folder


def load_reader(
    folder: str | Path,
    *,
    settings: ExplainPredictSettings | None = None,
    tokenizer: str | Path | None = None,
    answers: dict[str, int] | None = None,
    device: str = "cpu",
) -> Reader:
    """A reader from a folder of ours, or from one of the authors.

    Args:
        folder: as ``save_reader`` writes it; or ``ep_distilbert_model_N``, which says neither
            answers nor settings, so that these must be given.
        settings: for the authors' folders.
        tokenizer: the authors' ``ep_distilbert_tokenizer_0``.
        answers: the authors' ``answer_dic.json``; e-SNLI-VE's three labels need none.
        device: where to compute.

    Raises:
        MissingFileError: if a file is not there.
        DataFormatError: if the folder says nothing about answers and settings, nor do you.
        WeightsError: if the weights do not fit.
    """
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertForSequenceClassification

    folder = Path(folder)
    described = _read_description(folder, settings, answers)
    if not (folder / "config.json").is_file():
        raise MissingFileError(f"No config.json in {folder}; it is no folder of a reader.")
    config = DistilBertConfig.from_pretrained(folder)
    config.num_labels = len(described["answers"])
    model: Any = DistilBertForSequenceClassification(config)
    names = ("model.safetensors", "pytorch_model.bin")
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise MissingFileError(f"No weights in {folder}: expected one of {', '.join(names)}.")
    try:
        model.load_state_dict(read_weights(path))
    except RuntimeError as error:
        raise WeightsError(f"{path} does not fit a DistilBERT that classifies: {error}") from error
    known = settings or ExplainPredictSettings(**described["settings"])
    words = AutoTokenizer.from_pretrained(str(tokenizer or folder))
    return Reader(model.to(torch.device(device)).eval(), words, tuple(described["answers"]), known)


def _read_description(
    folder: Path, settings: ExplainPredictSettings | None, answers: dict[str, int] | None
) -> dict[str, Any]:
    path = folder / "reader.json"
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    if settings is not None and answers is None and settings.targets == "one":
        from seewhy.rationales.explain_predict import ESNLI_LABELS

        answers = dict(ESNLI_LABELS)
    if settings is None or answers is None:
        raise DataFormatError(
            f"{folder} has no reader.json, so settings and answers must be given (answer_dic.json "
            "of the authors)."
        )
    if sorted(answers.values()) != list(range(len(answers))):
        raise DataFormatError(f"The answers must be numbered from 0 to {len(answers) - 1}.")
    return {"answers": sorted(answers, key=lambda answer: answers[answer])}
