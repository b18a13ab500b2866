#!/usr/bin/env python3
"""The table of faults, from the lines of JSON that the tests write.

    report.py RESULTS [--markdown FILE] [--json FILE]

A row for each figure of each fault: the number, what happens, what should come of it, what is
wanted, and the least, the median and the most of all runs. "Clean" are runs after which everything
was as before: nothing in the clear on the uplinks, no stale route, rule, table or descriptor, no
zombie, memory as before. Exit status: 0 if all runs passed, 1 if not.
"""
import argparse
import json
import pathlib
import statistics
import sys

HEADINGS = ("#", "Fault", "What should happen", "Figure", "Wanted", "Minimum", "Median", "Maximum",
            "Clean runs")
MEMORY_KIB = 2048  # as in trial.cpp


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def is_clean(run):
    found = run["invariants"]
    return (found["cleartext"] == found["stale"] == found["zombies"] == 0
            and found["memory_kib"] <= MEMORY_KIB)


def rows_of(runs):
    """An object for each figure, in the order of the faults' numbers."""
    rows = {}
    for run in sorted(runs, key=lambda each: (each["number"], each["fault"])):
        for name, figure in run["figures"].items():
            key = (run["number"], run["fault"], name)
            row = rows.setdefault(key, {
                "number": run["number"], "fault": run["fault"], "expected": run["expected"],
                "figure": name, "wanted": figure["wanted"], "unit": figure["unit"],
                "values": [], "clean": 0, "runs": 0})
            row["values"].append(figure["value"])
            row["clean"] += is_clean(run)
            row["runs"] += 1
    return list(rows.values())


def amount(value, unit):
    """Milliseconds beyond a second are seconds."""
    if unit == "ms":
        return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.0f} ms"
    return f"{value:.3g} {unit}".strip()


def table(rows):
    lines = ["| " + " | ".join(HEADINGS) + " |", "|" + "---|" * len(HEADINGS)]
    for row in rows:
        values, unit = row["values"], row["unit"]
        cells = [str(row["number"]), row["fault"], row["expected"], row["figure"],
                 "≤ " + amount(row["wanted"], unit) if row["wanted"] else amount(0, unit),
                 amount(min(values), unit), amount(statistics.median(values), unit),
                 amount(max(values), unit), f"{row['clean']} of {row['runs']}"]
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    runs = read(options.results)
    rows = rows_of(runs)
    text = table(rows)
    print(text)
    if options.markdown:
        options.markdown.write_text(text)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    failed = [run["test"] for run in runs if not run["passed"]]
    print(f"{len(runs) - len(failed)} runs passed, {len(failed)} failed")
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed or not runs else 0


if __name__ == "__main__":
    sys.exit(main())
