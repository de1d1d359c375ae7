# SPDX-License-Identifier: GPL-2.0-only
"""What is expected of a measurement, and the program around it."""

import json
import sys

import parts
from machine import MachineError
from tap import Tap


def judge(result, bars):
    """bars: (name, group and key of the result, limit, smaller is better)"""
    judged = {}
    for name, (group, key), limit, smaller in bars:
        value = result[group][key]
        judged[name] = {"value": value, "limit": limit,
                        "reached": value <= limit if smaller else value >= limit}
    return judged


def print_bars(result):
    for name, bar in result["bars"].items():
        print(f"{'reached' if bar['reached'] else 'MISSED ':8} {name + ':':50} "
              f"{bar['value']:>6} (limit {bar['limit']})")


def run(args, measure, print_result):
    """Measures, prints, writes args.output. Return: 0 when every bar is reached"""
    tap = Tap(sys.stderr)
    try:
        parts.build()
        result = measure(args, tap)
    except (parts.MissingPart, MachineError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(json.dumps(result, indent=2) + "\n")
    print_result(result)
    print(f"\nAll figures: {args.output}")
    return 0 if all(bar["reached"] for bar in result["bars"].values()) else 1
