"""What the text side knows, against the plain definition."""

from __future__ import annotations

import torch
from torch.nn.functional import normalize

from seewhy.concepts.knowledge import encode_knowledge
from seewhy.concepts.settings import ConceptSettings
from seewhy.encoders.base import TorchDualEncoder

CLASSES = ["tomato", "sea", "lemon"]
DESCRIPTORS = ["red", "blue", "green and red", "yellow", "green"]


def test_texts_stand_in_their_templates(random_encoder: TorchDualEncoder) -> None:
    settings = ConceptSettings(class_templates=("a {}", "one {} here"), descriptor_template="so {}")
    known = encode_knowledge(random_encoder, CLASSES, DESCRIPTORS, settings)

    def encode(text: str) -> torch.Tensor:
        return random_encoder.encode_texts([text], cache=False)[0]

    for index, name in enumerate(CLASSES):
        mean = (encode(f"a {name}") + encode(f"one {name} here")) / 2
        torch.testing.assert_close(known.class_weights[index], normalize(mean, dim=0))
    for index, text in enumerate(DESCRIPTORS):
        torch.testing.assert_close(known.prompted[index], encode(f"so {text}"))
        torch.testing.assert_close(known.raw[index], encode(text))
    assert (known.classes, known.descriptors) == (tuple(CLASSES), tuple(DESCRIPTORS))


def test_concepts_of_a_class_are_those_nearest_to_it(color_encoder: TorchDualEncoder) -> None:
    settings = ConceptSettings(class_concepts=2)
    known = encode_knowledge(color_encoder, CLASSES, DESCRIPTORS, settings)
    of_tomato = known.of_class(0)
    assert DESCRIPTORS[of_tomato.indices[0]] == "red"
    cosines = known.prompted @ known.class_weights[0]
    assert list(of_tomato.indices) == cosines.argsort(descending=True)[:2].tolist()
    assert list(of_tomato.scores) == cosines.sort(descending=True).values[:2].tolist()
    assert DESCRIPTORS[known.of_class(1).indices[0]] == "blue"


def test_a_small_vocabulary_is_known_whole(color_encoder: TorchDualEncoder) -> None:
    known = encode_knowledge(color_encoder, CLASSES, DESCRIPTORS, ConceptSettings())
    assert sorted(known.of_class(2).indices) == [0, 1, 2, 3, 4]
