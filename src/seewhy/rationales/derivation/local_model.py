"""A language model of Hugging Face on this machine."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from seewhy.errors import InvalidArgumentError, WeightsError
from seewhy.progress import quiet_transformers
from seewhy.rationales.derivation.language_models import Completion, Message


@dataclass
class LocalModel:
    """A causal language model with its tokenizer; one conversation at a time."""

    name: str
    model: Any
    tokenizer: Any
    max_new_tokens: int = 512
    temperature: float = 0.0
    """0 takes the likeliest token each time."""
    seed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def from_pretrained(
        cls,
        source: str | Path,
        *,
        device: str = "cpu",
        max_new_tokens: int = 512,
        temperature: float = 0.0,
        seed: int = 0,
    ) -> LocalModel:
        """Load a model by its hub name or from a folder; no code from the hub is run.

        Raises:
            WeightsError: if it cannot be loaded.
        """
        from transformers import AutoModelForCausalLM, AutoTokenizer

        try:
            with quiet_transformers():
                tokenizer = AutoTokenizer.from_pretrained(str(source))
                model: Any = AutoModelForCausalLM.from_pretrained(str(source))
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            first = str(error).strip().splitlines()[0]
            raise WeightsError(
                f"The language model {source} cannot be loaded: {first} Name a folder, or a model "
                "of the hub where there is a network."
            ) from error
        model.eval().to(device)
        return cls(str(source), model, tokenizer, max_new_tokens, temperature, seed)

    def complete(self, messages: Sequence[Message], *, schema: dict[str, Any]) -> Completion:
        """The model's next message, the same from the same seed; the schema is not enforced.

        Raises:
            InvalidArgumentError: if a message shows pictures, which the model cannot see, or the
                conversation leaves no room for an answer.
        """
        if any(message.pictures for message in messages):
            raise InvalidArgumentError(f"{self.name} is a model of text and sees no pictures.")
        ids = torch.tensor([self._encode(messages)], device=self.model.device)
        limit = getattr(self.model.config, "max_position_embeddings", None)
        room = (
            self.max_new_tokens if limit is None else min(self.max_new_tokens, limit - ids.shape[1])
        )
        if room < 1:
            raise InvalidArgumentError(
                f"The prompt of {ids.shape[1]} tokens leaves no room in the {limit} of {self.name}."
            )
        sampling = {"do_sample": True, "temperature": self.temperature} if self.temperature else {
            "do_sample": False}  # fmt: skip
        padding = self.tokenizer.pad_token_id
        with self._lock, torch.random.fork_rng(), torch.inference_mode(), quiet_transformers():
            torch.manual_seed(self.seed)
            found = self.model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=room,
                pad_token_id=self.tokenizer.eos_token_id if padding is None else padding,
                **sampling,
            )
        new = found[0, ids.shape[1] :]
        text = self.tokenizer.decode(new, skip_special_tokens=True)
        return Completion(text, ids.shape[1], len(new))

    def _encode(self, messages: Sequence[Message]) -> list[int]:
        if self.tokenizer.chat_template:
            text = self.tokenizer.apply_chat_template(
                [{"role": message.role, "content": message.text} for message in messages],
                add_generation_prompt=True,
                tokenize=False,
            )
            return self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return self.tokenizer("\n\n".join([*(message.text for message in messages), ""]))[
            "input_ids"
        ]
