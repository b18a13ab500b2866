#!/usr/bin/env python3
"""The table of faults, from runs made up here."""
import unittest

import report


def run(seen, **others):
    return {"number": 5, "fault": "SIGSTOP of sshd", "expected": "a new session", "test": "Fault05",
            "passed": True,
            "figures": {"seen": {"value": seen, "wanted": 3000, "unit": "ms"},
                        "lost": {"value": 0, "wanted": 0, "unit": "packets"}},
            "invariants": {"cleartext": 0, "stale": 0, "zombies": 0, "memory_kib": 12}} | others


class Report(unittest.TestCase):
    def test_a_row_has_the_least_the_median_and_the_most(self):
        text = report.table(report.rows_of([run(900), run(3100.4), run(2000)]))
        self.assertIn("| 5 | SIGSTOP of sshd | a new session | seen | ≤ 3.00 s | 900 ms | 2.00 s "
                      "| 3.10 s | 3 of 3 |", text)
        self.assertIn("| lost | 0 packets | 0 packets | 0 packets | 0 packets | 3 of 3 |", text)

    def test_rows_are_in_the_order_of_the_numbers(self):
        rows = report.rows_of([run(1, number=30), run(1), run(1, number=12)])
        self.assertEqual([row["number"] for row in rows], [5, 5, 12, 12, 30, 30])

    def test_a_run_that_leaves_something_is_not_clean(self):
        for name in ("cleartext", "stale", "zombies"):
            found = run(1)
            found["invariants"][name] = 1
            self.assertFalse(report.is_clean(found), name)
        found = run(1)
        found["invariants"]["memory_kib"] = 4096
        self.assertFalse(report.is_clean(found))
        self.assertEqual(report.rows_of([run(1), found])[0]["clean"], 1)

    def test_a_pipe_in_a_name_does_not_break_the_table(self):
        lines = report.table(report.rows_of([run(1, fault="a | b")])).splitlines()
        self.assertEqual({line.count("|") for line in lines}, {len(report.HEADINGS) + 1})


if __name__ == "__main__":
    unittest.main()
