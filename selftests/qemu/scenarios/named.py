# SPDX-License-Identifier: GPL-2.0-only
"""Several named snapshots in one partition, and snapctl use."""

import json

import flash
from bed import TAKE_S, Bed
from image import CHUNKS, Image

from . import scenario
from .trial import comes_up, digest, power_cycle

LABELS = {1: "rescue", 2: "demo", 3: "daily"}


def listed(bed):
    found = json.loads(bed.machine.check("snapctl list --json"))["snapshots"]
    return [entry for entry in found if entry["state"] == "valid"]


def order(bed):
    """Labels in the order in which they are restored; the first has to be marked as next."""
    found = sorted(listed(bed), key=lambda entry: entry["order"])
    if [entry["next"] for entry in found] != [True] + [False] * (len(found) - 1):
        return found
    return [entry["image"]["label"] for entry in found]


def is_up_as(tap, bed, told, sequence, what, reason="none"):
    status, text = told
    life = bed.machine.check("cat /run/life").strip()
    tap.equal((status["boot"]["sequence"], status["boot"]["reason_name"], life),
              (sequence, reason, LABELS.get(sequence, "last")), what, text[-2000:])
    return text


def comes_up_as(tap, bed, sequence, what):
    return is_up_as(tap, bed, power_cycle(bed), sequence, what)


@scenario("named", 300)
def named(tap):
    """Three named snapshots in one partition: each is chosen, one is damaged, one is dropped"""
    with Bed(tap, "named", cpus=1, gic=3, minimal=True, mem=256) as bed:
        bed.boot_cold()
        offsets = {}
        for sequence, label in LABELS.items():
            bed.machine.check(f"echo {label} >/run/life")
            take = bed.must_take(f"--label {label} --slot free", f"a snapshot, {label}")
            tap.equal((take.status["slot"], take.status["previous"]),
                      ("free", "kept" if sequence > 1 else "none"), f"{label}: beside the others",
                      take)
            offsets[sequence] = take.status["slot_offset"]
        tap.ok(len(set(offsets.values())) == 3 and sorted(offsets.values())[2] < flash.SLOT_SIZE,
               "three places, close to each other", offsets)
        tap.equal(order(bed), ["daily", "demo", "rescue"], "the newest is the next")
        tap.equal([entry["image"]["wear"] for entry in listed(bed)], [1, 1, 1],
                  "each place was erased once")

        before = digest(bed)
        size = 3 * (offsets[2] - offsets[1])
        job = bed.machine.run(f"snapctl take --json --slot free --length {size}", TAKE_S)
        tap.ok(job.code == 7 and '"no-place"' in job.stdout and digest(bed) == before,
               "no room beside all: refused, and nothing was written", job)

        bed.machine.check("snapctl use --label rescue")
        tap.equal(order(bed), ["rescue", "daily", "demo"], "rescue was chosen")
        text = comes_up_as(tap, bed, 1, "power cycle: rescue")
        tap.ok("chosen" in text, "the loader says that it was chosen", text[-2000:])
        before = digest(bed)
        comes_up_as(tap, bed, 1, "and again")
        job = bed.machine.run("snapctl use 1")
        tap.ok(job.code == 0 and "as before" in job.stdout and digest(bed) == before,
               "neither a restore nor choosing it again writes to flash", job)
        bed.machine.check("snapctl use --label demo")
        comes_up_as(tap, bed, 2, "power cycle: demo, chosen in the life of rescue")
        tap.equal(order(bed), ["demo", "rescue", "daily"], "the order has followed")

        bed.machine.kill()
        image = Image(bed.flash, flash.SNAPSHOT_OFFSET + offsets[2])
        data, size = image.section(CHUNKS)
        image.flip(data + size // 2)
        bed.machine.start()
        is_up_as(tap, bed, comes_up(bed, 0), 1,
                 "demo is damaged: the one that was chosen before it", "section-crc")
        bed.machine.check("snapctl drop --label demo")
        bed.machine.check("snapctl drop --label rescue")
        comes_up_as(tap, bed, 3, "these two are dropped: daily")

        bed.machine.check("echo last >/run/life")
        take = bed.must_take("--label last --slot free", "a take in the restored system")
        tap.equal(take.status["slot_offset"], min(offsets.values()), "in the first free place",
                  take)
        comes_up_as(tap, bed, take.status["sequence"], "it comes before what was chosen")
        found = {entry["image"]["label"]: entry["image"]["wear"] for entry in listed(bed)}
        tap.equal(found, {"daily": 1, "last": 2}, "its place was erased for the second time")
        status = bed.status()
        tap.equal((status["wear"]["takes"], status["wear"]["highest"]),
                  (take.status["sequence"], 2), "status tells of both", status["wear"])
