"""The engine of many machines: chunks as tasks of a Dask cluster; the store is written here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qgd_compiler.errors import UsageError
from qgd_compiler.frontends.extras import need
from qgd_compiler.sweeps.work import Done, Work, attempted

PATIENCE = 5  # seconds in which a scheduler has to answer
AHEAD = 3  # tasks for each thread that are handed over before their turn


@dataclass(frozen=True)
class Cluster:
    """The workers of the Dask scheduler at `scheduler`, such as tcp://10.0.0.1:8786."""

    scheduler: str

    def __call__(self, work: Work, chunks: Sequence[int]) -> Iterator[Done]:
        """See `work.Engine`. Tasks of a worker that dies go to the others."""
        distributed = need("distributed", "dask", "sweeps on a cluster")
        client = self._client(distributed)
        try:
            waiting = list(reversed(chunks))
            threads = max(1, sum(client.nthreads().values()))
            tasks: dict[str, int] = {}

            def submit() -> Any:
                chunk = waiting.pop()
                task = client.submit(attempted, work, chunk, key=f"{work.identity}-{chunk}", pure=True)
                tasks[task.key] = chunk
                return task

            running = [submit() for _ in range(min(AHEAD * threads, len(waiting)))]
            finished = distributed.as_completed(running, loop=client.loop)
            running.clear()  # a result is forgotten by the cluster once nobody holds its task
            for task in finished:
                chunk = tasks.pop(task.key)
                if task.status == "finished":
                    yield task.result()
                else:
                    yield Done(chunk, None, f"{type(task.exception()).__name__}: {task.exception()}")
                task.release()
                if waiting:
                    finished.add(submit())
        finally:
            client.close()

    def _client(self, distributed: Any) -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about versions: our own comparison of rules is stricter
                client = distributed.Client(self.scheduler, timeout=PATIENCE, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(
                f"no Dask scheduler answers at {self.scheduler} ({str(error).splitlines()[0][:120]})",
                remedy="the address that `dask scheduler` prints, such as tcp://10.0.0.1:8786",
            ) from None
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            client.close()
            raise UsageError(
                f"the scheduler at {self.scheduler} has no workers", remedy=f"dask worker {self.scheduler}"
            ) from None
        return client
