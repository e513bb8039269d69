"""An existing caption as one vector: by averaging, word by word, or by any text encoder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seewhy.captions.attention import hide_scores
from seewhy.captions.caption_encoders import make_mask, read_both_ways
from seewhy.captions.inputs import caption_lengths
from seewhy.errors import DataFormatError, InvalidArgumentError, MissingFileError
from seewhy.scores.model_inputs import SentenceEncoder
from seewhy.text.word_vocabulary import WordVocabulary


class DAN(nn.Module):
    """Deep averaging network over word vectors.

        s = tanh(W₂ tanh(W₁ mean_j E[w_j]))

    Source: Iyyer et al. (ACL 2015); as in Look and Modify (BMVC 2019), released code.
    Differs: the mean is over words; ``compat="published"`` takes it over all positions, padding
        too. See docs/decisions/sentence-padding.md.
    """

    def __init__(self, vocabulary: int, word_dim: int, dim: int) -> None:
        super().__init__()
        self.embedding_dan = nn.Embedding(vocabulary, word_dim)
        self.layer1, self.layer2 = nn.Linear(word_dim, dim), nn.Linear(dim, dim)

    @classmethod
    def from_weights(cls, weights: Mapping[str, Tensor]) -> DAN:
        """A network with weights under the published names."""
        vocabulary, word_dim = weights["embedding_dan.weight"].shape
        network = cls(vocabulary, word_dim, len(weights["layer1.bias"]))
        network.load_state_dict(dict(weights))
        return network.eval()

    @classmethod
    def from_glove(
        cls, path: str | Path, vocabulary: WordVocabulary, dim: int, *, seed: int = 0
    ) -> DAN:
        """A network over GloVe vectors, which stay as they are; the layers are to be trained."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            table = read_glove(path, vocabulary)
            network = cls(len(table), table.shape[1], dim)
        network.embedding_dan.weight.data.copy_(table)
        network.embedding_dan.weight.requires_grad_(False)
        return network

    def to_dict(self) -> dict[str, Any]:
        """Its sizes, for ``build_sentences``."""
        rows, width = self.embedding_dan.weight.shape
        return {"vocabulary": rows, "word_dim": width, "dim": len(self.layer1.bias)}

    def forward(self, words: Tensor, *, compat: str = "default") -> Tensor:
        """Captions padded with 0, (batch, words) → (batch, dim)."""
        vectors = self.embedding_dan(words)
        if compat == "published":
            mean = vectors.mean(dim=1)
        else:
            is_word = (words != 0).to(vectors)[..., None]
            mean = (vectors * is_word).sum(dim=1) / is_word.sum(dim=1).clamp(min=1)
        return self.layer2(self.layer1(mean).tanh()).tanh()


