"""A real file system that a test can fill: a private mount of a few megabytes in memory."""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.server import REPOSITORY

CHUNK = bytes(65_536)


@dataclass(frozen=True)
class Disk:
    """The disk is mounted at `folder`. If it could only be mounted in a namespace, programs that require the
    plain path, `inside`, must be started by `python`, which enters the namespace first."""

    folder: Path
    inside: Path
    python: Path | None = None

    def fill(self) -> None:
        """Fill the disk completely."""
        with (self.folder / "ballast").open("ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(CHUNK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Undo `fill`."""
        (self.folder / "ballast").unlink()


@contextmanager
def small_disk(megabytes: int) -> Iterator[Disk]:
    """Mount a disk of that size, and unmount it afterwards. Skips the test if mounting is not permitted."""
    if not shutil.which("nsenter"):
        pytest.skip("a small disk needs Linux with util-linux")
    with tempfile.TemporaryDirectory(prefix="pamps-disk-") as folder:
        place = Path(folder) / "disk"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "pamps-test", str(place)]
        if os.geteuid():
            with _mounted_in_a_namespace(command, place) as disk:
                yield disk
            return
        place.parent.chmod(0o755)  # PostgreSQL runs as another user
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("root may not mount a small disk here")
        try:
            yield Disk(place, place)
        finally:
            subprocess.run(["umount", str(place)], check=True)


@contextmanager
def _mounted_in_a_namespace(mount: list[str], place: Path) -> Iterator[Disk]:
    """Mount without root, which most systems allow in a user namespace. It ends with its last process."""
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", '"$@" && echo && read _', "sh"]
    with subprocess.Popen([*command, *mount], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        if not holder.stdout.readline():
            pytest.skip("nobody but root may mount a small disk here")
        python = place.parent / "python"
        enter = f"nsenter --target={holder.pid} --user --mount --preserve-credentials"
        # Entering it loses the working directory.
        python.write_text(f'#!/bin/sh\nexec {enter} env --chdir="{REPOSITORY}" "{sys.executable}" "$@"\n')
        python.chmod(0o700)
        yield Disk(Path(f"/proc/{holder.pid}/root{place}"), place, python)
