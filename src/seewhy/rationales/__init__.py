"""Answers with reasons: NLX-GPT and Uni-NLX."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what type checkers and editors see
    from seewhy.rationales.catalogue import find_rationale_minis as find_rationale_minis
    from seewhy.rationales.catalogue import load_rationale_model as load_rationale_model
    from seewhy.rationales.decoding import DecodingSettings as DecodingSettings
    from seewhy.rationales.derivation.run import derive as derive
    from seewhy.rationales.evaluation import evaluate_rationales as evaluate_rationales
    from seewhy.rationales.explain_predict_report import judge_by_readers as judge_by_readers
    from seewhy.rationales.model import RationaleModel as RationaleModel
    from seewhy.rationales.rationale import Rationale as Rationale
    from seewhy.rationales.retrieval import build_retrieval_lists as build_retrieval_lists
    from seewhy.rationales.retrieval_attack import attack_by_retrieval as attack_by_retrieval
    from seewhy.rationales.study import study_rationales as study_rationales
    from seewhy.rationales.study_plan import StudySettings as StudySettings
    from seewhy.rationales.tasks import TASKS as TASKS
    from seewhy.rationales.tasks import UNIFIED_TASKS as UNIFIED_TASKS
    from seewhy.rationales.tasks import Task as Task
    from seewhy.rationales.tasks import find_task as find_task

_HOME = {  # public name -> module that defines it; imported on first use
    "TASKS": "seewhy.rationales.tasks",
    "UNIFIED_TASKS": "seewhy.rationales.tasks",
    "DecodingSettings": "seewhy.rationales.decoding",
    "Rationale": "seewhy.rationales.rationale",
    "RationaleModel": "seewhy.rationales.model",
    "StudySettings": "seewhy.rationales.study_plan",
    "Task": "seewhy.rationales.tasks",
    "attack_by_retrieval": "seewhy.rationales.retrieval_attack",
    "build_retrieval_lists": "seewhy.rationales.retrieval",
    "derive": "seewhy.rationales.derivation.run",
    "evaluate_rationales": "seewhy.rationales.evaluation",
    "find_rationale_minis": "seewhy.rationales.catalogue",
    "find_task": "seewhy.rationales.tasks",
    "judge_by_readers": "seewhy.rationales.explain_predict_report",
    "load_rationale_model": "seewhy.rationales.catalogue",
    "study_rationales": "seewhy.rationales.study",
}
__all__ = [
    "TASKS",
    "UNIFIED_TASKS",
    "DecodingSettings",
    "Rationale",
    "RationaleModel",
    "StudySettings",
    "Task",
    "attack_by_retrieval",
    "build_retrieval_lists",
    "derive",
    "evaluate_rationales",
    "find_rationale_minis",
    "find_task",
    "judge_by_readers",
    "load_rationale_model",
    "study_rationales",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'seewhy.rationales' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
