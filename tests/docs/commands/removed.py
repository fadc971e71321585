#!/usr/bin/env python3
"""Follows docs/make-it-yours.md in a copy of the project: removes a route, adds a resource of its own, and has all tests pass."""
from copied import Copy


def main():
    copy = Copy("removed", "docs/make-it-yours.md")
    copy.run("rm -rf .git && git init --quiet && git config user.name Ada && git config user.email ada@example.com")
    for command in copy.blocks("git add |cargo xtask remove"):
        copy.run(command)
    copy.run("cargo xtask openapi --check")
    copy.run("cargo xtask new --resource things")
    copy.run("cargo xtask openapi")
    # The new operations have new rows in the table of costs.
    copy.run("make test", UPDATE_DOCS="1")
    print("without a route, and with a resource of its own, the project passes its tests")


if __name__ == "__main__":
    main()
