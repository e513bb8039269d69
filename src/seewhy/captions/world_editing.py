"""Flawed captions of drawn scenes given to an editor: what became of the flaw, and of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from torch import Tensor

from seewhy.captions.editor import CaptionEditor
from seewhy.captions.seen_pictures import SeenPicture
from seewhy.captions.world_examples import KEPT, list_flawed
from seewhy.progress import show_progress
from seewhy.world.drawing.scenes import draw_scene
from seewhy.world.flaws import FlawedCaption
from seewhy.world.sampling import sample_scene
from seewhy.world.scene import Scene
from seewhy.world.truth import check_statement

SYNTAX = ("missing word", "repeated word")
"""Flaws of the sentence, which truth cannot tell."""


@dataclass(frozen=True)
class FlawedEdit:
    """One flawed caption, and what an editor made of it."""

    number: int
    """Of the scene in its split."""
    flawed: FlawedCaption
    edited: str
    is_true: bool
    """Whether the edited caption claims something, and all of it is true of the scene."""

    @property
    def is_unchanged(self) -> bool:
        """Whether the editor left the caption alone."""
        return self.edited == self.flawed.text

    @property
    def right_words(self) -> int:
        """Words of the caption that its right edit keeps."""
        return sum(_kept_places(self.flawed.text, self.flawed.repaired))

    @property
    def kept_words(self) -> int:
        """Those of them that the editor kept, in their order."""
        right = _kept_places(self.flawed.text, self.flawed.repaired)
        kept = _kept_places(self.flawed.text, self.edited)
        return sum(a and b for a, b in zip(right, kept, strict=True))

    @property
    def is_repaired(self) -> bool:
        """Whether the flaw is gone and the rest is there.

        The caption is the right edit; or, where the flaw is one of content, it is true and has
        kept all right words. One without a flaw must be as it was.
        """
        if self.edited == self.flawed.repaired:
            return True
        is_content = self.flawed.kind not in (KEPT, *SYNTAX)
        return is_content and self.is_true and self.kept_words == self.right_words


def edit_scenes(
    editor: CaptionEditor,
    scenes: Sequence[int],
    *,
    split: str = "test",
    longest: int | None = None,
    scenes_at_once: int = 16,
    progress: bool = False,
) -> Iterator[FlawedEdit]:
    """Let an editor edit a caption of each kind of flaw of each scene, and one without.

    Args:
        editor: any.
        scenes: numbers of scenes in their split.
        split: ``train``, ``validation``, ``test`` or ``held-out``.
        longest: words of a caption at most; ``None``: as many as the editor reads.
        scenes_at_once: whose captions are edited together.
        progress: whether a bar is shown.
    """
    longest = longest or editor.longest
    starts = range(0, len(scenes), scenes_at_once)
    for start in show_progress(starts, description="Scenes", enabled=progress):
        part = scenes[start : start + scenes_at_once]
        drawn = [sample_scene(number, split=split) for number in part]
        jobs = [
            (row, flawed)
            for row, scene in enumerate(drawn)
            for flawed in list_flawed(scene, longest=longest)
        ]
        features = _see(editor, drawn)
        report = editor.edit_all(
            None,
            [flawed.text for _, flawed in jobs],
            features=None if features is None else [features[row] for row, _ in jobs],
            names=[str(place) for place in range(len(jobs))],
            batch_size=64,
        )
        edited = {edit.name: edit.caption for edit in report.edits}
        for place, (row, flawed) in enumerate(jobs):
            text = edited.get(str(place), flawed.text)  # what it cannot read it leaves alone
            is_true = check_statement(text, drawn[row]).is_true
            yield FlawedEdit(part[row], flawed, text, is_true)


def score_edits(edits: Sequence[FlawedEdit]) -> dict[str, float]:
    """Shares from 0 to 1: flaws repaired, right words kept, right captions left alone."""
    flawed = [edit for edit in edits if edit.flawed.kind != KEPT]
    right = [edit for edit in edits if edit.flawed.kind == KEPT]
    return {
        "flaws repaired": sum(edit.is_repaired for edit in flawed) / max(1, len(flawed)),
        "right words kept": sum(edit.kept_words for edit in edits)
        / max(1, sum(edit.right_words for edit in edits)),
        "right captions left alone": sum(e.is_unchanged for e in right) / max(1, len(right)),
    }


def _see(editor: CaptionEditor, scenes: Sequence[Scene]) -> list[Tensor] | None:
    """Features of each scene, made once for all its captions."""
    if not editor.sees:
        return None
    size = max(editor.encoder.preprocessing.size)
    pictures = [draw_scene(scene, size, masks=False).image for scene in scenes]
    seen = editor.see(pictures, None)
    return [picture.values for picture in seen if isinstance(picture, SeenPicture)]


def _kept_places(old: str, new: str) -> list[bool]:
    """For each word of ``old``, whether ``new`` has it too, in the order of both."""
    words = old.split()
    kept = [False] * len(words)
    matcher = SequenceMatcher(None, words, new.split(), autojunk=False)
    for block in matcher.get_matching_blocks():
        kept[block.a : block.a + block.size] = [True] * block.size
    return kept
