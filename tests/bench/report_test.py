#!/usr/bin/env python3
"""The tables and the picture of the benchmark, from figures made up here."""
import unittest
import xml.dom.minidom

import plot
import report
from samples import Alone, Samples


def measured(forward, reverse):
    return Samples(forward=[forward, forward * 3, forward * 2], reverse=[reverse],
                   idle=[0.5, 0.1, 0.3], loaded=[float(ms) for ms in range(1, 201)],
                   processor={("forward", "home"): [2.0, 4.0, 3.0]}, to_first_ping=[0.2],
                   memory={"bridge at HOME": (1.5, 5.0)})


RAW = {"tunneld, libssh2": measured(1.5, 2.0), "ssh -w": measured(0.5, 0.4),
       "OpenVPN, UDP": Samples(failure="openvpn ended: no | such key"),
       "the bare path": measured(9.0, 8.0)}
ALONE = Alone(ssh_true=[0.3], libssh2={"send": [4.0], "receive": [4.0]})


class Report(unittest.TestCase):
    def test_a_row_has_exactly_the_agreed_keys(self):
        for row in report.rows_of(RAW):
            self.assertEqual(list(row), ["system", "forward_gbps", "reverse_gbps", "rtt_idle_ms",
                                         "rtt_loaded_p50_ms", "rtt_loaded_p99_ms"])

    def test_a_row_has_medians(self):
        self.assertEqual(report.rows_of(RAW)[0], {
            "system": "tunneld, libssh2", "forward_gbps": 3.0, "reverse_gbps": 2.0,
            "rtt_idle_ms": 0.3, "rtt_loaded_p50_ms": 100.5, "rtt_loaded_p99_ms": 199.0})

    def test_what_could_not_be_measured_is_null_and_says_why(self):
        rows = report.rows_of(RAW)
        self.assertEqual(set(list(rows[2].values())[1:]), {None})
        text = report.markdown(rows, RAW, ALONE, 3, 8)
        self.assertIn("| OpenVPN, UDP (failed: openvpn ended: no / such key) | – | – |", text)

    def test_ratios_are_to_those_that_were_measured(self):
        text = report.markdown(report.rows_of(RAW), RAW, ALONE, 3, 8)
        self.assertIn("| tunneld, libssh2 | 3.00 Gb/s | 2.00 Gb/s | 3.0, 5.0 | –, – |", text)

    def test_the_other_tables_have_what_was_measured(self):
        text = report.markdown(report.rows_of(RAW), RAW, ALONE, 3, 8)
        self.assertIn("| ssh -w | 3.00 s | – | – | – |", text)
        self.assertIn("| sending | 4.00 Gb/s | 3.00 Gb/s | 75 % |", text)
        self.assertIn("| `ssh host true` | 0.30 s |", text)
        self.assertIn("| bridge at HOME, ssh -w | 1.5 MiB | 5.0 MiB |", text)

    def test_the_picture_is_xml_with_a_bar_for_each_figure(self):
        picture = xml.dom.minidom.parseString(plot.svg(report.rows_of(RAW)))
        legend_and_paper = 5
        bars = picture.getElementsByTagName("rect")
        self.assertEqual(len(bars), legend_and_paper + 3 * 4)
        widths = [float(bar.getAttribute("width")) for bar in bars]
        self.assertEqual(widths.count(float(plot.PANEL)), 1)  # the longest, on the linear scale

    def test_a_picture_of_nothing_is_still_one(self):
        xml.dom.minidom.parseString(plot.svg(report.rows_of({"ssh -w": Samples(failure="no")})))


if __name__ == "__main__":
    unittest.main()
