"""A whole data set derived: many items at once, killed and taken up again at will."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seewhy.errors import DataFormatError, EndpointError, InvalidArgumentError
from seewhy.progress import show_progress
from seewhy.rationales.derivation.answers import read_answer
from seewhy.rationales.derivation.language_models import LanguageModel, Message
from seewhy.rationales.derivation.ledger import REJECTS, ROWS, Entry, Ledger, write_whole
from seewhy.rationales.derivation.recipes import Item, Judged, Recipe, Row
from seewhy.results import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REPORT = "report.json"
MALFORMED = "malformed"
DUPLICATE = "duplicate"
FAILURES_IN_A_ROW = 5
"""After so many items that the server failed on, one after another, the run stops."""


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """How a data set is derived."""

    workers: int = 4
    """Items under way at the same time."""
    tries: int = 3
    """Answers that are asked for, until one has the right form."""
    limit: int | None = None
    """Take the first so many items only."""
    input_price: float | None = None
    """Of a million tokens of prompts, in any currency."""
    output_price: float | None = None
    """Of a million tokens that are written."""

    def __post_init__(self) -> None:
        if min(self.workers, self.tries) < 1 or (self.limit is not None and self.limit < 1):
            raise InvalidArgumentError(
                f"workers, tries and limit must be at least 1, got {self.workers}, {self.tries} "
                f"and {self.limit}."
            )


@dataclass(frozen=True)
class DerivationReport(Result):
    """What a run has come to, all its parts since it was begun together."""

    dataset: str
    model: str
    items: int
    """In the source."""
    done: int
    left: dict[str, str]
    """Items that the server failed on, by their id; the next run tries them again."""
    rows: int
    rejects: dict[str, int]
    """What was thrown away, by reason; ``malformed`` counts items without one usable answer."""
    repeated: int
    """Answers of another form that were asked for again."""
    retries: int
    """Requests that failed on the way."""
    prompt_tokens: int
    completion_tokens: int
    """As the server counts them; of items that are done."""
    cost: float | None
    """``None`` where no price was given."""
    path: Path
    """The examples, as JSON lines in Uni-NLX's form."""

    def figure(self) -> Figure:
        """What was kept and what was thrown away."""
        from matplotlib.figure import Figure

        counts = {"kept": self.rows, **self.rejects}
        figure = Figure(figsize=(6, 1 + 0.35 * len(counts)), layout="constrained")
        axes = figure.add_subplot()
        colors = ["#0072b2", *["#999999"] * len(self.rejects)]
        bars = axes.barh(list(counts), list(counts.values()), color=colors)
        axes.bar_label(bars, padding=3)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set_title(f"{self.dataset}: {self.done} of {self.items} items", loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        return figure


def derive(
    items: Iterable[Item],
    recipe: Recipe,
    model: LanguageModel,
    folder: str | Path,
    *,
    settings: RunSettings | None = None,
    progress: bool = False,
) -> DerivationReport:
    """Have a language model write explanations, and keep those that pass the filters.

    Items that are done are in a ledger in the folder; a run that is killed at any moment goes on
    where it was when it is started again, and ends with the same rows. The rows are written
    anew from the ledger at the end of each run, in the order of the source: of duplicates the
    first is kept. The report is written beside them.

    Args:
        items: what is derived from, with ids that differ.
        recipe: of the data set.
        model: a server's, or a local one.
        folder: of this run, new or to go on with.
        settings: workers, tries, prices.
        progress: whether a bar is shown.

    Raises:
        InvalidArgumentError: if the folder holds a run with other settings, or ids occur twice.
        EndpointError: if the server refuses, or keeps failing; what is done is kept.
    """
    settings = settings or RunSettings()
    chosen = list(islice(items, settings.limit))
    repeated = [key for key, count in Counter(item.id for item in chosen).items() if count > 1]
    if repeated or not chosen:
        raise InvalidArgumentError(
            f"The items must have different ids, got {repeated[0]!r} again."
            if repeated
            else "There is nothing to derive from: no items were given."
        )
    described = {
        "recipe": _describe(recipe),
        "model": model.name,
        "tries": settings.tries,
    }
    with Ledger(folder, described) as ledger:
        left: dict[str, str] = {}
        try:
            _work(chosen, recipe, model, ledger, settings, left, progress)
        finally:
            kept, rejects = _assemble(chosen, ledger, recipe)
        report = _report(chosen, recipe, model, ledger, settings, left, kept, rejects)
        text = json.dumps(report.to_dict(), indent=2, ensure_ascii=False)
        write_whole(ledger.folder / REPORT, f"{text}\n")
        return report


def _describe(recipe: Recipe) -> dict[str, Any]:
    values = asdict(recipe)
    for name in ("kind", "other_names", "images"):
        values.pop(name, None)
    return values | {"prompt_text": _prompt_of(recipe)}


def _prompt_of(recipe: Recipe) -> str:
    from importlib.resources import files

    from seewhy.rationales.derivation.recipes import PROMPTS

    newest = {"imagenetX": PROMPTS["imagenet-x"], "vqa_paraX": PROMPTS["vqa-para-x"]}
    name = recipe.prompt or newest.get(recipe.dataset, "")
    path = files("seewhy.rationales.derivation") / "prompts" / f"{name}.txt"
    return path.read_text(encoding="utf-8") if name else ""


def _work(
    items: Sequence[Item],
    recipe: Recipe,
    model: LanguageModel,
    ledger: Ledger,
    settings: RunSettings,
    left: dict[str, str],
    progress: bool,
) -> None:
    """Do all items that are not in the ledger, several at once; only this thread writes."""
    waiting = iter([(n, item) for n, item in enumerate(items) if item.id not in ledger.entries])
    under_way: dict[Future[Entry], Item] = {}
    in_a_row = 0
    pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="seewhy-derive")
    try:
        bar = show_progress(
            _finish_one_by_one(pool, waiting, under_way, recipe, model, settings),
            description=recipe.dataset,
            total=len(items) - len(ledger.entries),
            enabled=progress,
        )
        for item, future in bar:
            try:
                ledger.append(future.result())
                in_a_row = 0
            except EndpointError as error:
                left[item.id] = str(error)
                in_a_row += 1
                if in_a_row >= FAILURES_IN_A_ROW:
                    raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _finish_one_by_one(
    pool: ThreadPoolExecutor,
    waiting: Iterator[tuple[int, Item]],
    under_way: dict[Future[Entry], Item],
    recipe: Recipe,
    model: LanguageModel,
    settings: RunSettings,
) -> Iterator[tuple[Item, Future[Entry]]]:
    while True:
        for number, item in islice(waiting, 2 * settings.workers - len(under_way)):
            future = pool.submit(derive_item, number, item, recipe, model, tries=settings.tries)
            under_way[future] = item
        if not under_way:
            return
        finished, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in finished:
            yield under_way.pop(future), future


