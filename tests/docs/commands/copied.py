"""A copy of the project in target/, in which documents are followed to the end.

The copy has a target directory of its own and stays, so that a second run compiles only what changed. Its dependencies are
those that the project compiled, if it did, by hard links.
"""
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import documents
from documents import ROOT

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()


class Copy:
    """The project's files in target/<name>, and what a reader of its documents types there."""

    def __init__(self, name):
        self.folder = TARGET / name
        self.built = self.folder / "target"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.copy()
        self.share_dependencies()

    def copy(self):
        """Copies the project's files. A file that is the same keeps its time, so that cargo does not compile it again."""
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
            capture_output=True,
        )  # fmt: skip
        files = {file for file in listed.stdout.decode().split("\0") if file and (ROOT / file).is_file()}
        for old in [path for path in self.folder.rglob("*") if self.is_copied(path)]:
            if old.is_file() and str(old.relative_to(self.folder)) not in files:
                old.unlink()
        for file in files:
            copied = self.folder / file
            copied.parent.mkdir(parents=True, exist_ok=True)
            if not copied.exists() or copied.read_bytes() != (ROOT / file).read_bytes():
                shutil.copy(ROOT / file, copied)
        # A folder without files is no function.
        folders = [path for path in self.folder.rglob("*") if path.is_dir() and self.is_copied(path)]
        for folder in sorted(folders, reverse=True):
            if not any(folder.iterdir()):
                folder.rmdir()

    def is_copied(self, path):
        own = {self.built, self.folder / ".git"}
        return path not in own and own.isdisjoint(path.parents)

    def share_dependencies(self):
        if not self.built.exists() and (TARGET / "debug/deps").exists():
            for folder in ["deps", "build"]:
                shutil.copytree(TARGET / "debug" / folder, self.built / "debug" / folder, copy_function=os.link)
            shutil.copytree(TARGET / "debug/.fingerprint", self.built / "debug/.fingerprint")

    def run(self, command, **environment):
        """Runs a command in the copy, and shows how long it took."""
        began = time.monotonic()
        variables = {**os.environ, "CARGO_TARGET_DIR": str(self.built), **environment}
        print(f"$ {command}", flush=True)
        result = subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n{command}"], cwd=self.folder, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=variables,
        )  # fmt: skip
        if result.returncode != 0:
            sys.exit(f"{result.stdout}\n{command}: exit code {result.returncode}")
        print(f"  {time.monotonic() - began:.0f} s", flush=True)
        return result.stdout

    def blocks(self, document, pattern):
        """Lines of a document's blocks that a reader types, and that match."""
        blocks = documents.blocks(ROOT / document)
        found = [line for block in blocks for line in block.text.splitlines() if re.match(pattern, line)]
        if not found:
            sys.exit(f"{document}: no command like {pattern}")
        return found
