"""The published recipes of rationale models, ours, and how one is found and changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from seewhy.datasets.nle import CAPTIONS, TASKS
from seewhy.errors import InvalidArgumentError, UnknownNameError
from seewhy.rationales.decoder import DecoderConfig
from seewhy.rationales.official import HUGGING_FACE
from seewhy.rationales.recipe import AnnotationFiles, RationaleRecipe, WorldScenes
from seewhy.rationales.vision import PatchSettings
from seewhy.training.settings import TrainingSettings

NO_CLIPPING = 1e9
PUBLISHED_LOOP = TrainingSettings(
    batch_size=32,
    learning_rate=2e-5,
    warmup=0.0,
    schedule="linear",
    betas=(0.9, 0.999),
    epsilon=1e-6,
    weight_decay=0.0,
    clip=NO_CLIPPING,
)
VQA_X = RationaleRecipe(
    patches=HUGGING_FACE,
    tasks=("vqa-x",),
    is_unified=False,
    start_from="gpt2:distilgpt2",
    epochs=30,
    training=PUBLISHED_LOOP,
)
UNI_NLX_MINI = RationaleRecipe(
    decoder=DecoderConfig(
        positions=192, width=128, depth=4, heads=4, has_boxes=True, dropout=0.0, init_std=0.05
    ),
    patches=PatchSettings(encoder="mini:clip-places", norm="standard"),
    data=WorldScenes(first=12_000, scenes=24_000, validation_scenes=25),
    packs=8,
    every_reason=False,
    answer_weight=3.0,
    training=TrainingSettings(
        steps=4_000,
        warmup=100 / 4_000,
        schedule="cooldown",
        batch_size=16,
        learning_rate=2e-3,
        weight_decay=0.01,
        evaluate_every=500,
        checkpoint_every=50,
        seed=41,
    ),
)
SMALL = RationaleRecipe(
    decoder=DecoderConfig(width=128, depth=2, heads=4, dropout=0.0, init_std=0.05, alignment=64),
    patches=PatchSettings(encoder="mini:photo-clip"),
    tasks=("captions",),
    is_unified=False,
    vocabulary=4096,
    epochs=8,
    packs=8,
    answer_weight=5.0,
    training=TrainingSettings(
        warmup=0.03,
        schedule="cooldown",
        batch_size=16,
        betas=(0.9, 0.999),
        epsilon=1e-6,
        learning_rate=3e-3,
        weight_decay=0.01,
    ),
)
"""For a decoder that begins with nothing: most words are one token, and the rates are those at
which so small a decoder learns. Before all else, and without gradients, captions teach it which
words fit which pictures."""
SMALL_ANSWERS = replace(
    SMALL,
    tasks=("e-snli-ve",),
    epochs=5,
    looks=False,
    training=replace(SMALL.training, batch_size=2, learning_rate=1e-3),
)
"""To go on from ``small``'s captions to few rows of answers: small steps, many of them. It is told
how well a question fits the picture, and does not look: few pictures it would learn by heart."""
RECIPES: dict[str, RationaleRecipe] = {
    "uni-nlx-mini": UNI_NLX_MINI,
    "small": SMALL,
    "small-answers": SMALL_ANSWERS,
    "captions": replace(
        VQA_X,
        tasks=("captions",),
        training=replace(PUBLISHED_LOOP, learning_rate=1e-4, accumulate=6),
    ),
    "vqa-x": VQA_X,
    "act-x": replace(VQA_X, tasks=("act-x",)),
    "e-snli-ve": replace(VQA_X, tasks=("e-snli-ve",), epochs=10),
    "e-snli-ve-concepts": replace(VQA_X, tasks=("e-snli-ve-concepts",), epochs=10),
    "vcr": replace(
        VQA_X,
        decoder=DecoderConfig(has_boxes=True),
        tasks=("vcr",),
        training=replace(PUBLISHED_LOOP, batch_size=16),
    ),
    "uni-nlx": replace(
        VQA_X,
        tasks=TASKS,
        is_unified=True,
        epochs=20,
        training=replace(PUBLISHED_LOOP, batch_size=64),
    ),
}
"""By name. The published ones begin with distilGPT-2; begun with a caption model
(``start_from``), the published learning rate is 1e-5."""


@dataclass(frozen=True, kw_only=True)
class RecipeChanges:
    """What a person may change of a recipe; ``None`` leaves it as it is."""

    files: AnnotationFiles | None = None
    """Data sets to learn from; without, the world."""
    scenes: int | None = None
    tasks: tuple[str, ...] | None = None
    encoder: str | None = None
    encoder_weights: str | None = None
    start_from: str | None = None
    """``none`` begins with nothing."""
    alignment: int | None = None
    width: int | None = None
    depth: int | None = None
    heads: int | None = None
    vocabulary: int | None = None
    """Tokens of a new tokenizer."""
    packs: int | None = None
    answer_weight: float | None = None
    epochs: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    seed: int | None = None
    device: str | None = None
    evaluate_every: int | None = None
    select_by: str | None = None
    looks: bool | None = None
    """Whether it looks at patches, or is told how well questions fit."""
    is_blind: bool = False
    trains_encoder: bool = False
    use_bf16: bool = False


def find_recipe(name: str) -> RationaleRecipe:
    """The recipe of that name.

    Raises:
        UnknownNameError: if there is none.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]


