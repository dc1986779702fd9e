"""How does the local Azure run another program? It waits for its ready line and ends it in any case."""

import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

READY_SECONDS = 60.0
"""Patience for one line from a starting child; a busy two-core machine needs about five."""
STOP_SECONDS = 10.0
TAIL_LINES = 40


class ChildError(RuntimeError):
    """A child ended or stayed silent when it should have served; the message ends with its last words."""


class Child:
    """One running child process. Its stderr goes to a log file, its stdout is read line by line.

    The child's stdin stays open as long as this process lives: a child that watches it ends with its parent.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._said: deque[str] = deque(maxlen=TAIL_LINES)
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env=None if environment is None else dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                # Ctrl-C in a terminal reaches a whole group; in its own session the child is ended by us, in order.
                start_new_session=True,
            )
        assert self._process.stdout is not None
        threading.Thread(target=self._read, args=(self._process.stdout,), name=f"{name} stdout", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Say whether the process is still there."""
        return self._process.poll() is None

    def line(self, patience: float = READY_SECONDS) -> str:
        """Return the next line of stdout; raise ChildError where the child ends first or `patience` seconds pass."""
        try:
            line = self._lines.get(timeout=patience)
        except queue.Empty:
            raise ChildError(f"{self.name} said nothing for {patience:.0f} s{self._last_words()}") from None
        if line is None:
            self._lines.put(None)
            code = self._process.wait(STOP_SECONDS)
            raise ChildError(f"{self.name} ended early with exit code {code}{self._last_words()}")
        return line

    def check(self) -> None:
        """Raise ChildError if the process has ended."""
        if not self.running:
            raise ChildError(f"{self.name} ended with exit code {self._process.returncode}{self._last_words()}")

    def stop(self) -> int:
        """End the process, gently first, and return its exit code. Stopping twice is no error."""
        if self.running:
            self._process.terminate()
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return self.kill()
        finally:
            self._close_stdin()

    def abandon(self) -> int:
        """Close the child's stdin, as this process's death would, and return its exit code."""
        self._close_stdin()
        return self._process.wait(STOP_SECONDS)

    def pause(self) -> None:
        """Let the process stand still, as a frozen machine would, until `go_on`."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a process that stands still go on where it was."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> int:
        """End the process at once, as a lost machine would, and return its exit code."""
        self._process.kill()
        try:
            return self._process.wait(STOP_SECONDS)
        finally:
            self._close_stdin()

    def _close_stdin(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _read(self, stdout: IO[str]) -> None:
        for line in stdout:
            self._said.append(line.rstrip("\n"))
            self._lines.put(line.rstrip("\n"))
        stdout.close()
        self._lines.put(None)

    def _last_words(self) -> str:
        errors = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        words = [*self._said, *errors]
        return ". Its last words:\n" + "\n".join(words) if words else " and left no words"
