#!/usr/bin/env python3
"""Print figures of how readable the Rust code of this repository is.

Usage: python3 benches/code_figures.py [FOLDER ...]     (default: the folder above this script)

Give clones of other projects as further folders to compare: the last two columns are then the median of
those and whether the first folder is at least as good. Counts leave out comments and test modules, except
the rows about comments. Not part of the checks: a person reads it.
"""

import re
import statistics
import sys
from collections import Counter
from pathlib import Path

METAPHORS = re.compile(
    r"\b(told|tells?|said|says?|stands?|anew|hands?|lends?|lent|whole|kept|keeps|lands?|landed|"
    r"mouth|ears?|seals?|sealed|rooms?|doors?|whoever|whom)\b"
)
BAD_OPENERS = re.compile(r"^(What|Whether|Who|Whom|Whose|Why|How|The same)\b")
VERB = re.compile(r"^[A-Z][a-z]+(s|es)\b")


def sources(root: Path):
    """Yield the Rust files of a project that are no tests, benches, examples or vendored code."""
    skipped = {"target", "tests", "benches", "vendor", "examples", "fuzz", ".git"}
    for path in sorted(root.rglob("*.rs")):
        parts = set(path.relative_to(root).parts[:-1])
        if not parts & skipped and path.name not in ("tests.rs", "build.rs"):
            yield path


def without_tests(text: str) -> str:
    return re.split(r"#\[cfg\(test\)\]\s*\n\s*mod \w+ \{", text)[0]


def code_lines(text: str):
    return [line for line in text.splitlines() if line.strip() and not line.strip().startswith("//")]


def function_lengths(text: str):
    """Yield the number of lines of each function, by the indentation of its closing brace."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        match = re.match(r"^(\s*)(pub(\([^)]*\))? )?(const )?(async )?fn \w+", line)
        if not match:
            continue
        for end in range(at, len(lines)):
            if lines[end].startswith(match.group(1) + "}") or (end == at and line.rstrip().endswith("}")):
                yield end - at + 1
                break
            if lines[end].rstrip().endswith(";") and end - at < 8 and "{" not in "".join(lines[at:end + 1]):
                break


def words_of(name: str) -> int:
    if "_" in name:
        return len([part for part in name.split("_") if part])
    return len(re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|^[a-z0-9]+", name))


def figures(root: Path):
    files = list(sources(root))
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    bare = [without_tests(text) for text in texts]
    lengths = sorted(text.count("\n") for text in texts)
    code = [line for text in bare for line in code_lines(text)]
    joined = "\n".join(code)
    hundred = max(len(code), 1) / 100
    functions = [length for text in bare for length in function_lengths(text)]
    types = re.findall(r"^\s*(?:pub(?:\([^)]*\))? )?(?:struct|enum|trait|union) ([A-Z]\w*)", joined, re.M)
    names = re.findall(r"\bfn ([a-z_]\w*)", joined)
    count = Counter(types)
    closures = re.findall(r"(?:[(,=]|return|move)\s*\|[^|\n]*\|", joined)
    bound = re.findall(r"let (?:mut )?\w+(?::[^=]+)? =\s*(?:move )?\|", joined)
    adapters = re.findall(
        r"\.(map|filter|filter_map|flat_map|and_then|map_or|map_or_else|is_some_and|is_none_or|"
        r"unwrap_or_else|or_else|zip|fold|scan|take_while|skip_while|then|then_some|inspect|chain)\(", joined)
    comments = [line.strip().lstrip("/!").strip() for text in bare for line in text.splitlines()
                if line.strip().startswith("//")]
    words = re.findall(r"[A-Za-z']+", " ".join(comments))
    docs = []
    for text in bare:
        for block in re.finditer(r"((?:^[ \t]*///.*\n)+)((?:^[ \t]*#\[.*\n)*)^[ \t]*(?:pub(?:\([^)]*\))? )?(?:const )?(?:async )?fn ", text, re.M):
            docs.append(block.group(1).strip().splitlines()[0].strip().lstrip("/").strip())
    headed = sum(bool(re.search(r"^//!", text, re.M)) for text in texts)
    documented = sum(line.strip().startswith("//") for text in bare for line in text.splitlines())
    return {
        "functions over 100 lines, %": percent(sum(n > 100 for n in functions), len(functions)),
        "files over 600 lines, %": percent(sum(n > 600 for n in lengths), len(lengths)),
        "median file, lines": lengths[len(lengths) // 2],
        "longest file, lines": lengths[-1],
        "type names of one word, %": percent(sum(words_of(n) == 1 for n in types), len(types)),
        "type definitions that share their name, %": percent(sum(count[n] > 1 for n in types), len(types)),
        "function names of one word, %": percent(sum(words_of(n) == 1 for n in names), len(names)),
        "closures per 100 code lines": len(closures) / hundred,
        "closures bound with `let`, per 1000 code lines": 10 * len(bound) / hundred,
        "iterator/option adapters per 100 code lines": len(adapters) / hundred,
        "metaphors per 1000 comment words": 1000 * len(METAPHORS.findall(" ".join(comments))) / max(len(words), 1),
        "function docs that begin with What/Who/The same, %": percent(sum(bool(BAD_OPENERS.match(d)) for d in docs), len(docs)),
        "function docs that begin with a verb, %": percent(sum(bool(VERB.match(d)) for d in docs), len(docs)),
        "functions named `of`": names.count("of"),
        "files with a `//!` header, %": percent(headed, len(files)),
        "comment lines per 100 code lines": documented / hundred,
        "lines of Rust": sum(lengths),
    }


# Rows in which more is better, and rows that describe and are not judged.
MORE = {"function docs that begin with a verb, %", "files with a `//!` header, %"}
DESCRIPTION = {"comment lines per 100 code lines", "lines of Rust"}


def percent(part: int, whole: int) -> float:
    return 100 * part / max(whole, 1)


def main():
    roots = [Path(arg).resolve() for arg in sys.argv[1:]] or [Path(__file__).resolve().parent.parent]
    table = [figures(root) for root in roots]
    width = max(len(row) for row in table[0])
    models = table[1:]
    print(" " * width, *(f"{root.name[:12]:>12}" for root in roots), *(["      median  as good"] if models else []))
    for row in table[0]:
        shown = [f"{column[row]:>12.1f}" if isinstance(column[row], float) else f"{column[row]:>12}" for column in table]
        if models and row not in DESCRIPTION:
            median = statistics.median(column[row] for column in models)
            ours = round(table[0][row], 1)
            good = ours >= round(median, 1) if row in MORE else ours <= round(median, 1)
            shown.append(f"{median:>12.1f}  {'yes' if good else 'no'}")
        print(f"{row:<{width}}", *shown)


main()
