#!/usr/bin/env python3
"""Writes the catalogs of this folder from published files.

    python3 templates/catalogs/make.py nist-800-53 NIST_SP-800-53_rev5_catalog.json > templates/catalogs/nist-800-53-rev5.txt
    python3 templates/catalogs/make.py nist-800-171-rev3 NIST_SP800-171_rev3_catalog.xml > templates/catalogs/nist-800-171-rev3.txt
    python3 templates/catalogs/make.py nist-csf NIST_CSF_v2.0_catalog.json > templates/catalogs/nist-csf-2.0.txt
    python3 templates/catalogs/make.py fedramp-ksi fedramp-consolidated-rules.json > templates/catalogs/fedramp-ksi.txt
    python3 templates/catalogs/make.py crosswalks fedramp-consolidated-rules.json > templates/catalogs/crosswalks.txt

The first three are OSCAL files of https://github.com/usnistgov/oscal-content. `crosswalks` reads the catalogs of this folder too.
`--read DAY` is the day that the head names; today without it.

A line is an id, its title, and for a withdrawn id the word `withdrawn` and the ids that took its place, between tabs. Lines that
begin with # are the head: name, source, licence, day.
"""

import argparse
import datetime
import json
import os
import re
import sys
import xml.etree.ElementTree as ET

OSCAL = "{http://csrc.nist.gov/ns/oscal/1.0}"
HERE = os.path.dirname(os.path.abspath(__file__))


def head(name, source, licence, read):
    for line in [name, f"source: {source}", f"licence: {licence}", f"read: {read}"]:
        print(f"# {line}")


def rows(found):
    """Prints rows sorted by id; successors that are themselves withdrawn are followed to their end."""
    by_id = {row[0]: row for row in found}
    if len(by_id) != len(found):
        sys.exit("an id stands twice")

    def end(id, seen):
        row = by_id.get(id)
        if row is None or not row[2]:
            return [id]
        return [last for next in row[3] if next not in seen for last in end(next, seen | {next})]

    for id, title, withdrawn, successors in sorted(found):
        if not withdrawn:
            print(f"{id}\t{title}")
            continue
        ends = []
        for successor in successors:
            ends += [last for last in end(successor, {id, successor}) if last not in ends]
        print("\t".join([id, title, "withdrawn", " ".join(ends)]).rstrip())


def control_id(id):
    """AC-2(1) of ac-2.1, and of a part of it: ac-2_smt.k."""
    family, dash, number = id.split("_")[0].partition("-")
    if not dash:
        return family.upper()
    number, _, enhancement = number.partition(".")
    return f"{family.upper()}-{int(number)}" + (f"({int(enhancement)})" if enhancement else "")


def takes_place(rel):
    """Returns whether a link leads to what took the place of a withdrawn id; NIST writes both - and _."""
    return rel.replace("_", "-") in ("incorporated-into", "moved-to", "addressed-by")


def controls(path, read):
    catalog = json.load(open(path))["catalog"]
    version, day = catalog["metadata"]["version"], catalog["metadata"]["last-modified"][:10]
    head(
        f"NIST SP 800-53 Revision 5, release {version} ({day}): controls and enhancements",
        f"NIST OSCAL catalog {version} of {day}, https://github.com/usnistgov/oscal-content",
        "work of the United States Government, public domain",
        read,
    )
    found = []

    def walk(controls, parent):
        for control in controls:
            states = [p["value"] for p in control.get("props", []) if p["name"] == "status"]
            links = control.get("links", [])
            to = [x["href"].lstrip("#") for x in links if takes_place(x["rel"])]
            title = control["title"] if parent is None else f"{parent} | {control['title']}"
            withdrawn = "withdrawn" in [state.lower() for state in states]
            found.append((control_id(control["id"]), title, withdrawn, [control_id(x) for x in to]))
            walk(control.get("controls", []), control["title"])

    for group in catalog["groups"]:
        walk(group["controls"], None)
    rows(found)


def xml_catalog(path, name, read):
    """Reads an OSCAL catalog in XML and prints its head."""
    root = ET.parse(path).getroot()
    version = root.find(f"{OSCAL}metadata/{OSCAL}last-modified").text[:10]
    head(
        name,
        f"NIST OSCAL catalog of {version}, https://github.com/usnistgov/oscal-content",
        "work of the United States Government, public domain",
        read,
    )
    return root


