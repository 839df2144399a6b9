"""Runs the views on the tables of `poam portfolio export` in DuckDB.

    pip install duckdb
    python3 query_duckdb.py TABLES                  prints every view
    python3 query_duckdb.py TABLES overdue_by_system --json
    python3 query_duckdb.py TABLES --sql "SELECT agency, count(*) FROM systems GROUP BY agency"

Tables of several exports, also of older versions, are read together: TABLES may be a pattern such as `exports/*`.
"""

import argparse
import json
import pathlib

import duckdb

TABLES = ["systems", "items", "milestones", "identifiers", "events", "triggers", "snapshots", "months"]
VIEWS = pathlib.Path(__file__).resolve().parent


def connect(folder):
    """Opens a database in memory with the tables and views."""
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    for table in TABLES:
        files = f"{folder}/events/*/*/*.parquet" if table == "events" else f"{folder}/{table}/*.parquet"
        files = files.replace("'", "''")
        database.execute(
            f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{files}', union_by_name = true, "
            f"hive_partitioning = {str(table == 'events').lower()})"
        )
    for path in sorted(VIEWS.glob("*.sql")):
        database.execute(path.read_text())
    return database


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", help="the folder of the export")
    parser.add_argument("views", nargs="*", help="the views to print; all without one")
    parser.add_argument("--sql", help="a query of your own")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    database = connect(arguments.tables)
    views = arguments.views or [path.stem for path in sorted(VIEWS.glob("*.sql"))]
    queries = {"query": arguments.sql} if arguments.sql else {view: f"SELECT * FROM {view}" for view in views}
    result = {}
    for name, query in queries.items():
        relation = database.sql(query)
        if not arguments.json:
            print(f"-- {name}")
            relation.show(max_rows=1000)
            continue
        columns = relation.columns
        result[name] = [dict(zip(columns, row)) for row in relation.fetchall()]
    if arguments.json:
        print(json.dumps(result, default=str, indent=1))


if __name__ == "__main__":
    main()
