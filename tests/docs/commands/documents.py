"""The commands that the documents show."""
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# A code span that begins with one of these is a command, with or without variables before it.
PROGRAMS = (
    "aws", "bash", "cargo", "cfn-lint", "curl", "docker", "git", "local", "make", "node", "npm", "npx", "openssl",
    "pip", "pip3", "python", "python3", "rustup", "sam", "scripts/", "stripe", "target/debug/", "xtask",
)  # fmt: skip
ASSIGNMENT = r"[A-Z_]+=(?:\"[^\"]*\"|'[^']*'|\$\([^)]*\)|\S)* "
# A program's name without an argument is a name.
COMMAND = re.compile(rf"(?:{ASSIGNMENT})*(?:{'|'.join(map(re.escape, PROGRAMS))})(?:(?<=/)\S+)? \S")


@dataclass(frozen=True)
class Command:
    """A block of code, or a command in a sentence."""

    file: str
    line: int
    text: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.text.strip().splitlines()[0]}"


def documents():
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(path):
    """Yields each fenced block for a shell."""
    text = path.read_text(encoding="utf-8")
    for match in re.finditer(r"^( *)```(\w*)\n(.*?)^\1```$", text, re.M | re.S):
        if match[2] in ("sh", "bash", "console", "shell"):
            line = text.count("\n", 0, match.start()) + 2
            yield Command(path.relative_to(ROOT).as_posix(), line, textwrap.dedent(match[3]))


def spans(path):
    """Yields each code span that is a command; a span can continue in the next line."""
    text = path.read_text(encoding="utf-8")
    # Blocks become blank lines, so that the line numbers stay.
    text = re.sub(r"^( *)```.*?^\1```$", lambda block: "\n" * block[0].count("\n"), text, flags=re.M | re.S)
    for match in re.finditer(r"(?<!`)`([^`]+)`(?!`)", text):
        span = " ".join(match[1].split())
        if COMMAND.match(span):
            yield Command(path.relative_to(ROOT).as_posix(), text.count("\n", 0, match.start()) + 1, span)


def makefile_help():
    """Yields a command for each target of the Makefile, and for each value of a variable in its line of help."""
    for number, line in enumerate((ROOT / "Makefile").read_text(encoding="utf-8").splitlines(), 1):
        if match := re.match(r"([a-z-]+):.*?## (.*)$", line):
            yield Command("Makefile", number, f"make {match[1]}")
            for value in re.findall(r"\b[A-Z_]+=(?:\"[^\"]*\"|[^\s,]+)", match[2]):
                yield Command("Makefile", number, f"make {match[1]} {value}")
