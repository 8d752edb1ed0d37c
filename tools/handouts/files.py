"""Files that strangers handed in, in folders and zips alike: only regular ones are ever opened.

Nothing is unpacked to disk, so no path in a zip leads anywhere; what a zip unpacks to is limited.
"""

import io
import os
import stat
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_BYTES = 20 * 2**20  # of a notebook
MOST_IN_A_ZIP = 100 * 2**20  # bytes of a zip in a zip
MOST_ENTRIES = 20_000  # of a folder or a zip
DEEPEST = 12  # folders in folders, zips in zips
LEFT_OUT = {".ipynb_checkpoints", "__MACOSX", ".DS_Store", "Thumbs.db", ".git"}
KINDS = {
    stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip


class Unreadable(Exception):
    """A file that is not read; the message names it and says why."""


@dataclass
class Refused:
    """What is there and is never opened; the text says why."""

    name: str
    why: str


@dataclass
class File:
    """A regular file, on disk or in a zip: its name, and the seconds of its last change."""

    name: str
    changed: float
    source: Any  # a path, or a zip and the entry in it

    def read(self, most=MOST_BYTES):
        """Its bytes; raises Unreadable."""
        try:
            with self.open() as stream:
                content = stream.read(most + 1)
        except Unreadable:
            raise
        except Exception as error:  # a damaged zip has a dozen ways to fail
            reason = f"{type(error).__name__}: {error}"[:80]
            raise Unreadable(f"{self.name} cannot be read ({reason})") from error
        if len(content) > most:
            raise Unreadable(f"{self.name} is larger than {most // 2**20} MB")
        return content

    def open(self):
        """The file, open to be read."""
        if isinstance(self.source, Path):
            return open_regular(self.source)
        archive, entry = self.source
        return archive.open(entry)


@dataclass
class Folder:
    """A folder on disk, or a part of a zip that was listed."""

    name: str
    source: Any  # a path, or the list of what is in it
    depth: int = 0

    def entries(self):
        """What is in it, by name: File, Folder, Zip and Refused, without what systems leave."""
        if not isinstance(self.source, Path):
            return self.source
        if self.depth >= DEEPEST:
            return [Refused(self.name, "too deep a folder")]
        try:
            with os.scandir(self.source) as found:
                names = [(entry.name, entry.stat(follow_symlinks=False)) for entry in found]
        except OSError as why:
            return [Refused(self.name, f"a folder that cannot be listed, {why.strerror}")]
        return _sorted(self._entry(name, status) for name, status in names if _counts(name))

    def _entry(self, name, status):
        kind, path = stat.S_IFMT(status.st_mode), self.source / name
        if kind == stat.S_IFDIR:
            return Folder(name, path, self.depth + 1)
        if kind != stat.S_IFREG:
            return Refused(name, KINDS.get(kind, "no regular file"))
        return _file(File(name, status.st_mtime, path), self.depth + 1)


@dataclass
class Zip:
    """A zip, which is listed like a folder and never unpacked to disk."""

    file: File
    depth: int = 0

    @property
    def name(self):
        return self.file.name

    def entries(self):
        """What is in it, as Folder.entries; a zip that cannot be read is Refused."""
        if self.depth >= DEEPEST:
            return [Refused(self.name, "too deep a zip")]
        try:
            on_disk = isinstance(self.file.source, Path)
            stream = self.file.open() if on_disk else io.BytesIO(self.file.read(MOST_IN_A_ZIP))
            archive = zipfile.ZipFile(stream)
        except Unreadable as why:
            return [Refused(self.name, str(why))]
        except Exception as error:
            return [Refused(self.name, f"no zip that can be read ({type(error).__name__})")]
        return self._listed(archive)

    def _listed(self, archive):
        if len(archive.infolist()) > MOST_ENTRIES:
            return [Refused(self.name, f"a zip with more than {MOST_ENTRIES} entries")]
        top = {}
        for entry in archive.infolist():
            *folders, name = _name(entry).replace("\\", "/").rstrip("/").split("/")
            if ".." in (*folders, name) or not name or _name(entry)[:1] in "/\\":
                top[entry.filename] = Refused(entry.filename, "a path that leads out of its zip")
            elif len(folders) >= DEEPEST:
                top[entry.filename] = Refused(entry.filename, "too deep a folder")
            elif all(_counts(part) for part in (*folders, name)):
                level = top
                for part in folders:
                    level = level.setdefault((part, "folder"), {})
                if entry.is_dir():
                    level.setdefault((name, "folder"), {})
                else:
                    level[name] = _member(archive, entry, name, self.depth + 1)
        return _folders(top, self.depth + 1)


def _member(archive, entry, name, depth):
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return Refused(name, KINDS.get(kind, "no regular file"))
    if entry.flag_bits & 1:
        return Refused(name, "locked by a password")
    try:
        changed = time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        changed = 0.0
    return _file(File(name, changed, (archive, entry)), depth)


def _name(entry):
    """The name in a zip; without the mark for UTF-8 zipfile takes it for cp437, often wrongly."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _folders(level, depth):
    return _sorted(
        Folder(key[0], _folders(inner, depth), depth) if isinstance(inner, dict) else inner
        for key, inner in level.items()
    )


def _file(file, depth):
    return Zip(file, depth) if file.name.lower().endswith(".zip") else file


def _sorted(entries):
    return sorted(entries, key=lambda entry: entry.name)


def _counts(name):
    return name not in LEFT_OUT and not name.startswith("._")


def open_regular(path):
    """Open a file of somebody else's to be read; raises Unreadable for all but regular files.

    No link is followed, and a pipe without a writer does not make us wait.
    """
    flags = os.O_RDONLY | sum(getattr(os, f"O_{n}", 0) for n in ("NOFOLLOW", "NONBLOCK", "BINARY"))
    try:
        number = os.open(path, flags)
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be opened ({error.strerror})") from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise Unreadable(f"{path.name} is no regular file")
    return os.fdopen(number, "rb")


def tree(path):
    """What was handed in: the Folder, or the Zip, at a path that the teacher names."""
    path = Path(path).resolve()
    if path.is_dir():
        return Folder(path.name, path)
    return Zip(File(path.name, path.stat().st_mtime, path))
