"""Runs the views on the tables of `poam portfolio export` in Apache Spark.

    pip install pyspark                              (and a Java runtime)
    python3 query_spark.py TABLES                   prints every view
    python3 query_spark.py TABLES overdue_by_system --json
    spark-submit query_spark.py s3a://bucket/tables --master yarn

Dates and instants are those of UTC. Tables of several exports, also of older versions, are read together: TABLES may
be a pattern such as `exports/*`.
"""

import argparse
import json
import pathlib

from pyspark.sql import SparkSession

TABLES = ["systems", "items", "milestones", "identifiers", "events", "triggers", "snapshots", "months"]
VIEWS = pathlib.Path(__file__).resolve().parent


def connect(folder, master):
    """Starts Spark with the tables and views."""
    builder = SparkSession.builder.appName("poam portfolio").config("spark.sql.session.timeZone", "UTC")
    builder = builder.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "8")
    spark = (builder.master(master) if master else builder).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    for table in TABLES:
        reader = spark.read.option("mergeSchema", "true")
        # Months are in the names of the folders; those of several exports are below several roots.
        if table == "events" and "*" not in folder:
            frame = reader.parquet(f"{folder}/events")
        elif table == "events":
            frame = reader.parquet(f"{folder}/events/*/*")
        else:
            frame = reader.parquet(f"{folder}/{table}")
        frame.createOrReplaceTempView(table)
    for path in sorted(VIEWS.glob("*.sql")):
        spark.sql(path.read_text().rstrip().rstrip(";"))
    return spark


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", help="the folder of the export")
    parser.add_argument("views", nargs="*", help="the views to print; all without one")
    parser.add_argument("--master", default="local[2]", help="where Spark runs; empty for what spark-submit says")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    spark = connect(arguments.tables, arguments.master)
    views = arguments.views or [path.stem for path in sorted(VIEWS.glob("*.sql"))]
    result = {}
    for view in views:
        frame = spark.sql(f"SELECT * FROM {view}")
        if not arguments.json:
            print(f"-- {view}")
            frame.show(1000, truncate=False)
            continue
        result[view] = [row.asDict() for row in frame.collect()]
    if arguments.json:
        print(json.dumps(result, default=str, indent=1))
    spark.stop()


if __name__ == "__main__":
    main()
