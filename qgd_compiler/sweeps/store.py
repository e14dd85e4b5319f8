"""The store of a sweep: a folder with `sweep.json` and one Parquet file for each chunk, written whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qgd_compiler.errors import InputFileError, UsageError
from qgd_compiler.frontends.extras import need
from qgd_compiler.sweeps.columns import arrow
from qgd_compiler.sweeps.manifest import NAME, Manifest, differences, read_manifest

if TYPE_CHECKING:
    import pyarrow as pa

PARTS = "parts"
KEY = b"qgd_sweep"


@dataclass(frozen=True)
class Damaged:
    """A part that cannot be read."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Store:
    """A folder and what it says it holds."""

    directory: Path
    manifest: Manifest

    def path_of(self, chunk: int) -> Path:
        """Where the part of a chunk stands."""
        return self.directory / PARTS / f"part-{chunk:08d}.parquet"

    def parts(self, *, thorough: bool = False) -> tuple[list[Path], list[Damaged]]:
        """The parts that can be read, and those that cannot; `thorough`: with the checksum of every page."""
        whole, damaged = [], []
        for chunk in range(self.manifest.chunks):
            path = self.path_of(chunk)
            if path.exists():
                reason = self._trouble(chunk, thorough)
                if reason:
                    damaged.append(Damaged(path, reason))
                else:
                    whole.append(path)
        return whole, damaged

    def missing(self) -> tuple[list[int], list[Damaged]]:
        """The chunks that are not there or cannot be read, and the parts of the latter."""
        _, damaged = self.parts(thorough=True)
        broken = {d.path for d in damaged}
        paths = ((chunk, self.path_of(chunk)) for chunk in range(self.manifest.chunks))
        return [chunk for chunk, path in paths if path in broken or not path.exists()], damaged

    def write(self, chunk: int, content: bytes) -> None:
        """Put a part in its place, so that a reader sees the whole of it or nothing, after a power cut too."""
        with _writing(self.directory):
            _write_whole(self.path_of(chunk), content)

    def _trouble(self, chunk: int, thorough: bool) -> str:
        """Why the part of a chunk cannot be used; empty where it can."""
        parquet = need("pyarrow.parquet", "sweep", "stores of sweeps")
        path = self.path_of(chunk)
        try:
            with parquet.ParquetFile(path, page_checksum_verification=True) as part:
                said = (part.metadata.metadata or {}).get(KEY)
                if said != label(self.manifest.identity, chunk):
                    return "it belongs to another sweep"
                if part.metadata.num_rows != self.manifest.rows_of(chunk):
                    return f"it has {part.metadata.num_rows} points instead of {self.manifest.rows_of(chunk)}"
                if thorough:
                    for batch in part.iter_batches():
                        del batch
        except (OSError, arrow().ArrowException) as error:
            return str(error).splitlines()[0]
        return ""


def label(identity: str, chunk: int) -> bytes:
    """What a part carries to be known by."""
    return json.dumps({"sweep": identity, "chunk": chunk}).encode()


def encoded(table: pa.Table, identity: str, chunk: int) -> bytes:
    """A part as bytes; the same rows give the same bytes."""
    pa = arrow()
    parquet = need("pyarrow.parquet", "sweep", "stores of sweeps")
    words = [f.name for f in table.schema if pa.types.is_dictionary(f.type)]
    sink = pa.BufferOutputStream()
    with parquet.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=words,
        write_page_checksum=True,
        store_schema=False,  # plain text and numbers for every reader, whatever this library calls them
    ) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({KEY: label(identity, chunk)})
    content: bytes = sink.getvalue().to_pybytes()
    return content


def open_store(directory: Path) -> Store:
    """The store in a folder; InputFileError where there is none."""
    path = directory / NAME
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputFileError(
            f"{directory} is no store of a sweep: cannot read {NAME}: {reason}",
            at=str(path),
            remedy="the folder that `qgd sweep -o` wrote",
        ) from None
    return Store(directory, read_manifest(text, str(path)))


def begin(directory: Path, manifest: Manifest, *, new: bool, chunk: int | None) -> Store:
    """The store to go on with, or a new one. UsageError where the folder holds something else.

    new    replace what another sweep left
    chunk  points in a part, if that was asked for: a store keeps its own
    """
    asked = Store(directory, manifest)
    if (directory / NAME).exists() and not new:
        try:
            stored = open_store(directory)
        except InputFileError as error:
            raise UsageError(error.what, at=error.mistakes[0].at, remedy="--new, which replaces it") from None
        other = differences(stored.manifest, manifest)
        if chunk is not None and chunk != stored.manifest.chunk:
            other.append(f"its chunks have {stored.manifest.chunk} points")
        if other:
            raise UsageError(
                f"{directory} holds another sweep: {'; '.join(other)}",
                at=str(directory / NAME),
                remedy="--new, which replaces it, or another folder",
            )
        _remove_leftovers(directory)
        return stored
    if directory.exists() and not (directory / NAME).exists() and any(_others(directory)):
        raise UsageError(
            f"{directory} holds something that is no sweep",
            at=str(directory),
            remedy="an empty or a new folder",
        )
    with _writing(directory):
        (directory / PARTS).mkdir(parents=True, exist_ok=True)
        for path in (directory / PARTS).glob("part-*.parquet"):
            path.unlink()
        _write_whole(directory / NAME, manifest.to_json().encode())
    _remove_leftovers(directory)
    return asked


def _others(directory: Path) -> Iterator[Path]:
    """What stands in a folder beside a store that was not finished being made."""
    if not directory.is_dir():
        yield directory
        return
    for path in directory.iterdir():
        if path.name != PARTS and not path.name.startswith(f".{NAME}"):
            yield path


def _remove_leftovers(directory: Path) -> None:
    """Files that a killed sweep was writing."""
    for folder in (directory, directory / PARTS):
        for path in folder.glob(".*.part"):
            path.unlink(missing_ok=True)


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
        _sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _writing(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"cannot write to {directory}: {error.strerror or error}",
            at=str(error.filename or directory),
            remedy="make room or choose another folder; what is there stays, and the same command goes on from it",
        ) from error


def dataset_of(paths: list[Path]) -> Any:
    """Parts as one Arrow dataset whose pages are checked as they are read."""
    dataset = need("pyarrow.dataset", "sweep", "stores of sweeps")
    options = dataset.ParquetFragmentScanOptions(page_checksum_verification=True)
    form = dataset.ParquetFileFormat(default_fragment_scan_options=options)
    return dataset.dataset([str(path) for path in paths], format=form)
