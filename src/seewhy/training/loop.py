"""The training loop: `accelerate`, AdamW, warmup and cosine, checkpoints, a log of scores.

A step's randomness depends on the seed and the step's number alone: its batch, its
augmentation and its dropout. A resumed run therefore repeats none of the past, and gives the
same weights, bit for bit, as one that was never stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from seewhy.errors import InvalidArgumentError
from seewhy.progress import show_progress
from seewhy.training.checkpoints import FILE_NAME, load_checkpoint, save_checkpoint
from seewhy.training.processes import Share
from seewhy.training.settings import TrainingSettings, find_learning_rate

LOG_NAME = "log.jsonl"


class Task(Protocol):
    """What is trained on what: the part of a run that is its own."""

    model: nn.Module

    def compute_losses(self, model: nn.Module, step: int, share: Share) -> dict[str, Tensor]:
        """The losses of one step; ``"loss"`` is stepped on, the others are logged.

        ``model`` is ``self.model``, wrapped where several processes share the work. Torch is
        seeded for this step; other randomness must come from ``step`` too.
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
) -> dict[str, float]:
    """Train ``task.model`` in place, under ``torchrun`` with all processes together.

    ``folder`` gets ``checkpoint.pt`` and ``log.jsonl``.

    Args:
        task: what is trained.
        settings: how.
        folder: of the run; made if it is not there.
        resume: go on from the folder's checkpoint.
        progress: show a progress bar where there is a terminal.

    Returns:
        The scores of the last evaluation.

    Raises:
        InvalidArgumentError: if the folder holds a checkpoint and ``resume`` is false, or the
            checkpoint was written under other settings, or the processes cannot share a batch.
        MissingFileError: if there is no checkpoint to resume from.
    """
    folder = Path(folder)
    accelerator = Accelerator(cpu=settings.device == "cpu")
    share = Share(accelerator.process_index, accelerator.num_processes, accelerator.device)
    check_start(folder, settings, share, resume=resume)
    run = _Run(task, settings, folder, accelerator, share)
    first = run.resume() if resume else 0
    with torch.random.fork_rng():  # the caller's random numbers stay the caller's
        steps = range(first, settings.steps)
        shown = progress and accelerator.is_main_process
        for step in show_progress(steps, description="Training", enabled=shown):
            run.step(step)
    return run.scores


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
            betas=(0.9, 0.98),
        )
        self.model = accelerator.prepare_model(task.model)

    def resume(self) -> int:
        """Load the checkpoint; forget what the log says of later steps."""
        done = load_checkpoint(
            self.folder,
            model=self.task.model,
            optimizer=self.optimizer,
            settings=asdict(self.settings),
        )
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
        if (done % settings.checkpoint_every == 0 or is_last) and self.accelerator.is_main_process:
            save_checkpoint(
                self.folder,
                model=self.task.model,
                optimizer=self.optimizer,
                step=done,
                settings=asdict(settings),
            )

    def _descend(self, step: int) -> dict[str, Tensor]:
        """One step of AdamW on the losses of this process's share."""
        settings = self.settings
        torch.manual_seed((settings.seed * 1_000_003 + step) * 1_009 + self.share.rank)
        for group in self.optimizer.param_groups:
            group["lr"] = find_learning_rate(step, settings)
        self.model.train()
        with torch.autocast(self.share.device.type, torch.bfloat16, enabled=settings.use_bf16):
            losses = self.task.compute_losses(self.model, step, self.share)
        self.optimizer.zero_grad(set_to_none=True)
        self.accelerator.backward(losses["loss"])
        length = nn.utils.clip_grad_norm_(self.task.model.parameters(), settings.clip)
        self.optimizer.step()
        return {**losses, "gradient": length}

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
            "learning_rate": find_learning_rate(done - 1, self.settings),
            "seconds": round(time.perf_counter() - self.since, 2),
            **values,
        }
        with (self.folder / LOG_NAME).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _scores_of(line: str) -> dict[str, float]:
    """The scores a line of the log holds, if it does."""
    return json.loads(line).get("scores", {})
