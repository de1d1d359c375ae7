# SPDX-License-Identifier: GPL-2.0-only
"""The loader when something is wrong, and a person at its console: damaged OS
images, the menu, an image sent over the serial line, requests from Linux."""

import re
import subprocess
import time

import flash as flash_module
from bed import BOOT_S, RESTORE_S, Bed

from . import scenario

KEY_S = 10
# A memory test under emulation.
MEMTEST_S = 120
# Some megabytes; the emulated port takes one byte at a time.
DOWNLOAD_S = 900


class Person:
    """Somebody who types at the console and reads what comes back."""

    def __init__(self, machine):
        self.machine = machine
        self.seen = 0

    def read(self, pattern, timeout=KEY_S):
        """Waits for a line behind those that were read before."""
        line, _, match = self.machine.wait_console(pattern, timeout, self.seen)
        self.seen = line + 1
        return match

    def type(self, keys):
        self.machine.console.send(keys)

    def choose(self, key, answer):
        """A key that is asked for again."""
        self.type(key)
        self.read("sure")
        self.type(answer)

    def hold_key(self):
        """Holds a key down from power-on until the menu comes."""
        self.seen = 0
        end = time.monotonic() + KEY_S
        while not self.machine.console.wait(r"bootstub: press a key", 0.02):
            self.type(" ")
            if time.monotonic() > end:
                self.machine.fail("the menu did not come")
        self.read(r"bootstub: press a key")
        time.sleep(0.1)     # what was typed too much only shows the help again


def versions(bed):
    """Three OS images, told apart in Linux by their command lines."""
    offset = flash_module.OS_OFFSET
    starts = {}
    bed.flash.erase(offset, flash_module.SNAPSHOT_OFFSET - offset)
    for version in (1, 3, 2):
        starts[version] = offset
        offset = flash_module.install(bed.flash, offset, bed.kernel,
                                      f"{bed.cmdline} booted.version={version}",
                                      "--image-version", str(version), "--compress")
    return starts


def booted_version(bed):
    return int(re.search(r"booted\.version=(\d+)",
                         bed.machine.check("cat /proc/cmdline"))[1])


def flip(flash, offset):
    flash.write(offset, bytes([flash.read(offset, 1)[0] ^ 0x10]))


@scenario("os-images", 300)
def os_images(tap):
    """Three OS images in flash: the newest good one boots, the others by request"""
    with Bed(tap, "os-images", cpus=1, gic=3, minimal=True) as bed:
        starts = versions(bed)
        bed.boot_cold()
        tap.equal(booted_version(bed), 3, "the newest of three is booted")
        bed.machine.kill()

        flip(bed.flash, starts[3] + 4096 + 100000)
        bed.boot_cold()
        tap.equal(booted_version(bed), 2, "the newest is damaged: the second is booted")
        tap.ok(re.search(r"os image at .* refused: part-sum", bed.machine.console.text),
               "and the console says why", bed.machine.console.tail())
        flip(bed.flash, starts[3] + 4096 + 100000)

        bed.boot_cold()
        request(bed, "--previous")
        bed.ready(BOOT_S)
        tap.equal(booted_version(bed), 2, "snapctl reboot --previous boots the second once")
        request(bed, "")
        bed.ready(BOOT_S)
        tap.equal(booted_version(bed), 3, "and the newest again after that")

        bed.must_take()
        bed.restore()
        bed.restored_points("a snapshot is restored", workload=False)
        request(bed, "--cold")
        bed.ready(BOOT_S)
        status = bed.status()
        tap.equal((status["boot"]["boot"], status["boot"]["reason_name"]), ("cold", "forced"),
                  "snapctl reboot --cold boots cold, and the reason is told")
        request(bed, "")
        bed.ready(RESTORE_S)
        bed.restored_points("after the next restart the snapshot is back", workload=False)


def request(bed, option):
    """A restart that Linux asks for; the machine goes on in the same process."""
    command = f"snapctl reboot --force {option}" if option else "reboot -f"
    bed.machine.agent().start(f"sleep .3; {command}", 0)
    return bed.machine.restarted()


