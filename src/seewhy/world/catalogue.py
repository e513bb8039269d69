"""What the small world is made of: classes with their parts, colors, patterns, actions, places."""

from __future__ import annotations

from dataclasses import dataclass, field

COLORS = {
    "red": (214, 52, 45),
    "orange": (238, 130, 38),
    "yellow": (246, 203, 56),
    "green": (76, 160, 72),
    "blue": (52, 112, 200),
    "purple": (132, 78, 172),
    "pink": (240, 140, 178),
    "brown": (136, 88, 54),
    "gray": (140, 144, 150),
    "white": (243, 240, 232),
    "black": (52, 50, 56),
}
"""Color words and the shade they are drawn in, red, green and blue from 0 to 255."""

PATTERNS = ("plain", "striped", "spotted", "checkered")
SIZES = ("small", "medium", "large")
STYLES = ("flat", "outlined", "textured")
LIGHTS = ("day", "dusk", "night")
BACKGROUNDS = {
    "meadow": ("day", "dusk", "night"),
    "beach": ("day", "dusk"),
    "street": ("day", "dusk", "night"),
    "forest": ("day", "dusk", "night"),
    "snow": ("day", "dusk"),
    "desert": ("day", "dusk", "night"),
    "sea": ("day", "dusk"),
    "sky": ("day", "dusk"),
    "night sky": ("night",),
    "room": ("day", "night"),
}
"""Places and the light they can be seen in."""

PERCHING = ("owl", "parrot")
"""Birds that sit and sleep on branches."""
PERCHED = ("forest", "room", "night sky")
"""Places where they find one."""
UNDER_WATER = ("fish", "octopus")
"""Creatures that swim below the waterline, not on it."""

RELATIONS = ("left of", "right of", "above", "below", "next to")


@dataclass(frozen=True)
class PartSpec:
    """A part every member of a class shows."""

    name: str
    attributes: tuple[str, ...] = ()
    """Adjectives true of it in every member."""
    shows_color: bool = False
    """Whether it has the color of the whole thing, and that may be said of it."""
    color: str = ""
    """A color of its own that every member has, such as a beak's ``orange``; or none."""


@dataclass(frozen=True)
class ClassSpec:
    """One class of creatures or things."""

    name: str
    family: str
    parts: tuple[PartSpec, ...]
    colors: tuple[str, ...]
    actions: dict[str, tuple[str, ...]]
    """Present participles (``""`` for none) and the places each is done in."""
    patterns: tuple[str, ...] = ("plain",)
    scale: tuple[float, float] = (0.5, 0.8)
    """Height as a fraction of the picture's, when it is the main thing."""
    aspect: float = 1.0
    """Width over height."""
    poses: dict[str, tuple[float, float]] = field(default_factory=dict)
    """How high and how wide it is while doing something, as shares of the usual."""


def _part(text: str) -> PartSpec:
    """``"long ears*"`` or ``"orange beak="``: * shows the thing's color, = has a fixed color.

    An underscore joins the words of a name.
    """
    words = text.rstrip("*=").split()
    name, attributes = words[-1].replace("_", " "), tuple(words[:-1])
    color = next((word for word in attributes if word in COLORS), "") if text.endswith("=") else ""
    return PartSpec(name, attributes, text.endswith("*"), color)


def _parts(*texts: str) -> tuple[PartSpec, ...]:
    return tuple(_part(text) for text in texts)


_LAND = ("meadow", "forest", "snow", "beach")
_HOME = ("meadow", "room", "street", "beach")
_WARM = ("meadow", "desert", "forest")
_PET_ACTIONS = {"sitting": _HOME, "sleeping": ("meadow", "room"), "jumping": _LAND[:3]}
_WILD_ACTIONS = {"standing": _WARM, "sleeping": ("meadow", "forest"), "running": _WARM}
_SWIM = {"swimming": ("sea",)}
_DRIVE = {"driving": ("street", "desert", "meadow"), "parked": ("street", "beach", "snow")}
_STANDS = ("meadow", "snow", "beach")
_FUR = ("white", "gray", "brown", "black", "orange")
_BRIGHT = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white")

