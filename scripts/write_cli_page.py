"""Write docs/cli.md from the commands' own help, so that the page cannot be wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import typer

from seewhy.cli.main import app

HEADER = "# Commands\n\nMade by `make help-pages` from the help of the commands themselves.\n"


def describe(command: click.Command, path: str) -> str:
    """One command and those below it, as Markdown."""
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    lines = [f"## `{path}`", "", f"```\n{usage}\n```", "", (command.help or "").strip(), ""]
    rows = [row for row in (option_row(option) for option in command.params) if row]
    if rows:
        lines += ["| option | meaning | default |", "|---|---|---|", *rows, ""]
    for name, child in getattr(command, "commands", {}).items():
        lines.append(describe(child, f"{path} {name}"))
    return "\n".join(lines)


def option_row(option: click.Parameter) -> str | None:
    """One line of the table; ``None`` for what every command has."""
    names = [*option.opts, *option.secondary_opts]
    if "--install-completion" in names or "--show-completion" in names or "--help" in names:
        return None
    shown = ", ".join(f"`{name}`" for name in names)
    meaning = (getattr(option, "help", "") or "").replace("|", "\\|")
    default = option.default
    plain = default is None or default is False or callable(default) or default in ("", ())
    if type(default).__name__ in ("Sentinel", "UnsetType"):
        plain = True
    return f"| {shown} | {meaning} | {'' if plain else f'`{default}`'} |"


def main() -> None:
    """Write the page to the path given, or to docs/cli.md."""
    default = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    text = HEADER + "\n" + describe(typer.main.get_command(app), "seewhy")
    target.write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
