"""Fetch the browser files that ship with the app, and record what they are.

Each package is fetched by `npm pack` in a temporary folder; the chosen files are copied unchanged into `static/`, each
package's licence beside them. Of the Latin file of each weight a smaller one is cut with the letters of English, which
every page needs (by fontTools: `pip install fonttools brotli`). `static/vendor/MANIFEST.json`
says of every file which package and version it comes from, its SHA-256 and its licence. Run it with `make vendor` to
move to another version; a test compares the files with the manifest.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
MANIFEST = STATIC / "vendor" / "MANIFEST.json"
NPM_TIMEOUT_S = 120
ENGLISH = "U+20-7E,U+A0,U+B7,U+D7,U+2013,U+2014,U+2018,U+2019,U+201C,U+201D,U+2026"
"""As the unicode-range in static/css/fonts.css: what the cut has, the whole file need not be fetched for."""


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package: which version, under which licence, and which of its files go where in `static/`."""

    name: str
    version: str
    licence: str
    licence_file: str
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One vendored file as the manifest lists it; `file` and `licence_file` are relative to `static/`."""

    package: str
    version: str
    file: str
    sha256: str
    licence: str
    licence_file: str


def fontsource(name: str, version: str, weights: tuple[int, ...]) -> Package:
    """Return a typeface: upright Latin and extended Latin as woff2, in the given weights."""
    names = [f"{name}-{subset}-{weight}-normal.woff2" for weight in weights for subset in ("latin", "latin-ext")]
    return Package(
        name=f"@fontsource/{name}",
        version=version,
        licence="OFL-1.1",
        licence_file=f"fonts/{name}.LICENSE.txt",
        files={f"files/{file}": f"fonts/{file}" for file in names},
    )


PACKAGES = (
    Package(
        name="htmx.org",
        version="4.0.1",
        licence="0BSD",
        licence_file="vendor/htmx.LICENSE.txt",
        files={"dist/htmx.min.js": "vendor/htmx.min.js", "dist/ext/hx-sse.min.js": "vendor/hx-sse.min.js"},
    ),
    fontsource("atkinson-hyperlegible-next", "5.3.0", (400, 700)),
    fontsource("atkinson-hyperlegible-mono", "5.3.0", (400, 700)),
)


def main() -> int:
    """Fetch every package, write its files and the manifest; return 0, or 1 with a sentence on standard error."""
    npm = shutil.which("npm")
    if npm is None:
        print("make vendor needs npm, which comes with Node.js. Install Node.js and run it again.", file=sys.stderr)
        return 1
    entries: list[Entry] = []
    with tempfile.TemporaryDirectory(prefix="studylab-vendor-") as folder:
        for package in PACKAGES:
            print(f"Fetching {package.name} {package.version} ...", flush=True)
            try:
                entries += install(package, fetch(npm, package, Path(folder)))
            except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
                print(f"{package.name} {package.version} could not be fetched: {error}", file=sys.stderr)
                return 1
    listed = [asdict(entry) for entry in sorted(entries, key=lambda entry: entry.file)]
    MANIFEST.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    print(f"Wrote {len(entries)} files and {MANIFEST.relative_to(ROOT)}.")
    return 0


def fetch(npm: str, package: Package, folder: Path) -> Path:
    """Let npm fetch one package and return its archive."""
    place = folder / package.name.replace("/", "+")
    place.mkdir()
    command = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
    subprocess.run(
        command, cwd=place, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=NPM_TIMEOUT_S
    )
    (archive,) = place.glob("*.tgz")
    return archive


def install(package: Package, archive: Path) -> list[Entry]:
    """Copy the chosen files and the licence into `static/` and return an entry for each, licence included."""
    copies = {"LICENSE": package.licence_file, **package.files}
    entries: list[Entry] = []
    with tarfile.open(archive) as opened:
        for source, target in copies.items():
            content = read_member(opened, f"package/{source}")
            (STATIC / target).parent.mkdir(parents=True, exist_ok=True)
            (STATIC / target).write_bytes(content)
            written = [target, *([cut(STATIC / target)] if "-latin-" in target and "-ext-" not in target else [])]
            entries += [_entry(package, file) for file in written]
    return entries


def _entry(package: Package, file: str) -> Entry:
    digest = hashlib.sha256((STATIC / file).read_bytes()).hexdigest()
    return Entry(package.name, package.version, file, digest, package.licence, package.licence_file)


def cut(font: Path) -> str:
    """Write the letters of English of a font beside it, with its kerning and its tabular figures."""
    small = font.with_name(font.name.replace("-latin-", "-english-"))
    command = [sys.executable, "-m", "fontTools.subset", str(font), f"--unicodes={ENGLISH}", "--flavor=woff2"]
    command += ["--no-hinting", "--layout-features=kern,tnum", f"--output-file={small}"]
    subprocess.run(command, check=True, timeout=NPM_TIMEOUT_S)
    return small.relative_to(STATIC).as_posix()


def read_member(opened: tarfile.TarFile, name: str) -> bytes:
    """Return one file of an archive; raise `TarError` when it has none of that name."""
    try:
        member = opened.extractfile(name)
    except KeyError:
        member = None
    if member is None:
        raise tarfile.TarError(f"the package has no file {name.removeprefix('package/')}")
    return member.read()


if __name__ == "__main__":
    sys.exit(main())
