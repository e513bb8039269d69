"""How the texts of the sources are brought into the form of the authors' prepared files."""

from __future__ import annotations

from seewhy.datasets.records import Record


def clean_explanation(text: str) -> str:
    """Lower case without periods, as explanations stand in the prepared files.

    Source: NLX-GPT (CVPR 2022), arXiv:2203.05081, the released data.

    Example:
        >>> clean_explanation("She sits. Mr. Smith does, too.")
        'she sits mr smith does, too'
    """
    return text.lower().replace(".", "")


def read_cleaned(entry: Record, field: str) -> tuple[str, ...]:
    """A field with one explanation or several, cleaned.

    Raises:
        DataFormatError: if it is not there, is no text, or nothing is left of one.
    """
    texts = tuple(map(clean_explanation, entry.texts(field, single=True)))
    if not all(text.strip() for text in texts):
        raise entry.wrong(field, "an explanation with words in it", entry.get(field))
    return texts
