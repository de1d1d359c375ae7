#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares three ways to the same served page: cold boot, resume by mainline
hibernation, restore of a snapshot. Same Debian system, same kernel, same boot
loader, one run; median of several power-ons each.

Times count from power-on: from the moment the machine's CPUs start, which is
also where its counter starts. Reads of the counter (by the boot loader and the
module) and the clock of the host can so stand in one table. The start of the
emulator itself, which no real machine has, is measured as well, and told.
"""

import argparse
import os
import pathlib
import re
import shutil
import statistics
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bars  # noqa: E402
import flash  # noqa: E402
import parts  # noqa: E402
from bed import BOOT_S, RESTORE_S, Bed  # noqa: E402
from machine import MachineError  # noqa: E402

KINDS = ("cold", "hibernation", "snapshot")
MARKS = ("stub_entry_s", "jump_s", "devices_s", "thaw_s", "http_s")
SWAP_MIB = 600
SWAP_DEVICE = "/dev/vdc"

# What is expected, and how: name, value of the result, limit, smaller is better.
BARS = (
    ("restore is faster than a cold boot", ("ratios", "cold_to_snapshot"), 30, False),
    ("restore is faster than hibernation", ("ratios", "hibernation_to_snapshot"), 5, False),
    ("image, % of the bytes it holds", ("capture", "image_percent"), 45, True),
    ("freeze to thaw of a capture, ms for 64 MiB", ("capture", "frozen_ms_for_64_mib"), 300, True),
    ("boot loader, KiB", ("bootstub", "kib"), 96, True),
    ("scan for OS images, ms for 64 MiB", ("scan", "ms_for_64_mib"), 5, True),
    ("cold boot to init, % over QEMU's own loading", ("cold_overhead", "percent"), 10, True),
)


def timeline(bed):
    """Counter values of the machine's own timeline, in seconds."""
    return {entry["event"]: entry["ns"] / 1e9 for entry in bed.status()["boot"]["timeline"]}


def console_time(bed, pattern):
    found = bed.machine.console.find(pattern)
    return found[1] - bed.machine.power_on if found else None


def power_on(bed, timeout):
    """A power-on up to the first answer 200. Return: its marks, as far as seen from here"""
    machine = bed.machine
    (machine.power_cycle if machine.process else machine.start)(button=True)
    seconds, page = machine.wait_http(timeout)
    return {"http_s": seconds, "page": page, "emulator_s": machine.emulator_s}


def cold(bed):
    marks = power_on(bed, BOOT_S)
    bed.machine.agent(BOOT_S)
    marks["stub_entry_s"] = timeline(bed).get("stub-entry")
    # The boot loader's last line before it enters the kernel.
    marks["jump_s"] = console_time(bed, "^bootstub: os image ")
    return marks


def snapshot(bed):
    marks = power_on(bed, RESTORE_S)
    bed.machine.agent(RESTORE_S)
    line = timeline(bed)
    if "thaw" not in line:
        bed.machine.fail("the snapshot was not restored")
    bed.confirm_life()
    for mark, event in (("stub_entry_s", "stub-entry"), ("jump_s", "jump"),
                        ("devices_s", "devices"), ("thaw_s", "thaw")):
        marks[mark] = line[event]
    # Between these two the loader looks for OS images, and loads the snapshot's tables.
    marks["scan_s"] = line["tables"] - line["scanned"]
    return marks


def hibernation(bed):
    """The kernel boots, then puts the image of the hibernated one back. Its module
    still has the boot loader's first timeline: the console has this one's."""
    marks = power_on(bed, BOOT_S)
    bed.machine.agent(BOOT_S)
    if not bed.machine.run("test -e /run/hibernated").code == 0:
        bed.machine.fail("the machine did not resume from hibernation")
    marks["stub_entry_s"] = console_time(bed, "^bootstub: ")
    marks["jump_s"] = console_time(bed, "^bootstub: os image ")
    marks["devices_s"] = console_time(bed, "OOM killer enabled")
    marks["thaw_s"] = console_time(bed, r"Restarting tasks")
    return marks


def hibernate(bed, swap, kept):
    """Writes the hibernation image, and keeps a copy: a resume uses it up."""
    bed.boot_cold()
    bed.machine.check(f"mkswap {SWAP_DEVICE} && swapon {SWAP_DEVICE}")
    # Shown on the console of the resumed system: what the times are read from.
    bed.machine.check("dmesg -n 7; touch /run/hibernated; "
                      "echo shutdown >/sys/power/disk; sync")
    bed.machine.agent().start("sleep .5; echo disk >/sys/power/state", 0)
    bed.machine.wait_exit(BOOT_S)
    os.replace(swap, kept)


def fresh_swap(kept, swap):
    shutil.copyfile(kept, swap)


def cold_overhead(args, tap, settings):
    """Time to init, with the kernel loaded by QEMU and by the boot loader in turn. The
    quickest of each counts: half a second varies by as much from what else the host does,
    and that is never negative."""
    options = {"minimal": True, "cmdline": "loglevel=7", **settings}
    with Bed(tap, "bench-direct", **options) as direct, Bed(tap, "bench-loader",
                                                            **options) as loader:
        direct.machine.flash = None
        direct.machine.kernel, direct.machine.append = direct.kernel, direct.cmdline
        pairs = []
        for _ in range(4 * args.runs):
            pair = []
            for bed in (direct, loader):
                bed.machine.start(button=True)
                pair.append(bed.machine.wait_console("Run .* as init process", BOOT_S)[1])
                bed.machine.kill()
            pairs.append(pair)
            tap.note(f"to init: {pair[0]:.3f} s by QEMU, {pair[1]:.3f} s by the loader")
    direct_s, loader_s = (min(times) for times in zip(*pairs))
    return {"direct_s": round(direct_s, 4), "loader_s": round(loader_s, 4),
            "percent": round(100 * (loader_s / direct_s - 1), 1)}