class AttentiveSentences(nn.Module):
    """Reads a caption both ways, and looks over it several times for different things.

        h_j = [h→_j; h←_j]
        A   = softmax over words of W₂ tanh(W₁ h_j)        (looks, words)
        s   = tanh(W [A H])

    A mean of words, as ``DAN`` has it, cannot tell the red cat beside the blue dog from the blue
    cat beside the red dog. Look and Modify leaves the choice of the sentence vector open.

    Source: Lin et al. (ICLR 2017), arXiv:1703.03130, section 2.1.
    Differs: no penalty on looks that are alike; an LSTM of half the vector's length each way.
    """

    def __init__(self, vocabulary: int, dim: int, looks: int = 16) -> None:
        super().__init__()
        if dim % 2:
            raise InvalidArgumentError(f"dim must be even, one half for each way, got {dim}.")
        self.sizes = {"vocabulary": vocabulary, "dim": dim, "looks": looks}
        self.embedding = nn.Embedding(vocabulary, dim // 2)
        self.lstm = nn.LSTM(dim // 2, dim // 2, batch_first=True, bidirectional=True)
        self.scores = nn.Sequential(
            nn.Linear(dim, dim // 2), nn.Tanh(), nn.Linear(dim // 2, looks, bias=False)
        )
        self.affine = nn.Linear(looks * dim, dim)

    def to_dict(self) -> dict[str, Any]:
        """Its sizes, for ``build_sentences``."""
        return {"attentive": self.sizes}

    def forward(self, words: Tensor) -> Tensor:
        """Captions padded with 0, (batch, words) → (batch, dim)."""
        lengths = caption_lengths(words)
        H, _ = read_both_ways(self.lstm, self.embedding(words), lengths)
        mask = make_mask(lengths.clamp(min=1), words.shape[1])  # an empty one was run as one pad
        A = hide_scores(self.scores(H).transpose(1, 2), mask).softmax(dim=-1)
        looks = A @ H  # (batch, looks, dim)
        return self.affine(looks.flatten(1)).tanh()


class TextSentences(nn.Module):
    """Vectors of existing captions by a text encoder that is not trained along.

    Args:
        name: ``text:NAME_OR_FOLDER`` for a text encoder of Hugging Face (Sentence-BERT, MiniLM,
            ...), or the name of a dual encoder, as ``mini:clip-base``; see ``load_encoder``.
        vocabulary: whose numbers the captions are given in. Words it does not know are left out.
        encoder: the encoder itself; ``None``: it is loaded by its name when it is first needed.
    """

    def __init__(
        self, name: str, vocabulary: WordVocabulary, *, encoder: SentenceEncoder | None = None
    ) -> None:
        super().__init__()
        self.name, self.vocabulary = name, vocabulary
        self._held = [encoder]  # in a list: its weights are no weights of this module

    @property
    def encoder(self) -> SentenceEncoder:
        """The text encoder.

        Raises:
            InvalidArgumentError: if the name is that of an encoder without a text side.
        """
        if self._held[0] is None:
            self._held[0] = load_sentence_encoder(self.name)
        return self._held[0]

    def to_dict(self) -> dict[str, Any]:
        """Its name, for ``build_sentences``."""
        return {"text_encoder": self.name}

    @torch.no_grad()
    def forward(self, words: Tensor) -> Tensor:
        """Captions padded with 0, (batch, words) → (batch, dim), unit length."""
        known = words.masked_fill(words == self.vocabulary.unknown, 0)
        texts = [" ".join(self.vocabulary.decode(row)) for row in known.tolist()]
        return self.encoder.encode_texts(texts).to(words.device)


Sentences = DAN | AttentiveSentences | TextSentences
"""Whatever makes vectors of existing captions."""


def make_sentences(name: str, vocabulary: WordVocabulary, dim: int) -> Sentences:
    """What is to make vectors of existing captions, before training.

    Args:
        name: ``dan``, as published; ``attentive``, which knows the order of words; both are
            trained along. Or the name of a text encoder, which is not; see ``TextSentences``.
        vocabulary: of the captions.
        dim: length of the vectors.

    Raises:
        InvalidArgumentError: if a text encoder's vectors have another length.
    """
    if name == "dan":
        return DAN(len(vocabulary), dim, dim)
    if name == "attentive":
        return AttentiveSentences(len(vocabulary), dim)
    sentences = TextSentences(name, vocabulary)
    found = sentences(torch.full((1, 1), vocabulary.unknown)).shape[1]
    if found != dim:
        raise InvalidArgumentError(
            f"{name} makes vectors of {found} numbers, and the model reads {dim}. Give the model "
            f"sentence_dim={found}."
        )
    return sentences


def build_sentences(values: Mapping[str, Any], vocabulary: WordVocabulary) -> Sentences:
    """What a configuration, from ``to_dict``, says; without its weights."""
    if "text_encoder" in values:
        return TextSentences(values["text_encoder"], vocabulary)
    if "attentive" in values:
        return AttentiveSentences(**values["attentive"])
    return DAN(**values)


def load_sentence_encoder(name: str) -> SentenceEncoder:
    """A text encoder by its name; see ``TextSentences``.

    Raises:
        InvalidArgumentError: if the name is that of an encoder without a text side.
    """
    prefix, _, rest = name.partition(":")
    if prefix == "text" and rest:
        from seewhy.scores.text_encoder import TextEncoder

        return TextEncoder.from_pretrained(rest)
    from seewhy.encoders.catalogue import load_encoder

    encoder = load_encoder(name)
    if not isinstance(encoder, SentenceEncoder):
        raise InvalidArgumentError(f"{name} has no text side. Name a dual encoder, or text:NAME.")
    return encoder


def read_glove(path: str | Path, vocabulary: WordVocabulary) -> Tensor:
    """GloVe vectors of a vocabulary's words, from GloVe's text format.

    Words that GloVe does not have get numbers from U(±√(3 / dim)), from torch's generator.

    Returns:
        (words, dim).

    Raises:
        MissingFileError: if the file is not there.
        DataFormatError: if a line is no word and numbers, or of another length; names it.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"No GloVe vectors at {path}.")
    found: dict[int, np.ndarray] = {}
    dim = 0
    with path.open(encoding="utf-8") as file:
        for place, line in enumerate(file, start=1):
            word, _, numbers = line.rstrip().partition(" ")
            try:
                vector = np.array(numbers.split(), dtype=np.float32)
            except ValueError as error:
                raise DataFormatError(f"{path}, line {place}: not numbers ({error}).") from error
            dim = dim or len(vector)
            if not dim or len(vector) != dim:
                raise DataFormatError(
                    f"{path}, line {place}: {len(vector)} numbers where {dim} were before."
                )
            if word in vocabulary.numbers:
                found[vocabulary.numbers[word]] = vector
    if not dim:
        raise DataFormatError(f"{path} is empty; GloVe's text format is wanted.")
    bound = (3 / dim) ** 0.5
    table = torch.empty(len(vocabulary), dim).uniform_(-bound, bound)
    for number, vector in found.items():
        table[number] = torch.from_numpy(vector)
    return table