def derive_item(
    number: int, item: Item, recipe: Recipe, model: LanguageModel, *, tries: int
) -> Entry:
    """Ask about one item until the answer has the right form.

    An answer of another form is shown to the model again, with what is wrong with it.

    Raises:
        EndpointError: if the server gives no answer.
    """
    schema = recipe.kind.model_json_schema()
    messages = [recipe.ask(item)]
    prompt_tokens = completion_tokens = retries = 0
    judged, taken = Judged((), ()), 0
    for _ in range(tries):
        said = model.complete(messages, schema=schema)
        taken += 1
        prompt_tokens += said.prompt_tokens
        completion_tokens += said.completion_tokens
        retries += said.retries
        try:
            judged = recipe.judge(item, read_answer(said.text, recipe.kind))
            break
        except DataFormatError as error:
            judged = Judged((), ((MALFORMED, said.text[:500]),))
            again = f"{error} Answer with JSON of the form above and nothing else."
            messages = [messages[0], Message("assistant", said.text), Message("user", again)]
    return Entry(
        item.id, number, judged.rows, judged.rejects, taken, prompt_tokens, completion_tokens,
        retries,
    )  # fmt: skip


def _assemble(
    items: Sequence[Item], ledger: Ledger, recipe: Recipe
) -> tuple[list[Row], list[dict[str, str]]]:
    """Rows and rejects in the order of the source, written to their files."""
    rows: dict[str, Row] = {}
    rejects: list[dict[str, str]] = []
    for item in items:
        entry = ledger.entries.get(item.id)
        if entry is None:
            continue
        rejects += [{"item": item.id, "reason": r, "text": text} for r, text in entry.rejects]
        for place, row in enumerate(entry.rows):
            key = recipe.find_key(row)
            if key in rows:
                rejects.append(
                    {"item": item.id, "reason": DUPLICATE, "text": str(row["explanation"])}
                )
            else:
                rows[key] = {"id": f"{item.id}-{place}", **row}
    for name, lines in ((ROWS, rows.values()), (REJECTS, rejects)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        write_whole(ledger.folder / name, text)
    return list(rows.values()), rejects


def _report(
    items: Sequence[Item],
    recipe: Recipe,
    model: LanguageModel,
    ledger: Ledger,
    settings: RunSettings,
    left: dict[str, str],
    rows: list[Row],
    rejects: list[dict[str, str]],
) -> DerivationReport:
    entries = [ledger.entries[item.id] for item in items if item.id in ledger.entries]
    prompt = sum(entry.prompt_tokens for entry in entries)
    completion = sum(entry.completion_tokens for entry in entries)
    cost = None
    if settings.input_price is not None or settings.output_price is not None:
        cost = (
            prompt * (settings.input_price or 0) + completion * (settings.output_price or 0)
        ) / 1e6
    return DerivationReport(
        dataset=recipe.dataset,
        model=model.name,
        items=len(items),
        done=len(entries),
        left=left,
        rows=len(rows),
        rejects=dict(Counter(reject["reason"] for reject in rejects).most_common()),
        repeated=sum(entry.tries - 1 for entry in entries),
        retries=sum(entry.retries for entry in entries),
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=cost,
        path=ledger.folder / ROWS,
    )
