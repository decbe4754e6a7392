#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The statistics, the bounds and the tables, against what is known by hand."""
import math
import unittest

import bounds
import paired
import recorder
import table


class Paired(unittest.TestCase):
    def test_ratios_are_taken_within_a_pair(self):
        # the machine became twice as slow: the medians' ratio would be 1
        self.assertEqual(paired.median_ratio([1, 2, 4], [2, 4, 8]), 0.5)
        with self.assertRaises(ValueError):
            paired.ratios([1, 2], [1])

    def test_equal_ratios_have_no_spread(self):
        mean, upper = paired.mean_ratio([0.9, 0.9, 0.9])
        self.assertAlmostEqual(mean, 0.9)
        self.assertAlmostEqual(upper, 0.9)

    def test_bound_is_students(self):
        # logs -s, 0, s: their deviation is s, the bound t(2) * s / sqrt(3)
        mean, upper = paired.mean_ratio([math.exp(-0.1), 1, math.exp(0.1)])
        self.assertAlmostEqual(mean, 1)
        self.assertAlmostEqual(math.log(upper), 2.920 * 0.1 / math.sqrt(3))

    def test_one_pair_bounds_nothing(self):
        mean, upper = paired.mean_ratio([0.5])
        self.assertAlmostEqual(mean, 0.5)
        self.assertEqual(upper, math.inf)

    def test_between_two_degrees_the_wider_counts(self):
        self.assertEqual(paired.t95(24), paired.T95[20])
        self.assertEqual(paired.t95(1000), paired.T95[30])


class Bounds(unittest.TestCase):
    def judge(self, value, most=None, least=None):
        bound = bounds.Bound("what", "key", most=most, least=least)
        return bounds.judge(bound, {} if value is None else {"key": value})

    def test_verdicts(self):
        self.assertEqual(self.judge(0.12, most=0.12), "met")
        self.assertEqual(self.judge(0.15, most=0.12), "MISSED by 0.03 (25 %)")
        self.assertEqual(self.judge(20, least=20), "met")
        self.assertEqual(self.judge(10, least=20), "MISSED by 10 (50 %)")
        self.assertEqual(self.judge(7, most=0), "MISSED by 7")
        self.assertEqual(self.judge(None, most=1), "not measured")


class PerfStats(unittest.TestCase):
    TEXT = """
Aggregated stats:
          SAMPLE events:     315613  (93.8%)
    LOST_SAMPLES events:          3  ( 0.0%)
raw_syscalls:sys_enter stats:
          SAMPLE events:     300000
    LOST_SAMPLES events:       4654
raw_syscalls:sys_exit stats:
          SAMPLE events:      15613
    LOST_SAMPLES events:         10
dummy:HG stats:
    LOST_SAMPLES events:          1
"""

    def test_lost_are_samples_and_not_records(self):
        self.assertEqual(recorder.perf_stats(self.TEXT), (315613, 4664))


class Table(unittest.TestCase):
    def test_numbers_are_right_aligned(self):
        self.assertEqual(table.layout(["name", "n"], [["a", "1"], ["bcdef", "100"]]),
                         ["name     n", "a        1", "bcdef  100"])

    def test_three_digits_count(self):
        self.assertEqual([table.number(n) for n in (0.1234, 1.234, 12.34, 123.4, 12345, 0, None)],
                         ["0.123", "1.23", "12.3", "123", "12345", "0", "-"])


if __name__ == "__main__":
    unittest.main()
