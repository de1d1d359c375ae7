# SPDX-License-Identifier: GPL-2.0-only
"""The power fails at random moments of takes that follow each other without an end:
what comes up is what the flash says, and nothing in between."""

import random
import struct
import time

import census
import flash
from bed import RESTORE_S, TAKE_S, Bed
from console import complaints
from image import Image
from sums import crc32c

from . import scenario

COMMIT_MAGIC = b"SNAPDONE"
LOOK_S = 0.001
# In the guest, and in each of its snapshots: take, and say what one has come out of. Each
# system comes out of the one before it: what a take or a restore leaks adds up.
SCRIPT = census.SCRIPT + r"""
life=0
while :; do
    life=$((life+1))
    head -c 262144 /dev/urandom >/run/data
    sum=$(md5sum </run/data)
    echo "kills: take $life" >/dev/console
    snapctl take --quiet --keep-previous --label life-$life 2>/run/take.err
    code=$?
    [ "$(md5sum </run/data)" = "$sum" ] && data=good || data=bad
    case $code in
    0) ;;
    # It may come up more often than a snapshot on trial.
    10) snapctl confirm --quiet || echo "kills: take $life failed to be confirmed" >/dev/console
        echo "kills: restored $life, data $data, $(census)" >/dev/console ;;
    *) echo "kills: take $life failed with $code: $(cat /run/take.err)" >/dev/console ;;
    esac
done
"""


class Slots:
    """What the flash holds, told without the library."""

    def __init__(self, bed):
        self.flash = bed.flash
        self.places = [flash.SNAPSHOT_OFFSET, flash.SNAPSHOT_OFFSET + flash.SLOT_SIZE]

    def image(self, place):
        """Return: its Image, None when there is no whole header"""
        try:
            return Image(self.flash, place)
        except ValueError:
            return None

    @staticmethod
    def marked(image):
        magic, sequence, header_crc = struct.unpack_from("<8sQI", image.commit)
        crc, = struct.unpack_from("<I", image.commit, 32)
        return (magic == COMMIT_MAGIC and sequence == image.field("sequence") and
                header_crc == image.field("header_crc") and crc == crc32c(image.commit[:32]) and
                image.commit[40:] == b"\xff" * 8)

    def look(self):
        """Return: (newest committed Image or None, newest Image that has a header or None)"""
        images = sorted(filter(None, map(self.image, self.places)),
                        key=lambda image: image.field("sequence"))
        committed = [image for image in images if self.marked(image)]
        return (committed or [None])[-1], (images or [None])[-1]

    def wait_header(self, above, timeout):
        """Until a header with a number above that is there. Return: it, None: none came"""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            newest = self.look()[1]
            if number_of(newest) > above:
                return newest
            time.sleep(LOOK_S)
        return None

    def wait_mark(self, place, timeout):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            image = self.image(place)
            if image and self.marked(image):
                return
            time.sleep(LOOK_S)


def number_of(image):
    return image.field("sequence") if image else 0


def label(image):
    return image.field("label").split(b"\0")[0].decode(errors="replace")


class Killer:
    """The rig: kills, looks at the flash, switches on, and compares."""

    def __init__(self, tap, bed, seed):
        self.tap, self.bed = tap, bed
        self.slots = Slots(bed)
        self.random = random.Random(seed)
        self.take_s = self.window_s = 0.0
        # Number of the last header that was there when this life began.
        self.last = 0
        self.inside = self.faults = 0
        self.lives = []

    def learn(self):
        """How long a take is, and how long it is between the header and behind the mark."""
        machine = self.bed.machine
        machine.wait_console(r"kills: take 2$", TAKE_S)
        began = time.monotonic()
        header = self.slots.wait_header(1, TAKE_S)
        seen = time.monotonic()
        self.slots.wait_mark(header.offset, TAKE_S)
        self.window_s = time.monotonic() - seen
        machine.wait_console(r"kills: take 3$", TAKE_S)
        self.take_s = time.monotonic() - began
        self.tap.note(f"a take is {self.take_s:.2f} s, {self.window_s * 1000:.0f} ms of it "
                      "from header to mark")

    def fault(self, number, text):
        self.faults += 1
        self.tap.ok(False, f"kill {number}", f"{text}\n{self.bed.machine.console.tail()}")

    def kill(self, number):
        """Every second one when a header is there; the mark may be there by the time."""
        machine = self.bed.machine
        if number % 2:
            time.sleep(self.random.uniform(0, self.take_s * 1.2))
        else:
            self.slots.wait_header(self.last, TAKE_S)
            time.sleep(self.random.uniform(0, self.window_s * 1.2))
        found = complaints(machine.console.text)
        found += [line for _, line in machine.console.lines if "kills: take" in line and
                  "failed" in line]
        machine.kill()
        if found:
            self.fault(number, "before it: " + "\n".join(found))

    def check(self, number):
        """What comes up is the newest that is whole."""
        machine = self.bed.machine
        committed, newest = self.slots.look()
        self.inside += newest is not committed and number_of(newest) > self.last
        self.last = number_of(newest)
        machine.start()
        found = machine.console.wait(rf"kills: restored (\d+), data (\w+), {census.FORM}|"
                                     "bootstub: os image|Kernel panic", RESTORE_S)
        if not committed:
            self.fault(number, "no snapshot is left on flash")
        elif not found or not found[2][1]:
            self.fault(number, f"{label(committed)} did not come up")
        elif (f"life-{found[2][1]}", found[2][2]) != (label(committed), "good"):
            self.fault(number, f"{label(committed)} was to come up: {found[2].group(0)}")
        if not found or not found[2][1]:
            return False
        self.lives.append(census.parse(found[2].group(0)))
        return True


def kills(tap, name, count):
    seed = random.randrange(1 << 32)
    with Bed(tap, name, cpus=1, gic=3, minimal=True) as bed:
        bed.boot_cold()
        bed.machine.agent().put("/run/kills.sh", SCRIPT.encode())
        bed.machine.check("echo 3 >/proc/sys/vm/drop_caches")
        bed.machine.agent().start("sh /run/kills.sh", 0)
        killer = Killer(tap, bed, seed)
        killer.learn()
        for number in range(1, count + 1):
            killer.kill(number)
            if not killer.check(number):
                bed.machine.fail(f"kill {number} (seed {seed}): the machine is lost")
            (bed.folder / f"console-{bed.machine.starts - 1:02}.log").unlink(missing_ok=True)
        tap.note(f"seed {seed}; {killer.inside} kills between a header and its mark, or in it")
        tap.ok(not killer.faults, f"{count} kills: what is whole on flash came up, and it only")
        census.leak_points(tap, killer.lives)
        tap.ok(killer.inside > count // 10, "many kills came between header and mark",
               f"{killer.inside} of {count}")


@scenario("kills", 2400)
def kills_200(tap):
    """The power fails at 200 random moments of takes, half of them at the commit"""
    kills(tap, "kills", 200)


@scenario("kills-soak", 10800, soak=True)
def kills_1000(tap):
    """The power fails at 1,000 random moments of takes, half of them at the commit"""
    kills(tap, "kills-soak", 1000)
