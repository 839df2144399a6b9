#!/usr/bin/env python3
"""Writes `fedramp-2026.json` from FedRAMP's Consolidated Rules.

    python3 templates/rules/make.py RULES.json [STATEMENTS.json] --commit ID --read DAY > templates/rules/fedramp-2026.json

RULES.json is `fedramp-consolidated-rules.json` of https://github.com/FedRAMP/rules; `--commit` is the commit that it was
taken from. STATEMENTS.json is optional: a list of the statements of a later release, as published by evidentia-core (PyPI,
`us-federal/fedramp-frr-2026.json`), for the time in which only its statements can be had. Its statements and forces
replace those of RULES.json; time frames stay those of RULES.json, and it is an error where a statement names another one. A rule
has the release of RULES.json, and under `confirmed` the later one where that says the same; where it says something else, it has
the later one.

What is taken: the rules of VDR and VER, the report of CCM-OCR-AVL, and the days from which each ruleset binds.
"""

import argparse
import hashlib
import json
import re
import sys

WANTED = re.compile(r"^(VDR-|VER-|CCM-OCR-AVL$)")
VARIANT = re.compile(r"Class-([A-D]) variant \(upstream `varies_by_class`, verbatim; force ([A-Z ]+)\): (.*?)(?=\n\n|$)", re.S)
FORCE = re.compile(r"^Force: ([A-Z ]+)\.")
COLUMNS = ["irv_lev", "nirv_lev", "nlev"]

# Changes of later releases whose dataset was not at hand: from FedRAMP's own pull requests, or as quotations of third parties.
LATER = [
    {
        "release": "2026.09.13.02",
        "says": "CPO for Rev5: grace to 2027-07-01; CCM-OCR-AVL: if applicable, every 3 months as data",
        "read_as": "FedRAMP/rules pull request 28, merged 2026-09-13, read 2026-11-30",
    },
    {
        "release": "2026.10.05.01",
        "says": "VER-EVA-EPA: N0 is a rating; FedRAMP has no time frame for N0 and N1",
        "read_as": "third party; the statement itself is in 2026.10.13.01",
    },
    {
        "release": "2026.11.02.01",
        "says": "FRD-MAS, FRC-CLA, FRC-CCL and notification data of IEC; its part on VDR and VER was not read",
        "read_as": "third party",
    },
]


def within(rule):
    """The time frame of a rule or a variant."""
    if "timeframe_num" not in rule:
        return None
    return {"number": rule["timeframe_num"], "unit": rule["timeframe_type"]}


def stated(made):
    """Adds the time frame that only the statement names: `at least once every 3 months`."""
    found = re.search(r"every (\d+) (day|month)s?\b", made["statement"])
    if found:
        made["stated"] = {"number": int(found[1]), "unit": found[2] + "s"}


def variant(rule):
    """Force, statement and time frames of a rule or of its variant for a class."""
    made = {"force": rule["force"], "statement": rule["statement"]}
    if within(rule):
        made["within"] = within(rule)
    table = rule.get("pain_timeframes")
    if not table and not within(rule):
        stated(made)
    if table:
        # Rows by N-rating; columns: reachable and likely exploitable, only the latter, neither.
        made["reduce"] = {
            rating: [within(row.get(column) or {}) for column in COLUMNS]
            for rating, row in table.items()
            if any(within(row.get(column) or {}) for column in COLUMNS)
        }
    return made


# Members of a rule that stand elsewhere in our file, or only tell its history or its words.
TAKEN = {
    "name", "statement", "force", "timeframe_type", "timeframe_num", "pain_timeframes", "varies_by_class",
    "following_information", "following_information_bullets", "terms", "updated",
}


def applicability(ruleset, kind, subset):
    """To which types, paths, classes and parties the rules of a subset apply."""
    info = ruleset["info"]
    for place in [info, info.get(kind, {})]:
        if subset in place.get("subsets", {}):
            return place["subsets"][subset].get("applicability", {})
    return {}


def definitions(data):
    """The definitions about vulnerabilities."""
    made = {}
    for kind in data["FRD"]["data"].values():
        for name, one in kind.items():
            if one.get("tag") == "Vulnerability":
                made[name] = {"term": one["term"], "definition": one["definition"], "notes": one.get("notes", one.get("note", []))}
    return dict(sorted(made.items()))


def rules(data):
    """The wanted rules of the dataset."""
    made = {}
    for ruleset in data["FRR"].values():
        for kind, subsets in ruleset["data"].items():
            for subset_name, subset in subsets.items():
                for name, rule in subset.items():
                    if not WANTED.match(name):
                        continue
                    by_class = rule.get("varies_by_class")
                    classes = {"all": rule} if by_class is None else {c.upper(): v for c, v in by_class.items()}
                    made[name] = {
                        "name": rule["name"],
                        "applies": {"all": "all", "rev5": "Rev5", "20x": "20x"}[kind],
                        "release": data["info"]["version"],
                        "classes": {c: variant(v) for c, v in classes.items()},
                    }
                    bullets = rule.get("following_information_bullets") or rule.get("following_information")
                    if bullets:
                        made[name]["information"] = bullets
                    made[name]["applicability"] = applicability(ruleset, kind, subset_name)
                    made[name]["other"] = {k: v for k, v in rule.items() if k not in TAKEN}
    return made


