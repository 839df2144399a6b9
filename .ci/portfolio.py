"""Compares the views of `.ci/portfolio` with what `poam summary --format json` says of each system.

    portfolio.py WORK RESULT.json     the views of one engine
    portfolio.py WORK types           types of the columns, and tables of an older version beside these
"""

import json
import pathlib
import sys

NAMES = {"alpha": "Alpha", "beta": 'Beta "quoted"', "gamma": "Gamma"}
RATINGS = ["critical", "high", "moderate", "low"]
BINS = {"0-30": "days_0_30", "31-60": "days_31_60", "61-90": "days_61_90", "91-120": "days_91_120", "121+": "days_121"}


def same(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: the view says {found}, poam summary {expected}")


def near(what, found, expected):
    if abs(found - expected) > 0.051:
        sys.exit(f"{what}: the view says {found}, poam summary {expected}")


def compare(views, summaries):
    for system, summary in summaries.items():
        def rows(view):
            return [row for row in views[view] if row["system"] == system]

        [overdue] = rows("overdue_by_system")
        totals = summary["totals"]
        same(f"{system}: open", overdue["open_items"], totals["open"])
        same(f"{system}: overdue", overdue["overdue_items"], totals["overdue"])
        same(f"{system}: status", overdue["system_status"], summary["system_status"])
        for risk in RATINGS:
            same(f"{system}: overdue {risk}", overdue[f"overdue_{risk}"], summary["by_risk"][risk]["overdue"])
        aging = {row["risk"]: row for row in rows("aging")}
        for line in summary["aging"]:
            for name, column in BINS.items():
                found = aging.get(line["risk"], {}).get(column, 0)
                same(f"{system}: aging {line['risk']} {name}", found, line["bins"][name])
        slips = {row["owner"]: row for row in rows("slips_by_owner")}
        same(f"{system}: owners with slips", set(slips), {line["owner"] for line in summary["slips"]["by_owner"]})
        for line in summary["slips"]["by_owner"]:
            row = slips[line["owner"]]
            same(f"{system}: slips of {line['owner']}", row["slips"], line["count"])
            near(f"{system}: mean slip of {line['owner']}", row["mean_days"], line["mean_days"])
            same(f"{system}: worst slip of {line['owner']}", row["worst_days"], line["worst_days"])
        triggers = {row["trigger_id"]: row["counted"] for row in rows("escalations")}
        same(f"{system}: triggers", triggers, {one["trigger"]: one["count"] for one in summary["escalations"]})
        closed = {row["risk"]: row for row in rows("time_to_remediate")}
        same(f"{system}: ratings of closed items", set(closed), {line["risk"] for line in summary["time_to_close"]})
        for line in summary["time_to_close"]:
            row = closed[line["risk"]]
            same(f"{system}: closed {line['risk']}", row["closed_items"], line["closed"])
            near(f"{system}: mean days {line['risk']}", row["mean_days"], line["mean_days"])
            near(f"{system}: median days {line['risk']}", row["median_days"], line["median_days"])
            same(f"{system}: longest {line['risk']}", row["longest_days"], line["longest_days"])
        if system == "Gamma" and not triggers:
            sys.exit("Gamma has old items, and no trigger is realized")
        accepted = sum(row["accepted_items"] + row["deferred_items"] for row in rows("acceptance_debt"))
        decided = summary["by_status"].get("risk-accepted", 0) + summary["by_status"].get("deferred", 0)
        same(f"{system}: accepted and deferred", accepted, decided)
    months = {str(row["month_start"])[:7]: row for row in views["month_over_month"]}
    for month in {line["month"] for summary in summaries.values() for line in summary["trend"]}:
        for field, column in [("open", "open_items"), ("opened", "opened"), ("closed", "closed"), ("rescheduled", "rescheduled")]:
            known = [line[field] for summary in summaries.values() for line in summary["trend"] if line["month"] == month]
            same(f"{month}: {field}", months[month][column], sum(known))
    agencies = {row["agency"]: row for row in views["overdue_by_agency"]}
    same("agencies", set(agencies), {"Agency One", "Agency Two"})
    two = [summaries["Alpha"], summaries['Beta "quoted"']]
    same("overdue of an agency", agencies["Agency One"]["overdue_items"], sum(one["totals"]["overdue"] for one in two))
    same("systems of an agency", agencies["Agency One"]["systems"], 2)
    if not any(row["systems"] == 2 and row["identifier_kind"] == "weakness" for row in views["shared_weaknesses"]):
        sys.exit("no weakness is shared, and Beta is a copy of Alpha")


def types(work):
    """Reads types by DuckDB, then the tables of an older version (without a column) together with these."""
    import duckdb

    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    described = database.sql(f"DESCRIBE SELECT * FROM '{work}/tables/events/*/*/*.parquet'").fetchall()
    events = {row[0]: row[1] for row in described}
    same("types of events", [events[name] for name in ("happened_at", "event_day", "co_actors", "slip", "sequence", "year")],
         ["TIMESTAMP WITH TIME ZONE", "DATE", "VARCHAR[]", "BOOLEAN", "BIGINT", "BIGINT"])
    older = work / "older" / "items"
    older.mkdir(parents=True, exist_ok=True)
    database.execute(f"COPY (SELECT * EXCLUDE (triggers, other_fields) FROM '{work}/tables/items/*.parquet') TO '{older}/items-0000.parquet' (FORMAT parquet, COMPRESSION gzip)")
    both = database.sql(
        f"SELECT count(*), count(other_fields) FROM read_parquet(['{work}/tables/items/items-0000.parquet', "
        f"'{older}/items-0000.parquet'], union_by_name = true)").fetchall()[0]
    [items] = database.sql(f"SELECT count(*) FROM '{work}/tables/items/*.parquet'").fetchall()[0]
    same("rows of two versions", (both[0], both[1] > 0), (2 * items, True))


def main():
    work = pathlib.Path(sys.argv[1])
    if sys.argv[2] == "types":
        return types(work)
    views = json.loads((work / sys.argv[2]).read_text())
    summaries = {name: json.loads((work / f"{file}.json").read_text()) for file, name in NAMES.items()}
    compare(views, summaries)


if __name__ == "__main__":
    main()
