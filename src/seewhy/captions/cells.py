"""Recurrent cells of the captioning models, and the choice of a memory to copy."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seewhy.captions.rows import weigh

State = tuple[Tensor, Tensor]


class LSTMCellC(nn.Module):
    """LSTM cell of two biased maps, as the published models write it.

        i, f, g, o = W x + U h
        c' = σ(f) ⊙ c + σ(i) ⊙ tanh(g)
        h' = σ(o) ⊙ tanh(c')

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107, released code.
    """

    def __init__(self, input_dim: int, dim: int) -> None:
        super().__init__()
        self.x2h, self.h2h = nn.Linear(input_dim, 4 * dim), nn.Linear(dim, 4 * dim)
        initialize_uniformly(self, dim)

    def forward(self, x: Tensor, state: State) -> State:
        """One step: x (batch, input_dim); h, c (batch, dim) → h', c' (batch, dim)."""
        return self.advance(self.x2h(x), state)

    def advance(self, x_gates: Tensor, state: State) -> State:
        """The same, where W x + b is known: (batch, 4 · dim)."""
        h, c = state
        i, f, g, o = (x_gates + self.h2h(h)).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class CopyLSTMCell(LSTMCellC):
    """LSTM cell that can keep a memory of the caption that is edited.

        i, f, g, o = W x + U h
        c̃  = σ(f) ⊙ c + σ(i) ⊙ tanh(g)
        k  = σ(W_c c̃ + W_m m)              copy gate: 1 keeps, 0 writes anew
        c' = k ⊙ m + (1 - k) ⊙ c̃
        h' = σ(o) ⊙ tanh(c')

    c', with the memory in it, is what the next step starts from.

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    """

    def __init__(self, input_dim: int, dim: int) -> None:
        super().__init__(input_dim, dim)
        self.gate_cnew, self.gate_cmem = nn.Linear(dim, dim), nn.Linear(dim, dim)
        initialize_uniformly(self, dim)

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]  one input more
        self, x: Tensor, state: State, memory: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One step: x (batch, input_dim); h, c, m (batch, dim) → h', c', k (batch, dim)."""
        h, c = state
        i, f, g, o = (self.x2h(x) + self.h2h(h)).chunk(4, dim=-1)
        c_new = f.sigmoid() * c + i.sigmoid() * g.tanh()
        k = torch.sigmoid(self.gate_cnew(c_new) + self.gate_cmem(memory))
        c = k * memory + (1 - k) * c_new
        return o.sigmoid() * c.tanh(), c, k


class PartwiseLSTMCell(nn.LSTMCell):
    """LSTM cell whose input is several vectors in a row; those that stay are mapped once.

        gates = Σ_p W_p x_p + U h,    [W_1 ... W_P] = W

    The weights are those of ``nn.LSTMCell``.
    """

    def __init__(self, parts: tuple[int, ...], dim: int) -> None:
        super().__init__(sum(parts), dim)
        self.parts = parts

    def split_weights(self) -> tuple[Tensor, ...]:
        """W_1, ..., W_P, (4 · dim, part). Taken once a sequence, so that gradients meet once."""
        return self.weight_ih.split(self.parts, dim=1)

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, x_gates: Tensor, state: State
    ) -> State:
        """One step from Σ_p W_p x_p + b_ih, (batch, 4 · dim)."""
        h, c = state
        gates = x_gates + nn.functional.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = gates.chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class SelectC(nn.Module):
    """SCMA, selective copy memory attention: the memory of the word attended most.

        j* = argmax α,    m = M_{j*}

    Forward, the weights are exactly one-hot. Backward, the gradient goes straight through for
    the winner alone: ∂L/∂α_j = 1[j = j*] ⟨∂L/∂m, M_j⟩.

    Source: Show, Edit and Tell (CVPR 2020), arXiv:2003.03107.
    """

    def forward(self, memories: Tensor, alpha: Tensor, *, soft: bool = False) -> Tensor:
        """Choose a memory for each hypothesis.

        Args:
            memories: M, (pictures, words, dim).
            alpha: (pictures · hypotheses, words).
            soft: the mean of the memories under α instead.

        Returns:
            m, (pictures · hypotheses, dim).
        """
        if soft:
            return weigh(alpha, memories)
        winner = nn.functional.one_hot(alpha.argmax(dim=-1), alpha.shape[-1]).to(alpha)
        if alpha.requires_grad:
            kept = winner * alpha
            winner = winner + (kept - kept.detach())  # adds 0, and the gradient
        return weigh(winner, memories)


def initialize_uniformly(module: nn.Module, dim: int) -> None:
    """All parameters from U(-1/√dim, 1/√dim)."""
    bound = dim**-0.5
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -bound, bound)