@scenario("console-menu", 500)
def console_menu(tap):
    """A person at the console uses each item of the loader's menu"""
    with Bed(tap, "console-menu", cpus=1, gic=3, minimal=True) as bed:
        versions(bed)
        person = Person(bed.machine)
        bed.boot_cold()
        bed.must_take()

        def power_on():
            bed.machine.power_cycle()
            person.hold_key()

        power_on()
        person.type("s")
        found = [person.read(r"snapshot (\d+) at"), person.read(r"os image (\d+) at"),
                 person.read(r"os image (\d+) at"), person.read(r"os image (\d+) at")]
        tap.equal([int(match[1]) for match in found], [1, 3, 2, 1],
                  "s shows the snapshot and the OS images")
        person.type("t")
        person.read(r"no timeline")
        tap.ok(True, "t: after power-on there is no last timeline")
        person.type("?")
        person.read(r"press a key")
        person.type("d")
        person.read(r"send an OS image")
        person.type("\x18\x18")
        person.read(r"download failed: cancelled")
        person.read(r"press a key")
        tap.ok(True, "d: when the sender gives up the menu is there again, snapshot or not")
        person.choose("m", "n")
        person.read(r"not done")
        person.choose("m", "y")
        match = person.read(r"memory: (\d+) MiB, no fault", MEMTEST_S)
        tap.ok(400 < int(match[1]) <= 512, "m tests the memory", match[0])
        person.type("b")
        bed.ready(RESTORE_S)
        bed.restored_points("b goes on: the snapshot is restored, after a test of all memory",
                            workload=False)

        # A restart keeps memory, and with it the last timeline.
        bed.machine.agent().start("sleep .3; snapctl reboot --force --menu", 0)
        person.seen = bed.machine.restarted()
        person.read(r"press a key")
        person.type("t")
        events = []
        # A key may have come in between, and all was done twice.
        while "jump" not in events and len(events) < 20:
            events.append(person.read(r"bootstub: +(\d+) us  ([a-z-]+)")[2])
        tap.ok(events[0] == "stub-entry" and "restored" in events,
               "snapctl reboot --menu stops there, t shows the last timeline", events)

        person.type("p")
        bed.ready(BOOT_S)
        tap.equal(booted_version(bed), 2, "p boots the previous OS image")

        power_on()
        person.type("c")
        bed.ready(BOOT_S)
        tap.equal((booted_version(bed), bed.status()["boot"]["reason_name"]), (3, "forced"),
                  "c boots cold")

        power_on()
        person.choose("x", "n")
        person.read(r"not done")
        person.choose("x", "y\r")
        person.read(r"snapshot 1 at .* dropped")
        person.type("b")
        bed.ready(BOOT_S)
        tap.equal(bed.status()["boot"]["reason_name"], "revoked",
                  "x drops the snapshot: cold boot, and Linux knows why")
        bed.must_take(what="a new one can be taken")
        bed.restore()
        bed.restored_points("and is restored", workload=False)


def send(bed, person, path):
    """What a terminal program does: sb on the line, nobody reads meanwhile."""
    person.read(r"send .* by YMODEM")
    with bed.machine.console.line() as line:
        started = time.monotonic()
        line.setblocking(True)
        job = subprocess.run(["sb", "-k", "-b", str(path)], stdin=line, stdout=line,
                             stderr=subprocess.PIPE, timeout=DOWNLOAD_S, check=False)
        line.setblocking(True)
    return job, time.monotonic() - started


@scenario("serial-download", 1200)
def serial_download(tap):
    """sb sends an OS image: it boots from RAM, and is written to flash by Linux"""
    with Bed(tap, "serial-download", cpus=1, gic=3, minimal=True) as bed:
        machine, person = bed.machine, Person(bed.machine)
        image = flash_module.os_image(bed.kernel, f"{bed.cmdline} booted.version=9",
                                      bed.folder / "new.img", "--image-version", "9",
                                      "--compress")
        size = image.stat().st_size
        # Nothing on flash but the loader: the console is all that is left.
        bed.flash.erase(flash_module.OS_OFFSET,
                        flash_module.SNAPSHOT_OFFSET - flash_module.OS_OFFSET)
        machine.start()
        person.read(r"press a key")
        tap.ok(True, "without an OS image the loader stops in its menu")

        cut = bed.folder / "cut.img"
        cut.write_bytes(image.read_bytes()[:20000])
        person.type("d")
        job, _ = send(bed, person, cut)
        tap.equal(job.returncode, 0, "sb sends an image that was cut off", job.stderr[-300:])
        person.read(r"refused: truncated")
        person.read(r"press a key")
        tap.ok(True, "it is refused, and the menu is there again")

        person.type("d")
        job, seconds = send(bed, person, image)
        tap.equal(job.returncode, 0, f"sb sends {size} bytes in {seconds:.1f} s",
                  job.stderr[-300:])
        person.read(r"write it to flash", KEY_S)
        person.type("y")
        bed.ready(BOOT_S)
        tap.equal(booted_version(bed), 9, "the image boots from RAM")
        tap.equal(int(machine.check("stat -c %s /sys/class/misc/snapcap/downloaded")), size,
                  "Linux sees it")
        job = machine.run("snapctl install --downloaded --if-requested", 120)
        tap.equal(job.code, 0, "Linux writes it to flash", job)
        bed.must_take(what="a snapshot is taken of the system that was booted from RAM")
        bed.restore()
        bed.restored_points("it is restored, as it is of the image in flash", workload=False)
        machine.check("snapctl drop --all")
        bed.boot_cold()
        tap.equal(booted_version(bed), 9, "from where it boots after a power cycle")

        person.seen = request(bed, "--download")
        send(bed, person, cut)
        person.read(r"refused: truncated")
        tap.ok(True, "snapctl reboot --download asks for another one")
        person.read(r"press a key")
        person.type("b")
        bed.ready(BOOT_S)
        tap.equal(booted_version(bed), 9, "and what is in flash boots all the same")
