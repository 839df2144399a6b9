"""Measures `poam portfolio export`: many made-up systems, written once, then again after few of them changed.

    python3 benches/portfolio.py PROGRAM FOLDER [--systems 100] [--items 100] [--events 10] [--changed 1]

PROGRAM is `poam` (a release build), FOLDER a place for the systems; they are made once. Each item is created by the first
commit, and moved so often that it has EVENTS events in the end; a commit touches a tenth of the items. Printed are seconds,
peak memory, and the ratios of design: the second export against the first. With the Python module `duckdb` the slowest view
is timed, too. All times are of one machine in one run.
"""

import argparse
import datetime
import pathlib
import resource
import shutil
import subprocess
import sys
import time

TODAY = "2026-11-30"
START = datetime.date(2025, 1, 1)
SETTINGS = "version: 1\nsystem: {name: Bench}\n"


def item(number, moves):
    due = START + datetime.timedelta(days=60 + 7 * moves)
    risk = ["low", "moderate", "high"][number % 3]
    return (
        f"id: V-{number:05}\nweakness_name: Weakness {number % 97} of a component\n"
        f"weakness_description: Found by the scanner on several hosts; the vendor has a fix.\n"
        f"controls: [SI-2]\ncves: [CVE-2025-{1000 + number % 500}]\nassets: [host-{number % 50}]\n"
        f"point_of_contact: {{name: Person {number % 20}}}\noriginal_detection_date: {START}\n"
        f"scheduled_completion_date: {due}\noriginal_risk_rating: {risk}\nstatus: in-progress\n"
        f"milestones:\n  - {{id: 1, description: Patch and scan again, due: {due}}}\n"
    )


def path_of(number):
    return f"items/{number // 100:03}/V-{number:05}.yaml"


def make(folder, items, events):
    """Makes one system with git fast-import: a tenth of the items move in each commit."""
    folder.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    out = []
    when = int(datetime.datetime(2025, 1, 2, tzinfo=datetime.timezone.utc).timestamp())

    def commit(files, step):
        stamp = when + step * 86400 // 2
        out.append(f"commit refs/heads/main\nauthor Ann <ann@example.com> {stamp} +0000\n")
        out.append(f"committer Ann <ann@example.com> {stamp} +0000\ndata 14\nVendor is late\n")
        for path, text in files:
            out.append(f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n")

    commit([("poam.yaml", SETTINGS)] + [(path_of(n), item(n, 0)) for n in range(items)], 0)
    step = 0
    # A move is two events: the schedule and the milestone.
    for move in range(1, max(1, (events - 1) // 2) + 1):
        for tenth in range(10):
            step += 1
            commit([(path_of(n), item(n, move)) for n in range(tenth, items, 10)], step)
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input="".join(out).encode(), check=True)


def change(folder, items, round_):
    """Adds a commit that moves one item."""
    text = item(0, 30 + round_)
    stamp = int(datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc).timestamp()) + round_
    stream = (
        f"commit refs/heads/main\ncommitter Ann <ann@example.com> {stamp} +0000\ndata 5\nmove\n"
        f"from refs/heads/main^0\nM 100644 inline {path_of(0)}\ndata {len(text.encode())}\n{text}\n"
    )
    subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input=stream.encode(), check=True)


def run(words):
    """Returns seconds and peak megabytes of a command."""
    script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    begin = time.monotonic()
    output = subprocess.run([sys.executable, "-c", script, *words], check=True, capture_output=True, text=True).stdout
    return time.monotonic() - begin, int(output.split()[-1]) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--systems", type=int, default=100)
    parser.add_argument("--items", type=int, default=100)
    parser.add_argument("--events", type=int, default=10)
    parser.add_argument("--changed", type=int, default=1)
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.folder).resolve()
    program = str(pathlib.Path(arguments.program).resolve())
    name = f"{arguments.systems}x{arguments.items}x{arguments.events}"
    work = folder / name
    systems = work / "systems"
    if not systems.exists():
        making = work / "making"
        shutil.rmtree(making, ignore_errors=True)
        make(making / "s0000", arguments.items, arguments.events)
        for number in range(1, arguments.systems):
            shutil.copytree(making / "s0000", making / f"s{number:04}")
        making.rename(systems)
    lines = [f"- {{name: S{n:04}, path: systems/s{n:04}, tags: {{agency: A{n % 12}}}}}\n" for n in range(arguments.systems)]
    (work / "portfolio.yaml").write_text("version: 1\nsystems:\n" + "".join(lines))
    tables = work / "tables"
    shutil.rmtree(tables, ignore_errors=True)
    export = [program, "-C", str(work), "--today", TODAY, "--quiet", "portfolio", "export", "-o", "tables"]
    first, memory = run(export)
    again, _ = run(export)
    for number in range(arguments.changed):
        change(systems / f"s{number:04}", arguments.items, int(time.time()) % 100_000)
    second, second_memory = run(export)
    bytes_ = sum(path.stat().st_size for path in tables.rglob("*.parquet"))
    print(f"{name}: {arguments.systems * arguments.items} items, {bytes_ / 1e6:.1f} MB of tables")
    print(f"  first export      {first:7.2f} s   {memory:5.0f} MB")
    print(f"  nothing changed   {again:7.2f} s   {100 * again / first:5.1f} % of the first")
    print(f"  {arguments.changed} changed         {second:7.2f} s   {100 * second / first:5.1f} % of the first   {second_memory:5.0f} MB")
    try:
        import duckdb  # noqa: F401
    except ImportError:
        print("  no DuckDB here: views are not timed")
        return
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "templates" / "portfolio"))
    import query_duckdb

    database = query_duckdb.connect(tables)
    times = []
    for path in sorted(query_duckdb.VIEWS.glob("*.sql")):
        begin = time.monotonic()
        rows = len(database.sql(f"SELECT * FROM {path.stem}").fetchall())
        times.append((time.monotonic() - begin, path.stem, rows))
    slowest = max(times)
    print(f"  slowest view      {slowest[0]:7.2f} s   {slowest[1]} ({slowest[2]} rows); all views {sum(t for t, _, _ in times):.2f} s")


if __name__ == "__main__":
    main()
