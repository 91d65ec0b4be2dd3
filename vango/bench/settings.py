"""The settings of a bench: rules and which actors run. One small file, replaced atomically."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from vango.actors import told
from vango.actors.files import write_whole
from vango.broker.streams import SUBJECTS
from vango.core.names import EDGES
from vango.core.rules import EdgeRules, RelayRules, StreamRules, WriteOrder
from vango.journal import codec


@dataclass(slots=True)
class Settings:
    """The settings of one bench."""

    write_order: WriteOrder = WriteOrder.OUTBOX
    relay: RelayRules = field(default_factory=RelayRules)
    relay_runs: bool = True
    edges: dict[str, EdgeRules] = field(default_factory=lambda: {name: EdgeRules() for name in EDGES})
    edges_run: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(EDGES, True))
    streams: dict[str, StreamRules] = field(default_factory=lambda: {name: StreamRules() for name in SUBJECTS})
    subjects: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(SUBJECTS))


class SettingsFile:
    """The file of one bench's settings, replaced atomically, and only when they have changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved: Settings | None = None

    def load(self, wanted: Settings | None = None) -> Settings:
        """Return the wanted settings, or read them; the defaults when there are none, or when the file is damaged.

        The file may have changed: the next `save` writes it, whatever was saved before.
        """
        self._saved = None
        return wanted or load(self._path)

    def save(self, settings: Settings) -> str:
        """Save the settings. Returns why the disk refused them, or nothing."""
        if settings == self._saved:
            return ""
        try:
            write_whole(self._path, codec.write(settings))
        except OSError as error:
            return f"the settings could not be kept: {error.strerror}"
        self._saved = _copy(settings)
        return ""


def load(path: Path) -> Settings:
    """Read the settings; the defaults when there are none, or when the file is damaged."""
    try:
        found = codec.read(Settings, told.read_object(path.read_bytes()))
        return replace(
            found,
            edges={name: found.edges[name] for name in EDGES},
            edges_run={name: found.edges_run[name] for name in EDGES},
            streams={name: found.streams[name] for name in SUBJECTS},
            subjects={name: found.subjects[name] for name in SUBJECTS},
        )
    except (OSError, told.Unreadable, codec.Misfit, KeyError):
        return Settings()


def _copy(settings: Settings) -> Settings:
    """Return what stays when the settings are changed."""
    return replace(
        settings, edges=dict(settings.edges), edges_run=dict(settings.edges_run),
        streams=dict(settings.streams), subjects=dict(settings.subjects),
    )  # fmt: skip
