"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import seewhy

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / "src" / "seewhy"
FLOORS = [  # bottom first; rooms of one floor do not know each other
    {"errors"},
    {"images", "text", "results", "restricted_pickle", "progress"},
    {"encoders", "scores", "datasets", "world"},
    {"training"},
    {"concepts", "similarity", "rationales", "captions"},
    {"reports", "studies"},
    {"cli", "app"},
    {"__main__"},
]
LEVEL = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")
every_file = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))


def modules_imported(path: Path) -> set[str]:
    """Everything of ours a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("seewhy", "")}


@every_file
def test_imports_only_go_down(path: Path) -> None:
    room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    for name in modules_imported(path) - {"seewhy"}:
        other = name.split(".")[1]
        assert other == room or LEVEL[other] < LEVEL[room], f"{room} must not import {other}"


@every_file
def test_only_the_version_is_taken_from_the_package_root(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "seewhy":
            assert [alias.name for alias in node.names] == ["__version__"]


@every_file
def test_no_function_is_named_like_a_module_beside_it(path: Path) -> None:
    modules = {other.stem for other in path.parent.glob("*.py")}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    shadowed = {name for name in functions & modules if name != "main"}
    assert not shadowed, f"{shadowed} would hide the module of that name"


@every_file
def test_files_stay_small(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) <= 300, f"{path.name} has {len(lines)} non-blank lines"


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "common", "helpers", "misc"}
    assert not [path for path in FILES if path.stem in drawers]


def test_public_names_are_sorted_and_load() -> None:
    assert seewhy.__all__ == sorted(seewhy.__all__)
    for name in seewhy.__all__:
        assert getattr(seewhy, name) is not None


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'explian'"):
        getattr(seewhy, "explian")  # noqa: B009  the name is not there, a type checker knows


@pytest.mark.parametrize("statement", ["import seewhy", "import seewhy.cli.main"])
def test_the_front_door_is_light(statement: str) -> None:
    heavy = ["torch", "transformers", "matplotlib", "sklearn", "scipy", "numpy", "PIL", "pydantic"]
    code = f"import sys; {statement}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_top_of_the_changelog_is_this_version() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\]", changelog, flags=re.MULTILINE)
    assert versions[0] == seewhy.__version__


def test_the_citation_is_of_this_version() -> None:
    citation = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {seewhy.__version__}\n" in citation


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_links_between_our_pages_lead_somewhere(name: str) -> None:
    page = (REPOSITORY / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page)
    assert not [link for link in links if not (REPOSITORY / link).exists()]
