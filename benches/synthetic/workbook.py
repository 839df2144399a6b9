"""Writes the rows of a JSON file into a workbook with another library and prints the seconds.

python3 workbook.py xlsxwriter|openpyxl ROWS.json OUT.xlsx TEMPLATE.xlsx

Reading the rows is not counted. Exit code 3: the library is not installed.
"""

import json
import sys
import time


def xlsxwriter_rows(rows, out):
    import xlsxwriter

    start = time.perf_counter()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    sheet = book.add_worksheet("Open POA&M Items")
    wrap = book.add_format({"text_wrap": True, "valign": "top", "font_name": "Arial", "font_size": 10})
    for number, row in enumerate(rows, 9):
        for column, value in enumerate(row, 1):
            if value is not None:
                sheet.write_string(number, column, value, wrap)
    book.close()
    return time.perf_counter() - start


def openpyxl_rows(rows, out, template):
    import openpyxl

    start = time.perf_counter()
    book = openpyxl.load_workbook(template)
    sheet = book["Open POA&M Items"]
    for number, row in enumerate(rows, 10):
        for column, value in enumerate(row, 2):
            if value is not None:
                sheet.cell(number, column).value = value
    book.save(out)
    return time.perf_counter() - start


def main():
    library, source, out = sys.argv[1:4]
    with open(source, encoding="utf-8") as file:
        rows = json.load(file)
    try:
        if library == "xlsxwriter":
            seconds = xlsxwriter_rows(rows, out)
        else:
            seconds = openpyxl_rows(rows, out, sys.argv[4])
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(3)
    print(seconds)


main()