def requirements(path, read):
    root = xml_catalog(path, "NIST SP 800-171 Revision 3 (May 2024): requirements", read)
    found = []
    for control in root.iter(f"{OSCAL}control"):
        if control.get("class") != "requirement":
            continue
        id = control.get("id").removeprefix("SP_800_171_")
        withdrawn = any(p.get("name") == "status" for p in control.findall(f"{OSCAL}prop"))
        to = [
            link.get("href")
            for link in control.findall(f"{OSCAL}link")
            if takes_place(link.get("rel"))
        ]
        title = "" if withdrawn else control.find(f"{OSCAL}title").text
        found.append((id, title, withdrawn, to))
    rows(found)


def outcomes(path, read):
    """The CSF. A withdrawn category without links has the categories of its subcategories' successors."""
    catalog = json.load(open(path))["catalog"]
    version, day = catalog["metadata"]["version"], catalog["metadata"]["last-modified"][:10]
    head(
        "NIST Cybersecurity Framework 2.0: categories and subcategories",
        f"NIST OSCAL catalog {version} of {day}, https://github.com/usnistgov/oscal-content",
        "work of the United States Government, public domain",
        read,
    )
    found = []

    def entry(control, title):
        withdrawn = any(p["name"] == "status" and p["value"] == "withdrawn" for p in control.get("props", []))
        to = [x["href"].lstrip("#") for x in control.get("links", []) if takes_place(x["rel"])]
        return (control["id"], title, withdrawn, to)

    for function in catalog["groups"]:
        for category in function["controls"]:
            subs = [entry(sub, "") for sub in category.get("controls", [])]
            id, title, withdrawn, to = entry(category, category["title"])
            if withdrawn and not to:
                to = list(dict.fromkeys(next.split("-")[0] for sub in subs for next in sub[3]))
            found += [(id, title, withdrawn, to), *subs]
    rows(found)


def indicators(path, read):
    data = json.load(open(path))
    release = data["info"]["version"]
    head(
        f"FedRAMP Key Security Indicators, rules release {release}",
        f"https://github.com/FedRAMP/rules, fedramp-consolidated-rules.json, release {release}",
        "work of the United States Government, public domain",
        read,
    )
    rows([(id, one["name"], False, []) for theme in data["KSI"].values() for id, one in theme["indicators"].items()])


def catalog(name):
    lines = open(os.path.join(HERE, name), encoding="utf-8").read().splitlines()
    return [(line.split("\t") + ["", "", ""])[:4] for line in lines if not line.startswith("#")]


def crosswalks(path, read):
    data = json.load(open(path))
    release = data["info"]["version"]
    head("Published crosswalks: what one framework's id means in another", "named in the last column", "facts", read)
    print("# columns: framework, id, framework, id, source")
    cfr = "32 CFR 170.14(c)"
    for id, *_ in catalog("cmmc-2.0.txt"):
        level, number = re.fullmatch(r"[A-Z]{2}\.L(\d)-(.+)", id).groups()
        if level == "2":
            print(f"cmmc\t{id}\tnist-800-171\t{number}\t{cfr}")
        elif level == "3":
            print(f"cmmc\t{id}\tnist-800-172\t{number}\t{cfr}")
    third = {id: (status, to.split()) for id, _, status, to in catalog("nist-800-171-rev3.txt")}
    for id, *_ in catalog("nist-800-171-rev2.txt"):
        padded = ".".join(f"{int(part):02}" for part in id.split("."))
        status, to = third.get(padded, ("", []))
        for next in to if status else [padded] * (padded in third):
            print(f"nist-800-171\t{id}\tnist-800-171\t{next}\tNIST SP 800-171 Rev 3")
    for theme in data["KSI"].values():
        for id, one in sorted(theme["indicators"].items()):
            for control in one.get("controls", []):
                print(f"fedramp-ksi\t{id}\tnist-800-53\t{control_id(control)}\tFedRAMP rules {release}")


MAKERS = {
    "nist-800-53": controls,
    "nist-800-171-rev3": requirements,
    "nist-csf": outcomes,
    "fedramp-ksi": indicators,
    "crosswalks": crosswalks,
}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("catalog", choices=MAKERS)
    options.add_argument("file")
    options.add_argument("--read", default=datetime.date.today().isoformat())
    given = options.parse_args()
    MAKERS[given.catalog](given.file, given.read)


main()
