"""Progress on disk and in a portable file: one sealed document, versioned, with a checksum over its canonical JSON.

On disk each lab of a bench has its own document, replaced in one step so that a kill leaves one whole. The checksum
shows that nothing was changed since it was written, not who wrote it: progress is a record, and decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from studylab.lab.joining import join
from studylab.lab.model import Confidence
from studylab.lab.progress import Record
from vango.actors.errors import BadInput, Unavailable
from vango.actors.files import write_whole
from vango.journal.codec import Misfit, decode
from vango.verbs.registry import MAX_NAME, NAME

FOLDER = "progress"
MADE_BY = "Study Lab"
HOLDS = "progress"
VERSION = 1
MAX_LABS = 100
MAX_BYTES = 4 * 1024 * 1024


def mark_of(bench_folder: Path) -> str:
    """Return a name for a bench under which its time is counted. It does not give away the bench's key."""
    return sha256(f"progress of {bench_folder.name}".encode()).hexdigest()[:12]


def seal(records: Iterable[Record], *, at: float, indent: int | None = None) -> str:
    """Write records as one document. `at` is the Unix time in seconds; with `indent`, in spaces, people can read it."""
    document = {
        "made_by": MADE_BY,
        "holds": HOLDS,
        "version": VERSION,
        "written_at": round(at, 3),
        "labs": [asdict(record) for record in records],
    }
    return json.dumps({**document, "sha256": _checksum(document)}, ensure_ascii=False, indent=indent) + "\n"


def unseal(content: bytes) -> tuple[Record, ...]:
    """Read a document. Raises `BadInput` with a sentence for anything but a whole one of this app and version."""
    document = _object(content)
    if document.get("made_by") != MADE_BY or document.get("holds") != HOLDS:
        raise BadInput(
            "Study Lab did not export this JSON file. Nothing was changed. Choose a file that “Export” on the page "
            "Progress has written."
        )
    version = document.get("version")
    if isinstance(version, bool) or version != VERSION:
        raise BadInput(
            f"This file is progress in version {str(version)[:20]}; this Study Lab reads version {VERSION}. "
            "Nothing was changed. Export it again from a Study Lab of the same release."
        )
    if not _is_whole(document):
        raise BadInput(
            "This file is damaged or was edited: its content does not match its checksum. Nothing was changed. "
            "Export it again from its source."
        )
    return _records(document)


def _object(content: bytes) -> dict[str, Any]:
    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=refuse)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        what = "is empty" if not content.strip() else "is not a complete JSON object"
        raise BadInput(
            f"This file {what}, so it is not an export of progress, or it was cut off. Nothing was changed. Choose a "
            "JSON file that “Export” on the page Progress has written."
        )
    return document


def _is_whole(document: dict[str, Any]) -> bool:
    try:
        said = document.pop("sha256", "")
        return isinstance(said, str) and said == _checksum(document)
    except RecursionError:
        return False


def _checksum(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()


def _records(document: Mapping[str, Any]) -> tuple[Record, ...]:
    try:
        labs = document.get("labs")
        if not isinstance(labs, list) or len(labs) > MAX_LABS:
            raise Misfit(f"labs is not a list of at most {MAX_LABS}")
        records = tuple(decode(Record, lab, f"labs[{index}]") for index, lab in enumerate(labs))
        for record in records:
            _fits(record)
        if len({record.slug for record in records}) != len(records):
            raise Misfit("a lab appears twice")
    except Misfit as error:
        raise BadInput(f"This file cannot be read as progress: {error}. Nothing was changed.") from error
    return records


def _fits(record: Record) -> None:
    if len(record.slug) > MAX_NAME or not NAME.fullmatch(record.slug):
        raise Misfit(f"{record.slug[:40]!r} cannot be the name of a lab")
    for made in record.predictions.values():
        if made.confidence not in set(Confidence):
            raise Misfit(f"{made.confidence[:40]!r} is not one of {', '.join(Confidence)}")


def path_of(bench_folder: Path, slug: str) -> Path:
    """Return where the record of a lab is kept."""
    return bench_folder / FOLDER / f"{slug}.json"


def save(bench_folder: Path, record: Record, *, at: float) -> None:
    """Write the record of one lab, whole or not at all."""
    path = path_of(bench_folder, record.slug)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, seal([record], at=at))


def load(bench_folder: Path, slug: str) -> Record | None:
    """Read the record of one lab; None when there is none. A damaged one is set aside.

    Raises `Unavailable` when the disk cannot be read: it may be whole, and must not be written over.
    """
    path = path_of(bench_folder, slug)
    try:
        return _read(path)
    except FileNotFoundError:
        return None
    except BadInput:
        with suppress(OSError):
            path.replace(path.with_suffix(".unreadable"))
        return None
    except OSError as error:
        raise Unavailable(
            f"The stored progress of the lab {slug} cannot be read now ({error.strerror or error})."
        ) from error


def load_all(bench_folder: Path) -> tuple[dict[str, Record], list[str]]:
    """Read every record of a bench, by slug, and a sentence for each that cannot be read. Changes nothing."""
    found: dict[str, Record] = {}
    troubles = []
    for path in sorted((bench_folder / FOLDER).glob("*.json")):
        try:
            found[path.stem] = _read(path)
        except FileNotFoundError:
            continue
        except (OSError, BadInput) as error:
            troubles.append(f"The stored progress of the lab {path.stem} cannot be read. {error}")
    for path in sorted((bench_folder / FOLDER).glob("*.unreadable")):
        troubles.append(
            f"The stored progress of the lab {path.stem} could not be read. It was set aside as {path.name}."
        )
    return found, troubles


def bring_in(bench_folder: Path, records: Iterable[Record], *, at: float) -> int:
    """Join records into those of a bench and return how many labs changed. Doing it twice is doing it once.

    Raises `Unavailable` when the disk does not take them all; those that it took are whole.
    """
    pairs = [(load(bench_folder, record.slug), record) for record in records]
    joined = [(before, record if before is None else join(before, record)) for before, record in pairs]
    changed = [after for before, after in joined if after != before]
    for number, record in enumerate(changed):
        try:
            save(bench_folder, record, at=at)
        except OSError as error:
            raise Unavailable(
                f"{number} of {len(changed)} labs were added, then the disk was full ({error.strerror or error}). "
                "Make room and import the same file again: importing twice is safe."
            ) from error
    return len(changed)


def _read(path: Path) -> Record:
    records = unseal(path.read_bytes())
    if [record.slug for record in records] != [path.stem]:
        raise BadInput(f"The file {path.name} holds the record of another lab.")
    return records[0]