def names(text, frame):
    """Returns whether a statement names a time frame: `14 days`, `every month`, `monthly`, `once per day`."""
    number, unit = frame["number"], frame["unit"].rstrip("s")
    word = {"day": "daily", "month": "monthly", "week": "weekly"}.get(unit, unit)
    return re.search(rf"\b{number} {unit}" if number != 1 else rf"\b({unit}|{word}|1 {unit})", text) is not None


def said(rule):
    """What a rule says: force and statement by class, and its list."""
    classes = {c: (v.get("force"), v.get("statement", "").strip()) for c, v in rule["classes"].items()}
    return classes, rule.get("information", [])


def update(made, statements):
    """Puts the statements of a later release in place of the older ones."""
    release = statements["version"].split()[0]
    seen = set()
    for rule in statements["controls"]:
        name = rule["id"]
        if not WANTED.match(name):
            continue
        seen.add(name)
        found = dict((c, (force, text)) for c, force, text in VARIANT.findall(rule["guidance"]))
        found = found or {"all": (FORCE.match(rule["guidance"]).group(1), rule["description"])}
        if name not in made:
            made[name] = {"name": rule["title"], "applies": "all", "release": release, "classes": {c: {} for c in found}}
        if set(found) != set(made[name]["classes"]):
            sys.exit(f"{name}: the classes of the statements are not those of the rules")
        before = said(made[name])
        for c, (force, text) in found.items():
            old = made[name]["classes"][c]
            frame = old.get("within")
            if frame and not names(text, frame):
                sys.exit(f"{name} ({c}): the statement does not name {frame['number']} {frame['unit']}: {text}")
            old["force"], old["statement"] = force, text
            old.pop("stated", None)
            if "within" not in old and "reduce" not in old:
                stated(old)
        listed = rule["guidance"].split("Required information (upstream `following_information`, verbatim):\n")
        if len(listed) == 2:
            made[name]["information"] = [line[2:] for line in listed[1].split("\n\n")[0].split("\n")]
        made[name]["confirmed" if said(made[name]) == before else "release"] = release
    for name in made:
        if name not in seen:
            print(f"{name}: not in the statements (a rule for FedRAMP or agencies?)", file=sys.stderr)


# Days that a release of LATER changed: ruleset, kind, name of the day, the day.
LATER_DAYS = [("CPO", "Rev5", "grace", "2027-07-01")]


def rulesets(data):
    """The days from which each ruleset binds."""
    made = []
    for name, ruleset in data["FRR"].items():
        info = ruleset["info"]
        affected = {who for subset in info.get("subsets", {}).values() for who in subset["applicability"]["affects"]}
        if "Providers" not in affected:
            continue
        kinds = {"all": info, "Rev5": info.get("rev5", {}), "20x": info.get("20x", {})}
        for kind, one in kinds.items():
            days = one.get("effective", {}).get("date")
            if not days:
                continue
            grace = days.get("grace", {})
            made.append(
                {
                    "id": name,
                    "name": info["name"],
                    "applies": kind,
                    "optional": days.get("optional_adoption"),
                    "obtain": days.get("obtain"),
                    "maintain": days.get("maintain"),
                    "grace": grace.get("default"),
                    "until_next_assessment": bool(grace.get("until_next_assessment")),
                    "is": one["effective"].get("is", ""),
                    "status": one["effective"].get("current_status", ""),
                }
            )
            for ruleset, kind_of, name_of, day in LATER_DAYS:
                if (ruleset, kind_of) == (name, kind):
                    made[-1][name_of] = day
    return made


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rules")
    options.add_argument("statements", nargs="?")
    options.add_argument("--commit", required=True)
    options.add_argument("--read", required=True, help="the day on which the files were read")
    given = options.parse_args()
    data = json.load(open(given.rules))
    made = rules(data)
    source = {
        "repository": "https://github.com/FedRAMP/rules",
        "file": "fedramp-consolidated-rules.json",
        "release": data["info"]["version"],
        "commit": given.commit,
        "sha256": digest(given.rules),
        "read": given.read,
    }
    if given.statements:
        statements = json.load(open(given.statements))
        update(made, statements)
        source["statements"] = {
            "release": statements["version"].split()[0],
            "commit": statements["source"].split("@ ")[1].split()[0],
            "through": "evidentia-core (PyPI), us-federal/fedramp-frr-2026.json",
            "sha256": digest(given.statements),
        }
    source["later"] = LATER
    file = {"title": "FedRAMP VDR and VER: rules, force and time frames", "source": source}
    file["rulesets"] = rulesets(data)
    file["rules"] = dict(sorted(made.items()))
    file["definitions"] = definitions(data)
    json.dump(file, sys.stdout, indent=1, ensure_ascii=False)
    print()


main()
