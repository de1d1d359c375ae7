#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""soak-report.py LOGS JSON: the parts of a soak as one table, and as JSON.

LOGS has suites.tsv, a line for each part, and the log of each. Of the scenarios
of QEMU each is a row of its own.
"""

import datetime
import json
import pathlib
import platform
import re
import sys

SCENARIO = re.compile(r"# (\S+): (passed|failed|killed after \d+ s) \((\d+) s\)")
# What a part says of itself: a time or a number comes first.
FIGURE = re.compile(r"# (\[ *[\d.]+ s\] .*|\d.*)")


def lines_of(logs, name):
    path = logs / f"{name}.log"
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def scenarios(lines):
    """Rows of the scenarios, each with the figures before its last line."""
    figures = []
    for line in lines:
        end = SCENARIO.match(line)
        if end:
            yield {"name": end[1], "passed": end[2] == "passed", "seconds": int(end[3]),
                   "figures": figures}
            figures = []
        elif FIGURE.match(line):
            figures.append(FIGURE.match(line)[1])


def rows(logs):
    for line in (logs / "suites.tsv").read_text().splitlines():
        name, passed, failed, skipped, seconds = line.split("\t")
        lines = lines_of(logs, name)
        found = list(scenarios(lines))
        yield from found
        if not found:
            yield {"name": name, "passed": failed == "0" and passed != "0",
                   "seconds": int(seconds), "points": int(passed), "skipped": int(skipped),
                   "figures": [FIGURE.match(text)[1] for text in lines if FIGURE.match(text)]}


def main():
    logs, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    report = {"date": datetime.date.today().isoformat(), "machine": platform.machine(),
              "parts": list(rows(logs))}
    target.write_text(json.dumps(report, indent=2) + "\n")
    for row in report["parts"]:
        print(f"{row['name']:24} {'passed' if row['passed'] else 'FAILED':8} {row['seconds']:6} s")
        for figure in row["figures"]:
            print(f"    {figure}")


if __name__ == "__main__":
    main()
