# SPDX-License-Identifier: GPL-2.0-only
"""Power cuts in real takes: the flash operations of two takes are recorded, one into empty flash
and one over the older of two snapshots, and the loader is powered on with the flash as it is
after each of thousands of prefixes of them."""

import concurrent.futures
import shutil
import time

import flash
import flashtrace
from bed import Bed
from image import COMMIT_OFF, COMMIT_SIZE, Image
from loader import Loader, memory_of

from . import scenario

# What the loader has to copy is what the machine's memory holds.
MEMORY_MIB = 128
MACHINES = 2
# Header and mark are before it, and what a loader may write.
BODY_OFF = 8192
# With so many the contents of memory are compared, too.
MEMORY_EVERY = 40
SLOTS = flash.SNAPSHOT_OFFSET, flash.SNAPSHOT_OFFSET + flash.SLOT_SIZE


class Recorded:
    """
    name:   of the take, for a reader
    slot:   offset of its slot in the flash
    before: number of the snapshot that was the newest; 0: there was none
    after:  its own
    flash:  contents of before, folder
    ops:    what it did to the flash
    end:    contents of after, bytes
    """

    def __init__(self, name, slot, before, contents, ops, end):
        self.name, self.slot, self.before, self.after = name, slot, before, before + 1
        self.flash, self.ops, self.end = contents, ops, end

    def due(self, replay):
        """Number of the snapshot that has to be restored; 0: cold"""
        mark = slice(self.slot + COMMIT_OFF, self.slot + COMMIT_OFF + COMMIT_SIZE)
        return self.after if replay.bytes[mark] == self.end[mark] else self.before


def record(tap, bed, recorder, name, number):
    """A take, with the machine off at its end. Return: Recorded"""
    before = bed.flash.copy(bed.folder / f"before-{number}")
    slot = (number - 1) % 2
    with recorder:
        bed.must_take(f"--slot {slot}", f"{name} is recorded")
    bed.machine.kill()
    ops = recorder.operations()
    end = bed.flash.read(0, flash.SIZE)
    replay = flashtrace.Replay(before.read(0, flash.SIZE), ops)
    replay.advance(len(ops))
    erases = sum(op.data is None for op in ops)
    tap.ok(replay.bytes == end and replay.bytes != before.read(0, flash.SIZE),
           f"{name}: flash of before and all {len(ops)} operations ({erases} erases, "
           f"{sum(op.size for op in ops if op.data)} bytes programmed) are flash of after",
           f"the first difference: {first_difference(replay.bytes, end):#x}")
    return Recorded(name, SLOTS[slot], number - 1, before, ops, end)


def first_difference(a, b):
    return next((at for at in range(0, len(a), 4096) if a[at:at + 4096] != b[at:at + 4096]), -1)


def heads(replay):
    """What a loader may have written to, as it is to be."""
    return [(slot, bytes(replay.bytes[slot:slot + BODY_OFF])) for slot in SLOTS]


def boot_points(take, points, folder, mem):
    """Boots of one machine. Return: (outcomes by what they were, what was wrong)"""
    seen, wrong = {}, []
    replay = flashtrace.Replay(take.flash.read(0, flash.SIZE), take.ops)
    replay.advance(*points[0])
    start = flash.create(folder / "flash")
    start.write(0, bytes(replay.bytes))
    memory = {}
    with Loader(folder, start, mem) as loader:
        for count, point in enumerate(points):
            look = count % MEMORY_EVERY == 0
            outcome = loader.boot(replay.advance(*point) + heads(replay), clear=look)
            due = take.due(replay)
            how = outcome.sequence if outcome.end == "restored" else outcome.end
            seen[how, outcome.reason] = seen.get((how, outcome.reason), 0) + 1
            where = f"after {point[0]} operations and {point[1]} bytes of the next"
            if how != (due or "cold"):
                wrong.append(f"{where}: {outcome}; due is {due or 'a cold boot'}")
                if outcome.end == "hung":
                    break
            elif look and due:
                if due not in memory:
                    slot = take.slot if due == take.after else sum(SLOTS) - take.slot
                    start.write(slot, bytes(replay.bytes[slot:slot + flash.SLOT_SIZE]))
                    memory[due] = memory_of(Image(start, slot))
                if not loader.has_restored(memory[due]):
                    wrong.append(f"{where}: memory is not that of snapshot {due}")
        loader.change(heads(replay))
        if loader.saved_flash() != replay.bytes:
            wrong.append("the flash of the machine is not what it was made")
    shutil.rmtree(folder / "flash", ignore_errors=True)
    return seen, wrong


def boot_prefixes(tap, bed, take, count):
    special = [(start, start + BODY_OFF) for start in SLOTS]
    points = flashtrace.points(take.ops, count, special)
    share = -(-len(points) // MACHINES)
    parts = [points[i:i + share] for i in range(0, len(points), share)]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(MACHINES) as pool:
        results = list(pool.map(boot_points, [take] * MACHINES, parts,
                                [bed.folder / f"loader-{take.after}-{i}" for i in range(MACHINES)],
                                [MEMORY_MIB] * MACHINES))
    seen, wrong = {}, []
    for some_seen, some_wrong in results:
        wrong += some_wrong
        for key, number in some_seen.items():
            seen[key] = seen.get(key, 0) + number
    total = sum(seen.values())
    tap.ok(not wrong and total == len(points),
           f"{take.name}: the loader does what is due after each of {len(points)} prefixes",
           f"{total} were looked at, {len(wrong)} are wrong:\n" + "\n".join(wrong[:10]))
    tap.note(f"{take.name}: {total} prefixes in {time.monotonic() - began:.0f} s: " +
             ", ".join(f"{number} {what} (reason {reason})"
                       for (what, reason), number in sorted(seen.items(), key=str)))
    return total


def prefixes(tap, name, counts):
    with Bed(tap, name, cpus=1, gic=2, mem=MEMORY_MIB, minimal=True) as bed:
        recorder = flashtrace.Recorder(bed.folder)
        bed.machine.extra += recorder.args
        recorder.machine = bed.machine
        takes = []
        bed.boot_cold()
        takes.append(record(tap, bed, recorder, "the first take", 1))
        bed.restore()
        bed.must_take("--slot 1", "another is taken beside it")
        bed.restore()
        takes.append(record(tap, bed, recorder, "the take over the oldest", 3))
        recorder.path.unlink()
        total = sum(boot_prefixes(tap, bed, take, count) for take, count in zip(takes, counts))
        tap.ok(total >= sum(counts), f"{total} prefixes were booted, of {sum(counts)} wanted")
        for take in takes:
            take.flash.remove()


@scenario("prefixes", 1200)
def prefixes_short(tap):
    """The loader is powered on with each of 2,000 prefixes of the flash operations of takes"""
    prefixes(tap, "prefixes", (1000, 1000))


@scenario("prefixes-long", 6000, soak=True)
def prefixes_long(tap):
    """The loader is powered on with each of 10,000 prefixes of the flash operations of takes"""
    prefixes(tap, "prefixes-long", (5000, 5000))
