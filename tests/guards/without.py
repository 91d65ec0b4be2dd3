"""A pytest plugin that takes one guard away, in memory: the module is compiled from its source with one place replaced.

`STUDYLAB_WITHOUT="the guard's name" python -m pytest -p tests.guards.without TEST` runs a test without that guard.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

import pytest

from tests.guards.table import GUARDS, Guard

VARIABLE = "STUDYLAB_WITHOUT"


class _Loader(SourceFileLoader):
    """Loads one module from a source in which the guard is replaced."""

    def __init__(self, name: str, path: str, guard: Guard) -> None:
        super().__init__(name, path)
        self._guard = guard

    def get_code(self, fullname: str) -> CodeType:
        """Compile the changed source; nothing of it is kept on disk."""
        source = self.get_data(self.path).decode()
        return compile(self._guard.taken_away_from(source), self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer for the guard's module only."""
        if fullname != self._guard.module:
            return None
        found = PathFinder.find_spec(fullname, path)
        assert found is not None
        assert found.origin is not None
        return importlib.util.spec_from_loader(fullname, _Loader(fullname, found.origin, self._guard))


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Take the guard away before any conftest imports its module."""
    guard = GUARDS[os.environ[VARIABLE]]
    assert guard.module not in sys.modules, f"{guard.module} was imported before its guard could be taken away"
    sys.meta_path.insert(0, _Finder(guard))
