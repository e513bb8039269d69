"""The training loop: `accelerate`, AdamW, schedules, checkpoints, a log, the best weights.

A step's randomness depends on the seed and the step's number alone: its batch, its
augmentation and its dropout. A resumed run therefore repeats none of the past, and gives the
same weights, bit for bit, as one that was never stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from seewhy.errors import InvalidArgumentError, MissingDependencyError
from seewhy.progress import show_progress
from seewhy.training.checkpoints import FILE_NAME, load_checkpoint, save_checkpoint
from seewhy.training.processes import Share
from seewhy.training.selection import Selection
from seewhy.training.settings import TrainingSettings, find_learning_rate

LOG_NAME = "log.jsonl"


class Task(Protocol):
    """What is trained on what: the part of a run that is its own."""

    model: nn.Module

    def compute_losses(self, model: nn.Module, step: int, share: Share) -> dict[str, Tensor]:
        """The losses of one batch; ``"loss"`` is stepped on, the others are logged.

        ``model`` is ``self.model``, wrapped where several processes share the work. Torch is
        seeded for this batch; other randomness must come from ``step``, its number from 0, too.
        """
        ...

    def evaluate(self) -> dict[str, float]:
        """Scores of ``self.model`` now; it is in evaluation mode."""
        ...


def train(
    task: Task,
    settings: TrainingSettings,
    folder: str | Path,
    *,
    resume: bool = False,
    progress: bool = True,
    tracks: bool = False,
) -> dict[str, float]:
    """Train ``task.model`` in place, under ``torchrun`` with all processes together.

    ``folder`` gets ``checkpoint.pt`` and ``log.jsonl``; and ``best.pt`` where weights are selected.

    Args:
        task: what is trained.
        settings: how.
        folder: of the run; made if it is not there.
        resume: go on from the folder's checkpoint.
        progress: show a progress bar where there is a terminal.
        tracks: write losses and scores for TensorBoard too, by accelerate's tracker.

    Returns:
        The scores of the weights that are kept: those of the last evaluation, or of the best.

    Raises:
        InvalidArgumentError: if the folder holds a checkpoint and ``resume`` is false, or the
            checkpoint was written under other settings, or the processes cannot share a batch.
        MissingFileError: if there is no checkpoint to resume from.
        MissingDependencyError: if TensorBoard is asked for and not installed.
    """
    folder = Path(folder)
    accelerator = _start_accelerator(folder, settings, tracks=tracks)
    share = Share(accelerator.process_index, accelerator.num_processes, accelerator.device)
    check_start(folder, settings, share, resume=resume)
    run = _Run(task, settings, folder, accelerator, share)
    first = run.resume() if resume else 0
    with torch.random.fork_rng():  # the caller's random numbers stay the caller's
        steps = range(first, settings.steps)
        shown = progress and accelerator.is_main_process
        for step in show_progress(steps, description="Training", enabled=shown):
            if run.selection.is_over:
                break
            run.step(step)
    scores = run.finish()
    accelerator.end_training()  # last: it parts the processes, and finish waits for all of them
    return scores


def _start_accelerator(folder: Path, settings: TrainingSettings, *, tracks: bool) -> Accelerator:
    if not tracks:
        return Accelerator(cpu=settings.device == "cpu")
    if find_spec("tensorboard") is None:
        raise MissingDependencyError("tensorboard", "tensorboard", "Tracking a run")
    accelerator = Accelerator(
        cpu=settings.device == "cpu", log_with="tensorboard", project_dir=folder
    )
    accelerator.init_trackers("tensorboard")
    return accelerator


def check_start(folder: Path, settings: TrainingSettings, share: Share, *, resume: bool) -> None:
    """Refuse a run that would overwrite another, or split a batch unevenly.

    Raises:
        InvalidArgumentError: in both cases.
    """
    if settings.batch_size % share.processes:
        raise InvalidArgumentError(
            f"batch_size must be a multiple of the {share.processes} processes, "
            f"got {settings.batch_size}."
        )
    if not resume:
        check_no_run(folder)
    folder.mkdir(parents=True, exist_ok=True)


def check_no_run(folder: Path) -> None:
    """Refuse a folder that holds the checkpoint of a run.

    Raises:
        InvalidArgumentError: if it does.
    """
    if (folder / FILE_NAME).exists():
        raise InvalidArgumentError(
            f"{folder} holds the checkpoint of a run. Resume it, or name another folder."
        )


def group_parameters(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """AdamW's groups: matrices and kernels decay; biases, norms, scalars and tokens do not."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in parameters if _decays(p)], "weight_decay": weight_decay},
        {"params": [p for p in parameters if not _decays(p)], "weight_decay": 0.0},
    ]


def _decays(parameter: Tensor) -> bool:
    return parameter.squeeze().ndim >= 2