def change_recipe(recipe: RationaleRecipe, changes: RecipeChanges) -> RationaleRecipe:
    """The recipe with what was asked for changed.

    Raises:
        InvalidArgumentError: if scenes are asked for beside files, or captions of the world.
    """
    names = ("steps", "batch_size", "learning_rate", "seed", "device", "evaluate_every")
    asked = {name: getattr(changes, name) for name in (*names, "select_by")}
    asked = {name: value for name, value in asked.items() if value is not None}
    if changes.use_bf16:
        asked["use_bf16"] = True
    shape = {name: getattr(changes, name) for name in ("width", "depth", "heads", "alignment")}
    shape = {name: value for name, value in shape.items() if value is not None}
    own = ("tasks", "packs", "answer_weight", "epochs", "vocabulary", "looks")
    whole = {name: getattr(changes, name) for name in own}
    whole = {name: value for name, value in whole.items() if value is not None}
    if changes.steps is not None and changes.epochs is None:
        whole["epochs"] = None
    patches = recipe.patches
    if changes.encoder is not None:
        patches = PatchSettings(encoder=changes.encoder, weights=changes.encoder_weights)
    start = recipe.start_from if changes.start_from is None else changes.start_from
    return replace(
        recipe,
        decoder=replace(recipe.decoder, **shape),
        patches=patches,
        data=_change_data(recipe, changes),
        start_from=None if start == "none" else start,
        is_blind=changes.is_blind or recipe.is_blind,
        trains_encoder=changes.trains_encoder or recipe.trains_encoder,
        training=replace(recipe.training, **asked),
        **whole,
    )


def _change_data(recipe: RationaleRecipe, changes: RecipeChanges) -> WorldScenes | AnnotationFiles:
    tasks = recipe.tasks if changes.tasks is None else changes.tasks
    if changes.files is None and isinstance(recipe.data, WorldScenes) and CAPTIONS in tasks:
        raise InvalidArgumentError(
            "The small world asks for no captions: give files, as --data captions=FILE.jsonl "
            "--images FOLDER."
        )
    if changes.files is not None:
        if changes.scenes is not None:
            raise InvalidArgumentError(
                f"scenes={changes.scenes} is for the world, and files were given. Leave one out."
            )
        return changes.files
    if changes.scenes is None:
        return recipe.data
    if not isinstance(recipe.data, WorldScenes):
        raise InvalidArgumentError(f"scenes={changes.scenes} is for the world: use its recipe.")
    return replace(recipe.data, scenes=changes.scenes)