def median_of(samples):
    result = {}
    for mark in MARKS:
        values = [s[mark] for s in samples if s.get(mark) is not None]
        result[mark] = round(statistics.median(values), 4) if len(values) == len(samples) else None
    result["runs_http_s"] = [round(s["http_s"], 4) for s in samples]
    result["emulator_start_s"] = round(statistics.median(s["emulator_s"] for s in samples), 4)
    return result


def measure(args, tap):
    settings = {"cpus": args.cpus, "gic": args.gic, "mem": args.mem}
    result = {"runs": args.runs, "machine": settings}
    pages = set()

    def sample(kind, function, bed, before=lambda: None):
        samples = []
        for number in range(1, args.runs + 1):
            before()
            marks = function(bed)
            pages.add(marks["page"])
            samples.append(marks)
            tap.note(f"{kind} {number} of {args.runs}: {marks['http_s']:.3f} s to HTTP 200")
            bed.machine.kill()
        result[kind] = median_of(samples)
        if kind == "snapshot":
            size = flash.SNAPSHOT_OFFSET - flash.OS_OFFSET
            result["scan"] = {"ms_for_64_mib": round(
                statistics.median(s["scan_s"] for s in samples) * 1e3 * (64 << 20) / size, 2)}

    with Bed(tap, "bench", **settings) as bed:
        tap.note("cold boot")
        sample("cold", cold, bed)
        tap.note("taking the snapshot")
        bed.boot_cold()
        take = bed.take()
        if take.code:
            raise MachineError(f"snapctl take: {take}")
        bed.machine.kill()
        sample("snapshot", snapshot, bed)

    swap = parts.BUILD / "check" / "bench-swap.img"
    with Bed(tap, "bench-hibernation", cmdline=f"resume={SWAP_DEVICE}", disks=[swap],
             **settings) as bed:
        tap.note("hibernating")
        kept = bed.folder / "swap-kept.img"
        try:
            with open(swap, "wb") as file:
                file.truncate(SWAP_MIB << 20)
            hibernate(bed, swap, kept)
            sample("hibernation", hibernation, bed, lambda: fresh_swap(kept, swap))
        finally:
            for path in (swap, kept):
                pathlib.Path(path).unlink(missing_ok=True)

    if len(pages) != 1:
        raise MachineError(f"the pages differ: {pages}")
    status, saved = take.status, take.json["saved"]
    result["capture"] = {
        "frozen_ms": round(status["frozen_ns"] / 1e6, 1),
        # What is copied counts by its size; freezing and resuming do not.
        "frozen_ms_for_64_mib": round((status["frozen_ns"] - status["atomic_ns"]
                                       + status["atomic_ns"] * (64 << 20) / saved["bytes"])
                                      / 1e6, 1),
        "atomic_ms": round(status["atomic_ns"] / 1e6, 1),
        "write_ms": round(status["write_ns"] / 1e6, 1),
        "saved_bytes": saved["bytes"],
        "image_bytes": status["image_bytes"],
        "image_percent": round(100 * status["image_bytes"] / saved["bytes"], 1),
    }
    result["bootstub"] = {"bytes": parts.bootstub().stat().st_size,
                          "kib": round(parts.bootstub().stat().st_size / 1024, 1)}
    tap.note("cold boots up to init")
    result["cold_overhead"] = cold_overhead(args, tap, settings)
    http = {kind: result[kind]["http_s"] for kind in KINDS}
    result["ratios"] = {
        "cold_to_snapshot": round(http["cold"] / http["snapshot"], 1),
        "hibernation_to_snapshot": round(http["hibernation"] / http["snapshot"], 1),
        "cold_to_hibernation": round(http["cold"] / http["hibernation"], 1),
    }
    result["bars"] = bars.judge(result, BARS)
    return result


def print_result(result):
    machine = result["machine"]
    print(f"\nTime since power-on in seconds, median of {result['runs']} "
          f"({machine['cpus']} CPU, {machine['mem']} MiB, GICv{machine['gic']}, emulated):\n")
    print(f"{'':14}" + "".join(f"{re.sub('_s$', '', mark):>12}" for mark in MARKS))
    for kind in KINDS:
        values = [result[kind][mark] for mark in MARKS]
        print(f"{kind:14}" + "".join(f"{'-' if v is None else format(v, '.3f'):>12}"
                                     for v in values))
    print("\n(before power-on, the emulator itself took "
          f"{result['snapshot']['emulator_start_s']:.3f} s to start)\n")
    bars.print_bars(result)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=5, help="power-ons of each kind (default: 5)")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--gic", type=int, default=3)
    parser.add_argument("--mem", type=int, default=512, help="MiB")
    parser.add_argument("--output", default=parts.BUILD / "bench.json", type=pathlib.Path)
    args = parser.parse_args()
    return bars.run(args, measure, print_result)


if __name__ == "__main__":
    sys.exit(main())
