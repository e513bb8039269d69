"""e-SNLI-VE: does a Flickr30k picture entail a hypothesis, contradict it, or leave it open?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from seewhy.datasets.examples import ExampleStream, picture_name
from seewhy.datasets.nle import NLEExample
from seewhy.datasets.normalizing import read_cleaned
from seewhy.datasets.records import Record, read_entries, read_json, read_table
from seewhy.errors import DataFormatError

LABELS = ("entailment", "neutral", "contradiction")
_ROW_COLUMNS = ("Unnamed: 0", "")  # what pandas makes of a column without a name, and that column


def read_e_snli_ve(
    annotations: str | Path,
    images: str | Path | None = None,
    *,
    image_column: str = "Flickr30kID",
    concepts: str | Path | None = None,
) -> ExampleStream:
    """The examples of an e-SNLI-VE file, in file order; the hypothesis is the question.

    Two forms are read: e-ViL's CSV (``esnlive_train.csv``), whose explanations are brought into
    lower case without periods as the prepared file has them; and the prepared one
    (``esnlive_train.json``), a dictionary by row of ``hypothesis``, ``answers``, ``image_name``
    and ``explanation``.

    Args:
        annotations: the file; CSV by its suffix.
        images: folder of the pictures.
        image_column: column of the CSV that names the picture.
        concepts: JSON of a list of words by the id of the example, or by its picture's name.

    Raises:
        MissingFileError: if the folder is not there; when read, if the file is not.
        DataFormatError: when read, if an entry lacks a field or has an unknown label, or there
            are no concepts for an example; names file, entry and field.

    Source: Kayser et al. (ICCV 2021), arXiv:2105.03761; NLX-GPT (CVPR 2022), arXiv:2203.05081.
    """

    def read() -> Iterator[NLEExample]:
        words = Record(read_json(concepts), str(concepts)) if concepts is not None else None
        for key, entry, fields in _read_entries(annotations, image_column):
            name, label = entry.text(fields["image"]), entry.text(fields["label"])
            if label not in LABELS:
                raise entry.wrong(fields["label"], f"one of {', '.join(LABELS)}", label)
            yield NLEExample(
                id=key,
                task="e-snli-ve",
                images=(picture_name(name, entry.place),),
                question=entry.text("hypothesis"),
                answers=(label,),
                explanations=_read_explanations(entry, fields),
                concepts=_find_concepts(words, key, name),
            )

    return ExampleStream(read, images)


_PREPARED = {"image": "image_name", "label": "answers", "explanation": "explanation"}


def _read_entries(
    path: str | Path, image_column: str
) -> Iterator[tuple[str, Record, Mapping[str, str]]]:
    """(id, entry, names of its fields)."""
    if not str(path).endswith(".csv"):
        for key, entry in read_entries(path):
            yield key, entry, _PREPARED
        return
    fields = {"image": image_column, "label": "gold_label", "explanation": "explanation"}
    for entry in read_table(path):
        column = next((name for name in _ROW_COLUMNS if entry.values.get(name)), None)
        if column is None:
            raise DataFormatError(
                f"{entry.place} has no number of its row in the column without a name."
            )
        yield entry.key(column), entry, fields


def _find_concepts(words: Record | None, key: str, name: str) -> tuple[str, ...]:
    if words is None:
        return ()
    return words.texts(key if key in words else name)


def _read_explanations(entry: Record, fields: Mapping[str, str]) -> tuple[str, ...]:
    if fields is _PREPARED:
        return entry.texts("explanation", single=True)
    return read_cleaned(entry, fields["explanation"])
