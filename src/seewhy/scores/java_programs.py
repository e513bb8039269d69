"""The Java programs that pycocoevalcap brings, run with a time limit and never left behind."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from seewhy.errors import MetricUnavailableError

PACKAGE = "pycocoevalcap"


def find_java(metric: str) -> str:
    """Path of the Java program.

    Raises:
        MetricUnavailableError: if there is none.
    """
    java = shutil.which("java")
    if java is None:
        raise MetricUnavailableError(
            f"{metric} runs in Java, and no `java` is on the path. Install a Java runtime (8 or "
            "newer)."
        )
    return java


def find_program(metric: str, name: str) -> Path:
    """Path of a file that pycocoevalcap brings.

    Raises:
        MetricUnavailableError: if the package is not installed, or lacks the file.
    """
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise MetricUnavailableError(
            f"{metric} needs the package {PACKAGE}, which is not installed. Install it with: pip "
            "install 'seewhy[coco]'."
        )
    path = Path(found.submodule_search_locations[0]) / name
    if not path.is_file():
        raise MetricUnavailableError(f"{metric} needs {path}, which is not there.")
    return path


class JavaProcess:
    """A Java program that is asked line by line."""

    def __init__(self, metric: str, process: subprocess.Popen[str], errors: IO[bytes]) -> None:
        self.metric, self._process, self._errors = metric, process, errors
        self.is_late = False

    def ask(self, lines: Sequence[str], *, answers: int | None = None) -> Iterator[str]:
        """Send lines, and yield the answers as they come.

        Lines are sent from a thread, so that neither side waits for the other's full buffer.

        Args:
            lines: without line ends.
            answers: how many lines come back; ``None`` for as many as were sent.

        Raises:
            MetricUnavailableError: if the program ends or the time runs out before the last one.
        """
        sender = threading.Thread(target=self._send, args=(lines,), daemon=True)
        sender.start()
        assert self._process.stdout is not None  # noqa: S101  it was opened with a pipe
        wanted = len(lines) if answers is None else answers
        for number in range(wanted):
            line = self._process.stdout.readline()
            if not line:
                raise MetricUnavailableError(self._explain_end(number, wanted))
            yield line.rstrip("\n")
        sender.join()

    def kill(self) -> None:
        """End the program, whatever it is doing."""
        self._process.kill()

    def _send(self, lines: Iterable[str]) -> None:
        assert self._process.stdin is not None  # noqa: S101  it was opened with a pipe
        try:
            for line in lines:
                self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # the reader finds that the program has ended, and says so

    def _explain_end(self, number: int, wanted: int) -> str:
        done = f"{self.metric} ended after {number} of {wanted} answers"
        if self.is_late:
            return f"{done}: the time limit was reached. Give it more time."
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return f"{done}. It said: {said[-1] if said else 'nothing'}"


@contextmanager
def running(
    metric: str, command: Sequence[str | Path], *, folder: Path, timeout: float | None
) -> Iterator[JavaProcess]:
    """Run a Java program while the block runs; it is gone afterwards, also after an exception.

    Args:
        metric: its name, for messages.
        command: program and arguments.
        folder: where it runs.
        timeout: seconds after which it is ended; ``None`` for no limit.
    """
    with TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603  a program that we name, no shell
            [str(part) for part in command],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            errors="replace",
        )
        asked = JavaProcess(metric, process, errors)

        def end() -> None:
            asked.is_late = True
            process.kill()

        watch = threading.Timer(timeout, end) if timeout is not None else None
        try:
            if watch is not None:
                watch.start()
            yield asked
        finally:
            if watch is not None:
                watch.cancel()
            process.kill()
            for pipe in (process.stdin, process.stdout):
                _close(pipe)
            process.wait()


def run_to_end(
    metric: str, command: Sequence[str | Path], *, folder: Path, timeout: float | None
) -> None:
    """Run a Java program that works on files until it is done.

    Raises:
        MetricUnavailableError: if it fails, or the time runs out.
    """
    try:
        done = subprocess.run(  # noqa: S603  a program that we name, no shell
            [str(part) for part in command],
            cwd=folder,
            capture_output=True,
            timeout=timeout,
            check=False,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise MetricUnavailableError(
            f"{metric} was not done after {timeout:.0f} s. Give it more time."
        ) from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise MetricUnavailableError(
            f"{metric} failed with exit code {done.returncode}. It said: "
            f"{said[-1] if said else 'nothing'}"
        )


def _close(pipe: IO[str] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except (BrokenPipeError, OSError):
        pass  # what was still to be written has no reader any more
