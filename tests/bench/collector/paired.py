# SPDX-License-Identifier: GPL-2.0-only
"""Statistics of paired runs.

Both sides of a pair run one right after the other, so a drift of the machine
falls on both: ratios are taken within a pair, before anything else.
"""
import math
import statistics

# Student's t, one-sided 95 %, by degrees of freedom.
T95 = {1: 6.314, 2: 2.920, 3: 2.353, 4: 2.132, 5: 2.015, 6: 1.943, 7: 1.895, 8: 1.860,
       9: 1.833, 10: 1.812, 11: 1.796, 12: 1.782, 13: 1.771, 14: 1.761, 15: 1.753,
       16: 1.746, 17: 1.740, 18: 1.734, 19: 1.729, 20: 1.725, 25: 1.708, 30: 1.697}


def median(values):
    return statistics.median(values)


def ratios(ones, others):
    """Of each pair."""
    if len(ones) != len(others):
        raise ValueError("%d runs can't be paired with %d" % (len(ones), len(others)))
    return [one / other for one, other in zip(ones, others)]


def median_ratio(ones, others):
    return median(ratios(ones, others))


def t95(freedom):
    """Student's t; of the next lower degree that is in the table, which is wider."""
    return T95[max(n for n in T95 if n <= freedom)]


def mean_ratio(values):
    """The geometric mean of ratios and its upper 95 % bound, by t on the logs.

    One ratio alone has no bound: infinity.
    """
    logs = [math.log(value) for value in values]
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return math.exp(mean), math.inf
    error = statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean + t95(len(logs) - 1) * error)
