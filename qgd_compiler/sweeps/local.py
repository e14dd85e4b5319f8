"""The engine of this machine: processes side by side, each with one chunk at a time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from qgd_compiler.sweeps.work import Done, Work, attempted

MOST_DEATHS = 2  # of each process, before any of them has done anything
STILLBORN = 'processes die as they start; a script needs `if __name__ == "__main__":` around its sweep'


@dataclass(frozen=True)
class Local:
    """`jobs` processes; None: one for each core. One works in this process."""

    jobs: int | None = None

    def __call__(self, work: Work, chunks: Sequence[int]) -> Iterator[Done]:
        """See `work.Engine`. A chunk whose process dies is tried once more, in another one."""
        jobs = min(len(chunks), self.jobs or os.cpu_count() or 1)
        if jobs <= 1:
            yield from (attempted(work, chunk) for chunk in chunks)
            return
        waiting = list(reversed(chunks))
        died: set[int] = set()
        deaths, alive = 0, False
        team = _Team(work)
        try:
            for _ in range(jobs):
                team.hire(waiting.pop())
            while team.members:
                for connection in team.ready():
                    chunk, done = team.result(connection)
                    if done is not None:
                        alive = True
                        yield done
                        team.next(connection, waiting)
                        continue
                    deaths += 1
                    if not alive and deaths > MOST_DEATHS * jobs:
                        # as of a script without a guard, which every new process runs again from its top
                        left = [chunk, *(c for _, c in team.members.values()), *waiting]
                        yield from (Done(c, None, STILLBORN) for c in left)
                        return
                    if chunk in died:
                        yield Done(chunk, None, "the process that worked on it died, twice")
                    else:
                        died.add(chunk)
                        waiting.append(chunk)
                    if waiting:
                        team.hire(waiting.pop())
        finally:
            team.dismiss()


@dataclass
class _Team:
    """Processes by the pipe to each, with the chunk that it works on."""

    work: Work
    members: dict[Connection, tuple[BaseProcess, int]] = field(default_factory=dict)
    leaving: list[BaseProcess] = field(default_factory=list)

    def hire(self, chunk: int) -> None:
        # spawn: a fork of a process with threads in its linear algebra may hang
        context = get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there, self.work), daemon=True)
        process.start()
        there.close()  # so that its death ends the pipe
        self.members[here] = (process, chunk)
        self._send(here, chunk)

    def ready(self) -> list[Connection]:
        return [c for c in wait(list(self.members)) if isinstance(c, Connection)]

    def result(self, connection: Connection) -> tuple[int, Done | None]:
        """The chunk, and what became of it; None: its process died."""
        process, chunk = self.members[connection]
        try:
            done: Done = connection.recv()
            return chunk, done
        except (EOFError, OSError):
            connection.close()
            del self.members[connection]
            process.join()
            return chunk, None

    def next(self, connection: Connection, waiting: list[int]) -> None:
        """Another chunk for a process, or its leave."""
        process, _ = self.members[connection]
        if waiting:
            chunk = waiting.pop()
            self.members[connection] = (process, chunk)
            self._send(connection, chunk)
        else:
            connection.close()
            del self.members[connection]
            self.leaving.append(process)

    def dismiss(self) -> None:
        for connection, (process, _) in self.members.items():
            process.terminate()
            connection.close()
        for process in (*self.leaving, *(process for process, _ in self.members.values())):
            process.join()
        self.members.clear()

    @staticmethod
    def _send(connection: Connection, chunk: int) -> None:
        with suppress(OSError):  # of a dead process, which `result` will find
            connection.send(chunk)


def _serve(connection: Connection, work: Work) -> None:
    """A process of the team: one chunk after the other, until nobody listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked
    try:
        while True:
            connection.send(attempted(work, connection.recv()))
    except (EOFError, OSError):
        return