_SPECS = (
    ClassSpec(
        "cat", "pet", _parts("pointed ears*", "long whiskers", "curled tail*", "white paws=",
        "green eyes="),
        _FUR, _PET_ACTIONS, ("plain", "striped", "spotted"), aspect=0.95,
        poses={"sleeping": (0.68, 1.08)},
    ),
    ClassSpec(
        "dog", "pet", _parts("floppy ears", "wagging tail*", "red collar=", "black nose=",
        "short legs*"),
        _FUR, {"standing": _HOME, "sleeping": ("meadow", "room"), "jumping": _LAND[:3]},
        ("plain", "spotted"), aspect=1.15, poses={"sleeping": (0.65, 1.04)},
    ),
    ClassSpec(
        "rabbit", "pet", _parts("long ears*", "fluffy tail", "big feet*", "pink nose=",
        "small teeth"),
        (*_FUR, "pink"), _PET_ACTIONS, ("plain", "spotted"), aspect=0.8,
        poses={"sleeping": (0.64, 1.14), "jumping": (1.0, 1.14)},
    ),
    ClassSpec(
        "turtle", "pet", _parts("round shell*", "short legs", "long neck", "small head"),
        ("green", "brown", "orange", "blue", "purple"),
        {"standing": ("beach", "meadow"), "sleeping": ("beach", "meadow"), "swimming": ("sea",)},
        ("plain", "spotted", "checkered"), (0.4, 0.62), 1.5,
    ),
    ClassSpec(
        "elephant", "wild animal",
        _parts("long trunk*", "big ears", "white tusks=", "thick legs*", "thin tail*"),
        ("gray", "blue", "pink", "brown", "purple"), _WILD_ACTIONS, aspect=1.25,
        poses={"sleeping": (0.74, 1.04)},
    ),
    ClassSpec(
        "giraffe", "wild animal",
        _parts("long neck*", "small horns", "thin legs*", "brown mane=", "brown hooves="),
        ("yellow", "orange", "brown", "white", "pink"), _WILD_ACTIONS, ("spotted", "plain",
        "checkered"),
        (0.66, 0.88), 0.78, poses={"sleeping": (0.81, 1.0), "running": (0.95, 1.15)},
    ),
    ClassSpec(
        "lion", "wild animal",
        _parts("shaggy mane", "tufted tail*", "strong legs*", "black nose=", "round ears*"),
        ("yellow", "orange", "brown", "white", "red"), _WILD_ACTIONS, aspect=1.25,
        poses={"sleeping": (0.79, 1.0)},
    ),
    ClassSpec(
        "zebra", "wild animal",
        _parts("stiff mane", "black hooves=", "thin tail", "thin legs*", "gray muzzle="),
        ("white", "yellow", "orange", "pink", "blue"), _WILD_ACTIONS, ("striped",), aspect=1.2,
        poses={"sleeping": (0.8, 1.0)},
    ),
    ClassSpec(
        "duck", "bird", _parts("flat beak", "webbed feet", "short wings*", "upright tail*",
        "round head*"),
        ("yellow", "white", "brown", "green", "blue"),
        {"standing": ("meadow", "beach", "street"), "swimming": ("sea",), "sleeping": ("meadow",
        "beach")},
        ("plain", "spotted"), (0.45, 0.7), 1.15, poses={"sleeping": (0.71, 1.0)},
    ),
    ClassSpec(
        "owl", "bird", _parts("round eyes", "hooked beak", "pointed ear_tufts*", "folded wings",
        "sharp claws"),
        ("brown", "gray", "white", "purple", "orange"),
        {"sitting": ("forest", "night sky", "snow"), "sleeping": ("forest", "night sky"),
         "flying": ("night sky", "sky", "forest")},
        ("plain", "spotted", "striped"), aspect=0.82, poses={"flying": (1.0, 1.36)},
    ),
    ClassSpec(
        "parrot", "bird",
        _parts("curved beak", "long tail", "colorful wings", "gray claws=", "white cheeks="),
        ("red", "green", "blue", "yellow", "pink"),
        {"sitting": ("forest", "room"), "flying": ("sky", "forest"), "sleeping": ("forest",
        "room")},
        aspect=0.72, poses={"flying": (1.0, 1.05)},
    ),
    ClassSpec(
        "penguin", "bird",
        _parts("white belly=", "flat flippers*", "orange feet=", "orange beak=", "round eyes"),
        ("black", "blue", "gray", "purple", "brown"),
        {"standing": ("snow", "beach"), "sleeping": ("snow", "beach"), "jumping": ("snow",
        "beach")},
        aspect=0.75, poses={"jumping": (1.0, 1.17)},
    ),
    ClassSpec(
        "fish", "sea creature",
        _parts("forked tail", "small side_fin", "pointed back_fin", "round eye", "small mouth"),
        _BRIGHT, {**_SWIM, "jumping": ("sea",)}, PATTERNS, (0.35, 0.6), 1.6,
    ),
    ClassSpec(
        "whale", "sea creature",
        _parts("wide tail*", "high water_spout", "pale belly", "small flipper*", "wide mouth"),
        ("blue", "gray", "black", "purple", "white"), {**_SWIM, "sleeping": ("sea",)},
        ("plain", "spotted"), (0.45, 0.66), 1.5,
    ),
    ClassSpec(
        "octopus", "sea creature",
        _parts("eight arms*", "round suckers", "round head*", "big eyes", "small mouth"),
        ("red", "orange", "purple", "pink", "blue"), {**_SWIM, "sleeping": ("sea",)},
        ("plain", "spotted"),
    ),
    ClassSpec(
        "crab", "sea creature",
        _parts("big claws*", "thin legs*", "flat shell*", "tall eye_stalks*"),
        ("red", "orange", "blue", "pink", "yellow"),
        {"standing": ("beach",), "running": ("beach",), "sleeping": ("beach",)},
        ("plain", "spotted"), (0.36, 0.58), 1.55,
    ),
    ClassSpec(
        "car", "vehicle",
        _parts("round wheels", "wide windows", "yellow headlight=", "silver bumper",
        "small side_door*"),
        _BRIGHT, _DRIVE, ("plain", "striped", "spotted"), (0.36, 0.55), 1.75,
    ),
    ClassSpec(
        "bus", "vehicle",
        _parts("square windows", "large wheels", "folding door", "yellow headlight=", "flat roof"),
        _BRIGHT, _DRIVE, ("plain", "striped"), (0.42, 0.6), 1.6,
    ),
    ClassSpec(
        "truck", "vehicle",
        _parts("high cab*", "open cargo_bed", "big wheels", "tall exhaust_pipe",
        "wide front_window"),
        _BRIGHT, _DRIVE, ("plain", "striped", "checkered"), (0.42, 0.6), 1.6,
    ),
    ClassSpec(
        "sailboat", "vehicle",
        _parts("tall mast", "curved hull", "triangular main_sail*", "small flag",
        "small front_sail"),
        _BRIGHT, {"sailing": ("sea",)}, ("plain", "striped", "spotted", "checkered"), (0.6, 0.85),
        0.9,
    ),
    ClassSpec(
        "airplane", "vehicle",
        _parts("wide wings", "upright tail*", "round windows", "pointed nose", "round jet_engine"),
        _BRIGHT, {"flying": ("sky", "night sky"), "parked": ("street", "snow")},
        ("plain", "striped"), (0.38, 0.55), 1.8,
    ),
    ClassSpec(
        "house", "building",
        _parts("pointed roof", "wooden door", "square windows", "brick chimney", "smooth walls*"),
        ("white", "yellow", "pink", "blue", "green", "orange"), {"": ("meadow", "street", "snow",
        "beach")},
        aspect=1.05,
    ),
    ClassSpec(
        "lighthouse", "building",
        _parts("bright lamp", "round tower*", "small door", "iron balcony", "domed roof"),
        ("red", "blue", "green", "orange", "black"), {"": ("beach", "sea", "night sky")},
        ("striped", "plain", "checkered"), (0.68, 0.9), 0.52,
    ),
    ClassSpec(
        "windmill", "building",
        _parts("four blades", "stone tower*", "small door", "pointed cap", "round window"),
        ("white", "yellow", "gray", "brown", "pink"), {"": ("meadow", "snow", "beach")},
        scale=(0.65, 0.88), aspect=0.9,
    ),
    ClassSpec(
        "castle", "building",
        _parts("tall towers*", "arched gate", "waving flags", "narrow windows", "jagged walls*"),
        ("gray", "pink", "yellow", "purple", "white"), {"": ("meadow", "snow", "night sky",
        "desert")},
        aspect=1.1,
    ),
    ClassSpec(
        "flower", "plant",
        _parts("round petals*", "green stem=", "pointed leaves", "yellow center="),
        ("red", "orange", "blue", "purple", "pink", "white"), {"": ("meadow", "room", "forest")},
        ("plain", "spotted"), (0.6, 0.85), 0.68,
    ),
    ClassSpec(
        "tree", "plant",
        _parts("brown trunk=", "bushy crown*", "red apples=", "thick roots"),
        ("green", "orange", "yellow", "pink", "purple"), {"": ("meadow", "street", "desert",
        "beach")},
        scale=(0.65, 0.9), aspect=0.85,
    ),
    ClassSpec(
        "mushroom", "plant",
        _parts("domed cap*", "white stem=", "pale gills", "ragged ring"),
        ("red", "orange", "brown", "purple", "blue"), {"": ("forest", "meadow")},
        ("spotted", "plain", "striped"), aspect=0.95,
    ),
    ClassSpec(
        "cactus", "plant",
        _parts("sharp spines", "upturned side_arms*", "pink flower=", "clay pot"),
        ("green", "blue", "yellow", "purple", "orange"), {"": ("desert", "room", "beach")},
        ("plain", "striped"), (0.6, 0.85), 0.75,
    ),
)  # fmt: skip

CLASSES: dict[str, ClassSpec] = {spec.name: spec for spec in _SPECS}
"""Every class of the world, by name."""

FAMILIES: dict[str, tuple[str, ...]] = {
    family: tuple(spec.name for spec in _SPECS if spec.family == family)
    for family in dict.fromkeys(spec.family for spec in _SPECS)
}
"""Families and the names of their classes."""


def shape_of(name: str, action: str) -> tuple[float, float]:
    """How high a thing of a class is while doing something, and how wide for its height.

    Returns:
        Height as a share of the class's usual height, and width over height.
    """
    spec = CLASSES[name]
    height, width = spec.poses.get(action, (1.0, 1.0))
    return height, spec.aspect * width / height
