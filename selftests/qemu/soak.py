#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""soak.py [ROUNDS]: restores one snapshot again and again, with the workload in it."""

import os
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import census  # noqa: E402
import parts  # noqa: E402
from bed import Bed  # noqa: E402
from tap import Tap  # noqa: E402


def soak(tap, rounds):
    with Bed(tap, "soak", cpus=4, gic=3) as bed:
        bed.boot_cold()
        bed.start_workload()
        bed.must_take()
        seconds, lives = [], []
        for number in range(1, rounds + 1):
            seconds.append(bed.restore())
            bed.restored_points(f"restore {number} of {rounds}")
            lives.append(census.parse(bed.machine.check(census.SCRIPT + "census")))
            (bed.folder / f"console-{bed.machine.starts - 1:02}.log").unlink(missing_ok=True)
        tap.note(f"first HTTP 200: median {statistics.median(seconds):.3f} s, "
                 f"{min(seconds):.3f} to {max(seconds):.3f} s")
        # Each life is one of the same memory: what is outside of it, devices and flash, could
        # make the last ones another thing.
        census.leak_points(tap, lives)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    parts.build()
    return Tap().run(soak, rounds)


if __name__ == "__main__":
    sys.exit(main())
