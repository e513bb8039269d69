"""Adapters: files of published data sets, read into records of one form each."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy.datasets.a_okvqa import read_a_okvqa as read_a_okvqa
    from seewhy.datasets.act_x import read_act_x as read_act_x
    from seewhy.datasets.catalogue import read_examples as read_examples
    from seewhy.datasets.completeness import check_datasets as check_datasets
    from seewhy.datasets.e_snli_ve import read_e_snli_ve as read_e_snli_ve
    from seewhy.datasets.nle import NLEExample as NLEExample
    from seewhy.datasets.pretraining_captions import (
        read_caption_corpus as read_caption_corpus,
    )
    from seewhy.datasets.pretraining_captions import (
        read_caption_examples as read_caption_examples,
    )
    from seewhy.datasets.uni_nlx import read_imagenet_x as read_imagenet_x
    from seewhy.datasets.uni_nlx import read_uni_nlx as read_uni_nlx
    from seewhy.datasets.uni_nlx import read_vqa_para_x as read_vqa_para_x
    from seewhy.datasets.vcr import read_vcr as read_vcr
    from seewhy.datasets.vqa_x import read_vqa_x as read_vqa_x
    from seewhy.datasets.vqa_x import read_vqa_x_sources as read_vqa_x_sources

_HOME = {  # public name -> module that defines it; imported on first use
    "NLEExample": "seewhy.datasets.nle",
    "check_datasets": "seewhy.datasets.completeness",
    "read_a_okvqa": "seewhy.datasets.a_okvqa",
    "read_act_x": "seewhy.datasets.act_x",
    "read_caption_corpus": "seewhy.datasets.pretraining_captions",
    "read_caption_examples": "seewhy.datasets.pretraining_captions",
    "read_e_snli_ve": "seewhy.datasets.e_snli_ve",
    "read_examples": "seewhy.datasets.catalogue",
    "read_imagenet_x": "seewhy.datasets.uni_nlx",
    "read_uni_nlx": "seewhy.datasets.uni_nlx",
    "read_vcr": "seewhy.datasets.vcr",
    "read_vqa_para_x": "seewhy.datasets.uni_nlx",
    "read_vqa_x": "seewhy.datasets.vqa_x",
    "read_vqa_x_sources": "seewhy.datasets.vqa_x",
}
__all__ = [
    "NLEExample",
    "check_datasets",
    "read_a_okvqa",
    "read_act_x",
    "read_caption_corpus",
    "read_caption_examples",
    "read_e_snli_ve",
    "read_examples",
    "read_imagenet_x",
    "read_uni_nlx",
    "read_vcr",
    "read_vqa_para_x",
    "read_vqa_x",
    "read_vqa_x_sources",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy.datasets' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
