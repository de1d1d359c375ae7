#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Restores of a service whose working set is small: from a snapshot taken in one
pass, in two, and in two with a measured hot set. Same Debian system with the same
Redis of 256 MiB, 32 MiB of them hot, one run; median of several power-ons each.

Times count from power-on, as in bench.py, to the first right answer to a GET of a hot
key: with the snapshot's disk as slow as flash, and as fast as the host has it, which no
flash is. What a page costs that is read from flash on demand is measured with a smaller
Redis, whose snapshot is on the flash itself, beside plain MTD reads of the same
pages and their decompression.
"""

import argparse
import itertools
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
from bed import Bed  # noqa: E402
from image import PAGEABLE_CHUNKS, PAGEABLE_DATA, Image  # noqa: E402
from machine import MachineError  # noqa: E402
from scenarios import media  # noqa: E402
from scenarios.paging import CHUNK_ENTRY, RESIDENT_PERCENT, resident_bytes  # noqa: E402
from service import PORT, Service  # noqa: E402

KINDS = ("one_pass", "two_passes", "hot_set")
MARKS = ("restored_s", "thaw_s", "answer_s")
# Read rates of the snapshot's medium, bytes/s: QSPI NOR (4 bits at 104 MHz), and no limit.
MEDIA = {"flash": 52_000_000, "memory": 0}
ANSWER_S = 60
COLD_READS = 2000
COLD_MIB = 48
MIB = 1 << 20

# What is expected, and how: name, value of the result, limit, smaller is better.
BARS = (
    ("resident part, % of a one-pass snapshot", ("two_passes", "resident_percent"),
     RESIDENT_PERCENT, True),
    ("first answer is faster than with a full restore", ("flash", "two_passes_ratio"), 2.5, False),
    ("page-out of 256 MiB, s", ("pass1", "s_for_256_mib"), 5, True),
    ("cold page, times its MTD read and unpacking", ("cold_page", "ratio"), 1.5, True),
)


def must(take, what):
    if take.code:
        raise MachineError(f"snapctl take ({what}): {take}")
    return take


def power_on(bed, service):
    """A power-on up to the first right answer. Return: its marks"""
    machine = bed.machine
    (machine.power_cycle if machine.process else machine.start)(button=True)
    seconds = service.first_answer(ANSWER_S)
    machine.agent(ANSWER_S)
    line = {entry["event"]: entry["ns"] / 1e9 for entry in bed.status()["boot"]["timeline"]}
    if "thaw" not in line:
        machine.fail("the snapshot was not restored")
    bed.confirm_life()
    return {"restored_s": line["restored"], "thaw_s": line["thaw"], "answer_s": seconds}


def keep(bed, disk, kind):
    """Cuts the power and puts aside what the take has written. Return: the copy"""
    bed.machine.kill()
    return shutil.copyfile(disk, disk.with_suffix(f".{kind}"))


def take_each(tap, bed, service, disk, result):
    """The same service in a snapshot of each kind. Return: copies of the disk"""
    kept = {}
    take = must(bed.take(media.TAKE), "one pass")
    result["one_pass"] = {"status": take.status}
    kept["one_pass"] = keep(bed, disk, "one_pass")

    power_on(bed, service)
    take = must(bed.take_two_pass(media.TAKE, service.warm), "two passes")
    result["two_passes"] = {"status": take.status}
    pass1 = take.json["two_pass"]["pass1"]
    result["pass1"] = {
        "s": round(pass1["ns"] / 1e9, 2),
        "pages": pass1["swapped_pages"],
        "s_for_256_mib": round(pass1["ns"] / 1e9 * 65536 / pass1["swapped_pages"], 2),
    }
    tap.note(f"paged out {pass1['swapped_pages']} pages in {result['pass1']['s']} s")
    kept["two_passes"] = keep(bed, disk, "two_passes")

    # Nothing resident but what the hot set says: measured in a trial restore.
    power_on(bed, service)
    must(bed.take_two_pass(media.TAKE), "trial")
    power_on(bed, service)
    service.warm()
    bed.machine.check("snapctl ready", 60)
    take = must(bed.take_two_pass(media.TAKE + " --hot"), "hot set")
    result["hot_set"] = {"status": take.status,
                         "fetched_pages": take.json["two_pass"]["hot"]["fetched_pages"]}
    kept["hot_set"] = keep(bed, disk, "hot_set")
    return kept


def summary(runs):
    """Medians of the marks of several power-ons."""
    row = {mark: round(statistics.median(run[mark] for run in runs), 4) for mark in MARKS}
    row["runs_answer_s"] = [round(run["answer_s"], 4) for run in runs]
    return row


def measure_service(args, tap, result):
    """The kinds take turns: what else the host does must not count for one of them only."""
    samples = {medium: {kind: [] for kind in KINDS} for medium in MEDIA}
    with Bed(tap, "bench-service", cpus=args.cpus, gic=3, mem=args.mem, forward=(PORT,)) as bed:
        disk = media.move_to_disk(bed)
        bed.boot_cold()
        media.make_mtd(bed)
        service = Service(bed)
        service.start()
        tap.note(f"loaded in {service.load():.1f} s")
        kept = take_each(tap, bed, service, disk, result)
        for number in range(1, args.runs + 1):
            for medium, kind in itertools.product(MEDIA, KINDS):
                bed.machine.kill()
                # Not a copy: writing that out would go on during the restore.
                disk.unlink()
                disk.symlink_to(kept[kind])
                media.limit_disk(bed, MEDIA[medium])
                samples[medium][kind].append(power_on(bed, service))
                tap.note(f"{medium}, {kind}, {number} of {args.runs}: "
                         f"{samples[medium][kind][-1]['answer_s']:.3f} s to the first answer")
        wrong = service.check_all()
        if wrong:
            raise MachineError(f"{len(wrong)} values are wrong, as {wrong[:8]}")

    one = resident_bytes(result["one_pass"]["status"])
    for kind in KINDS:
        status, row = result[kind].pop("status"), result[kind]
        row["resident_bytes"] = resident_bytes(status)
        row["pageable_bytes"] = status["pageable_bytes"]
        row["resident_percent"] = round(100 * row["resident_bytes"] / one, 1)
    for medium in MEDIA:
        result[medium] = {kind: summary(samples[medium][kind]) for kind in KINDS}
        answers = {kind: row["answer_s"] for kind, row in result[medium].items()}
        for kind in KINDS[1:]:
            result[medium][f"{kind}_ratio"] = round(answers["one_pass"] / answers[kind], 2)


def readcost(bed):
    """Mean of an MTD read and of the decompression, in ns, for the pages of the snapshot."""
    image = Image(bed.flash, flash.SNAPSHOT_OFFSET)
    table, size = image.section(PAGEABLE_CHUNKS)
    data = image.section(PAGEABLE_DATA)[0]
    # It measures when it is loaded, which then fails.
    bed.machine.run(f"modprobe snapcap_readcost table={table - flash.SNAPSHOT_OFFSET} "
                    f"data={data - flash.SNAPSHOT_OFFSET} chunks={size // CHUNK_ENTRY} "
                    f"reads={COLD_READS}", 60)
    log = bed.machine.check("dmesg")
    found = re.findall(r"readcost: reads (\d+) bytes \d+ read_ns (\d+) unpack_ns (\d+)", log)
    if not found:
        raise MachineError(f"snapcap_readcost measured nothing:\n{log[-2000:]}")
    reads, read_ns, unpack_ns = map(int, found[-1])
    return read_ns / reads, unpack_ns / reads


def measure_cold_page(args, tap, result):
    """In turn, several times: what else the host does must not count for one of them only."""
    with Bed(tap, "bench-cold-page", cpus=args.cpus, gic=3, forward=(PORT,)) as bed:
        bed.boot_cold()
        service = Service(bed, COLD_MIB)
        service.start()
        service.load()
        must(bed.take_two_pass("--slot whole"), "cold pages")
        pairs = []
        for number in range(1, args.runs + 1):
            power_on(bed, service)
            before = bed.pager()
            service.check_random(COLD_READS, number)
            after = bed.pager()
            reads = after["demand_reads"] - before["demand_reads"]
            page_ns = (after["read_ns"] - before["read_ns"]) / reads
            read_ns, unpack_ns = readcost(bed)
            pairs.append((page_ns / (read_ns + unpack_ns), page_ns, read_ns, unpack_ns))
            tap.note(f"cold page {number} of {args.runs}: {page_ns / 1e3:.1f} us (of {reads}), MTD "
                     f"read {read_ns / 1e3:.1f} us, unpacking {unpack_ns / 1e3:.1f} us")
    ratio, page_ns, read_ns, unpack_ns = sorted(pairs)[len(pairs) // 2]
    result["cold_page"] = {"ratio": round(ratio, 2), "page_us": round(page_ns / 1e3, 1),
                           "mtd_read_us": round(read_ns / 1e3, 1),
                           "unpack_us": round(unpack_ns / 1e3, 1)}


def measure(args, tap):
    result = {"runs": args.runs, "machine": {"cpus": args.cpus, "gic": 3, "mem": args.mem}}
    measure_service(args, tap, result)
    measure_cold_page(args, tap, result)
    result["bars"] = bars.judge(result, BARS)
    return result


def print_result(result):
    machine = result["machine"]
    print(f"\nA Redis of 256 MiB, 32 MiB of them hot; seconds since power-on, median of "
          f"{result['runs']}\n({machine['cpus']} CPU, {machine['mem']} MiB, "
          f"GICv{machine['gic']}, emulated, snapshot on a virtio disk):")
    for medium, rate in MEDIA.items():
        print(f"\n{'at ' + str(rate // 10**6) + ' MB/s' if rate else 'no limit':14}"
              + "".join(f"{re.sub('_s$', '', mark):>12}" for mark in MARKS)
              + f"{'resident':>14}{'pageable':>12}{'faster':>8}")
        for kind in KINDS:
            row, sizes = result[medium][kind], result[kind]
            print(f"{kind.replace('_', ' '):14}"
                  + "".join(f"{row[mark]:>12.3f}" for mark in MARKS)
                  + f"{sizes['resident_bytes'] / MIB:>10.1f} MiB"
                  + f"{sizes['pageable_bytes'] / MIB:>8.1f} MiB"
                  + f"{result[medium].get(kind + '_ratio', 1):>8}")
    cold = result["cold_page"]
    print(f"\n(a page read from flash on demand: {cold['page_us']} us; MTD read "
          f"{cold['mtd_read_us']} us, unpacking {cold['unpack_us']} us)\n")
    bars.print_bars(result)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=5, help="power-ons of each kind (default: 5)")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--mem", type=int, default=1024, help="MiB")
    parser.add_argument("--output", default=parts.BUILD / "bench-service.json", type=pathlib.Path)
    args = parser.parse_args()
    return bars.run(args, measure, print_result)


if __name__ == "__main__":
    sys.exit(main())
