#!/usr/bin/env python3
"""Follows docs/make-it-yours.md in a copy of the project, and has all tests of the copy pass.

`strip` leaves accounts alone. `remove` takes away one route; docs/adding-a-route.md is then followed in the same copy, and a
resource is added that is below no other.
"""
import sys

from copied import Copy


def main():
    command = sys.argv[1]
    copy = Copy(f"make-it-yours-{command}")
    copy.run("rm -rf .git && git init --quiet && git config user.name Ada && git config user.email ada@example.com")
    for line in copy.blocks("docs/make-it-yours.md", f"git add |cargo xtask {command}"):
        copy.run(line)
    copy.run("cargo xtask openapi --check")
    updates = {}
    if command == "remove":
        for line in copy.blocks("docs/adding-a-route.md", "cargo xtask new ") + ["cargo xtask new --resource things"]:
            copy.run(line)
        copy.run("cargo xtask openapi")
        # The new operations have new rows in the table of costs.
        updates = {"UPDATE_DOCS": "1"}
    copy.run("make test", **updates)
    print(f"what `cargo xtask {command}` leaves passes its tests")


if __name__ == "__main__":
    main()
