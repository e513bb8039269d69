"""Answers with reasons: NLX-GPT and Uni-NLX."""

from __future__ import annotations

from seewhy.rationales.catalogue import find_rationale_minis, load_rationale_model
from seewhy.rationales.decoding import DecodingSettings
from seewhy.rationales.model import RationaleModel
from seewhy.rationales.rationale import Rationale
from seewhy.rationales.tasks import TASKS, UNIFIED_TASKS, Task, find_task

__all__ = [
    "TASKS",
    "UNIFIED_TASKS",
    "DecodingSettings",
    "Rationale",
    "RationaleModel",
    "Task",
    "find_rationale_minis",
    "find_task",
    "load_rationale_model",
]
