"""A progress bar for long loops that is not there where nobody looks, and no bars of others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


def show_progress(
    items: Iterable[Item], *, description: str, total: int | None = None, enabled: bool = True
) -> Iterator[Item]:
    """Yield the items while a bar on standard error counts them.

    The bar vanishes when the loop ends, and never appears off a terminal.

    Args:
        items: what to loop over; read one at a time.
        description: what is being done, in a word or two.
        total: how many there are, if known.
        enabled: ``False`` shows nothing.
    """
    if not enabled:
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    yield from track(items, description, total=total, console=console, transient=True)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers from printing while it loads; its settings come back afterwards."""
    from transformers.utils import logging

    verbosity, had_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bar:
            logging.enable_progress_bar()
