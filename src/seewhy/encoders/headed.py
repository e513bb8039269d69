"""Encoders with a head: a trunk that gives a map, its mean, and what is compared instead of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from torch import Tensor, nn

from seewhy.encoders.base import TorchImageEncoder
from seewhy.encoders.preprocessing import Preprocessing

Pooling = Literal["mean", "class"]


class HeadedNetwork(nn.Module):
    """f(x) = head(mean over positions of trunk(x)), or with ``class``: of the class token."""

    def __init__(
        self, trunk: nn.Module, head: nn.Module | None, *, pooling: Pooling = "mean"
    ) -> None:
        """Put a head on a trunk.

        Args:
            trunk: gives maps (batch, channels, rows, columns), or, where ``pooling`` is
                ``class``, tokens (batch, tokens, channels) of which the first is compared.
            head: from pooled features (batch, channels) to embeddings; ``None``: they are it.
            pooling: how the trunk's output becomes one vector.
        """
        super().__init__()
        self.trunk, self.head = trunk, head
        self.pooling: Pooling = pooling

    def pool(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width), normalized → pooled features (batch, channels)."""
        features = self.trunk(pixels)
        return features.mean(dim=(2, 3)) if self.pooling == "mean" else features[:, 0]

    def forward(self, pixels: Tensor) -> Tensor:
        """Map pixels (batch, 3, height, width), normalized → (batch, dim), not of unit length."""
        pooled = self.pool(pixels)
        return pooled if self.head is None else self.head(pooled)


class HeadedImageEncoder(TorchImageEncoder):
    """An image encoder whose embedding is what its head makes of its pooled features.

    The last layer's ``features`` are the map that is pooled for the head, so that
    ``head(features.mean())`` is the embedding (with ``pooling == "mean"``).
    """

    module: HeadedNetwork

    def __init__(
        self,
        *,
        name: str,
        module: HeadedNetwork,
        preprocessing: Preprocessing,
        layers: Sequence[str],
        num_prefix_tokens: int = 0,
    ) -> None:
        """Put a network with a head behind the protocol; ``layers`` are named within its trunk."""
        super().__init__(
            name=name,
            module=module,
            embed=module,
            preprocessing=preprocessing,
            layers=[f"trunk.{layer}" for layer in layers],
            num_prefix_tokens=num_prefix_tokens,
        )

    @property
    def head(self) -> nn.Module | None:
        """From pooled features (batch, channels) to embeddings; ``None``: they are compared."""
        return self.module.head

    @property
    def pooling(self) -> Pooling:
        """What the head is given: the ``mean`` of the map, or the ``class`` token."""
        return self.module.pooling

    def without_head(self) -> HeadedImageEncoder:
        """An encoder that shares this one's weights, whose embedding is the pooled features.

        They say more of what is in a picture than the head does, which training taught to
        forget what augmentation changes: compare them for k nearest neighbors and linear probes.
        """
        bare = HeadedNetwork(self.module.trunk, None, pooling=self.pooling)
        bare.train(self.module.training)
        return HeadedImageEncoder(
            name=f"{self.name}@backbone",
            module=bare,
            preprocessing=self.preprocessing,
            layers=[layer.removeprefix("trunk.") for layer in self._layers or ()],
            num_prefix_tokens=self._num_prefix_tokens or 0,
        )