class _Run:
    """One run of the loop: what stays the same from step to step."""

    def __init__(
        self,
        task: Task,
        settings: TrainingSettings,
        folder: Path,
        accelerator: Accelerator,
        share: Share,
    ) -> None:
        self.task, self.settings, self.folder = task, settings, folder
        self.accelerator, self.share = accelerator, share
        self.scores: dict[str, float] = {}
        self.since = time.perf_counter()
        task.model.to(share.device)
        # Convolutions are fastest with channels last; for other layers it changes nothing.
        task.model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self.optimizer = torch.optim.AdamW(
            group_parameters(task.model, settings.weight_decay),
            lr=settings.learning_rate,
            betas=settings.betas,
            eps=settings.epsilon,
        )
        self.model = accelerator.prepare_model(task.model)
        self.selection = Selection(folder, settings)

    def resume(self) -> int:
        """Load the checkpoint; forget what the log says of later steps."""
        done, selection = load_checkpoint(
            self.folder,
            model=self.task.model,
            optimizer=self.optimizer,
            settings=asdict(self.settings),
            defaults=asdict(TrainingSettings()),
        )
        self.selection.restore(selection)
        path = self.folder / LOG_NAME
        if self.accelerator.is_main_process and path.exists():
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [line for line in lines if json.loads(line)["step"] <= done]
            path.write_text("".join(kept), encoding="utf-8")
            self.scores = next((s for s in map(_scores_of, reversed(kept)) if s), {})
        return done

    def step(self, step: int) -> None:
        """Take one step, then log, evaluate and save where it is time to."""
        settings, done = self.settings, step + 1
        losses = self._descend(step)
        is_last = done == settings.steps
        if done % settings.log_every == 0 or is_last:
            self._log(done, {name: value.item() for name, value in losses.items()})
        if is_last or (settings.evaluate_every and done % settings.evaluate_every == 0):
            self.scores = self._evaluate()
            self._log(done, {"scores": self.scores})
            writes = self.accelerator.is_main_process
            self.selection.judge(self.scores, self.task.model, writes=writes)
            is_last = is_last or self.selection.is_over
        if (done % settings.checkpoint_every == 0 or is_last) and self.accelerator.is_main_process:
            save_checkpoint(
                self.folder,
                model=self.task.model,
                optimizer=self.optimizer,
                step=done,
                settings=asdict(settings),
                selection=self.selection.to_dict(),
            )

    def finish(self) -> dict[str, float]:
        """Give the model the weights that are kept, and say how they score."""
        self.accelerator.wait_for_everyone()
        return self.selection.take_best(self.task.model) or self.scores

    def _descend(self, step: int) -> dict[str, Tensor]:
        """One step of AdamW on the losses of this process's share; means over its batches."""
        settings = self.settings
        for group in self.optimizer.param_groups:
            group["lr"] = self._find_rate(step)
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        batches = [
            self._add_gradient(step * settings.accumulate + i) for i in range(settings.accumulate)
        ]
        length = nn.utils.clip_grad_norm_(self.task.model.parameters(), settings.clip)
        self.optimizer.step()
        means = {name: torch.stack([b[name] for b in batches]).mean(0) for name in batches[0]}
        return {**means, "gradient": length}

    def _add_gradient(self, batch: int) -> dict[str, Tensor]:
        """Losses of one batch (from 0, over the whole run), their gradient added."""
        settings = self.settings
        torch.manual_seed((settings.seed * 1_000_003 + batch) * 1_009 + self.share.rank)
        with torch.autocast(self.share.device.type, torch.bfloat16, enabled=settings.use_bf16):
            losses = self.task.compute_losses(self.model, batch, self.share)
        self.accelerator.backward(losses["loss"] / settings.accumulate)
        return {name: value.detach() for name, value in losses.items()}

    def _find_rate(self, step: int) -> float:
        return find_learning_rate(step, self.settings, plateaus=self.selection.plateaus)

    def _evaluate(self) -> dict[str, float]:
        """Scores in evaluation mode; every process computes them, one logs them."""
        self.task.model.eval()
        with torch.no_grad():
            return self.task.evaluate()

    def _log(self, done: int, values: Mapping[str, Any]) -> None:
        """Append one line to the log."""
        if not self.accelerator.is_main_process:
            return
        line = {
            "step": done,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "seconds": round(time.perf_counter() - self.since, 2),
            **values,
        }
        with (self.folder / LOG_NAME).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self.accelerator.trackers:
            self.accelerator.log({**values.get("scores", {}), **_numbers_of(line)}, step=done)


def _numbers_of(line: Mapping[str, Any]) -> dict[str, float]:
    return {k: v for k, v in line.items() if isinstance(v, float)}


def _scores_of(line: str) -> dict[str, float]:
    """The scores a line of the log holds, if it does."""
    return json.loads(line).get("scores", {})
