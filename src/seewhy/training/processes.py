"""Several processes that train one model together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed
from torch import Tensor

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Share:
    """Which part of each batch is this process's, and where it computes."""

    rank: int = 0
    processes: int = 1
    device: torch.device = CPU

    def slice_of(self, batch_size: int) -> slice:
        """This process's part of a batch of ``batch_size``."""
        own = batch_size // self.processes
        return slice(self.rank * own, (self.rank + 1) * own)


class _Gather(torch.autograd.Function):
    """All processes' rows, one below the other; gradients go home to the rows' process."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, share: Share) -> Tensor:
        ctx.share = share
        parts = [torch.empty_like(rows) for _ in range(share.processes)]
        torch.distributed.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        total = gradients[0].contiguous()
        torch.distributed.all_reduce(total)
        return total[ctx.share.slice_of(len(total))], None


def gather_rows(rows: Tensor, share: Share) -> Tensor:
    """The rows of all processes, so that every picture meets every text of the batch.

    Gradients flow to the process a row came from, summed over all losses it took part in.
    Where each process computes the same loss of the whole batch and gradients are averaged
    (as DistributedDataParallel does), the step equals that of one process.

    Args:
        rows: of this process, (rows, ...).
        share: which process this is.

    Returns:
        (processes · rows, ...), in the order of the processes.
    """
    return rows if share.processes == 1 else _Gather.apply(rows, share)


def find_weight(count: float, share: Share) -> float:
    """What a mean over this process's items weighs in the mean over all processes' items.

        w = processes · n / Σ n

    Where gradients are averaged (as DistributedDataParallel does) and each process's mean is
    taken this often, the step equals that of one process, also if the shares are unequal.

    Args:
        count: n, the items of this process, or the sum of their weights.
        share: which process this is.
    """
    if share.processes == 1:
        return 1.0
    total = torch.tensor(float(count), device=share.device)
    torch.distributed.all_reduce(total)
    return share.processes * count / float(total) if total > 0 else 0.0
