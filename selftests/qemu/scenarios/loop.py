# SPDX-License-Identifier: GPL-2.0-only
"""The product: cold boot, take, power off, and 25 restores of one snapshot, on
one and on four CPUs, with both interrupt controllers."""

import time

import flash
from bed import RESTORE_S, TAKE_S, Bed
from image import CHUNKS, COMMIT_OFF, Image

from . import scenario

RESTORES = 25


def full_loop(tap, cpus, gic):
    with Bed(tap, f"loop-smp{cpus}-gicv{gic}", cpus=cpus, gic=gic) as bed:
        bed.boot_cold()
        status = bed.status()
        tap.equal(status["boot"]["reason_name"], "empty", "cold boot: the reason is 'empty'")
        tap.equal(status["state"], "none", "cold boot: the state is 'none'")
        before = bed.machine.wait_http(bed.machine.age + 20)[1]
        # A driver must get its .restore, and see why it was called.
        bed.machine.check("modprobe snapcap_region")
        bed.start_workload()
        take = bed.must_take()
        tap.equal(take.status.get("state"), "taken", "take: the state is 'taken'", take)
        report = bed.ask()
        tap.ok(report.startswith("ok "), "the workload goes on after the take", report)
        seconds = []
        for number in range(1, RESTORES + 1):
            seconds.append(bed.restore())
            status = bed.restored_points(
                f"restore {number} of {RESTORES}: page, exit code 10, status, workload, log")
            if number == 1:
                first_restore_points(tap, bed, status, before, cpus)
        tap.note("first HTTP 200 after " + " ".join(f"{s:.2f}" for s in seconds) + " s")


def first_restore_points(tap, bed, status, before, cpus):
    after = bed.machine.wait_http(bed.machine.age + 20)[1]
    tap.equal(after, before, "the same page is served")
    cat = "cat /sys/module/snapcap_region/parameters/"
    tap.equal(bed.machine.check(cat + "restores").strip(), "1", "a driver's .restore was called")
    tap.equal(bed.machine.check(cat + "restore_state").strip(), "5",
              "it saw the state BOOT")
    tap.equal(bed.machine.check("nproc").strip(), str(cpus), "all CPUs are back")
    events = [entry["event"] for entry in status["boot"]["timeline"]]
    missing = {"stub-entry", "scanned", "tables", "restored", "jump", "cpu", "cpus", "devices",
               "thaw"} - set(events)
    tap.ok(not missing, "the timeline is complete from reset to thaw", f"missing: {missing}")


@scenario("loop-smp1-gicv2", 900)
def loop_smp1_gicv2(tap):
    """25 restores of one snapshot on 1 CPU, GICv2"""
    full_loop(tap, 1, 2)


@scenario("loop-smp4-gicv3", 900)
def loop_smp4_gicv3(tap):
    """25 restores of one snapshot on 4 CPUs, GICv3"""
    full_loop(tap, 4, 3)


@scenario("loop-smp4-gicv2", 900)
def loop_smp4_gicv2(tap):
    """25 restores of one snapshot on 4 CPUs, GICv2"""
    full_loop(tap, 4, 2)


@scenario("loop-smp1-gicv3", 900)
def loop_smp1_gicv3(tap):
    """25 restores of one snapshot on 1 CPU, GICv3"""
    full_loop(tap, 1, 3)


def slot_at(bed, offset):
    return Image(bed.flash, flash.SNAPSHOT_OFFSET + offset)


@scenario("slots", 600)
def slots(tap):
    """Takes into both slots: the newest is restored, the older is the fallback, drop"""
    with Bed(tap, "slots", cpus=1, gic=3) as bed:
        bed.boot_cold()
        bed.machine.check("echo first >/run/life")
        bed.must_take("--slot 0", "a snapshot is taken into slot 0")
        bed.machine.check("echo second >/run/life")
        take = bed.must_take("--slot auto --keep-previous",
                             "another goes beside it, keeping the first")
        tap.equal(take.status.get("slot"), "1", "slot auto chose slot 1")
        tap.equal(take.status.get("previous"), "kept", "the status says that the first was kept")
        bed.restore()
        status = bed.restored_points("the newest is restored", workload=False)
        tap.equal(status["boot"]["sequence"], 2, "its sequence number is 2")
        tap.equal(bed.machine.check("cat /run/life").strip(), "second", "it is the second system")

        # In the restored system: take again, over the older one.
        bed.machine.check("echo third >/run/life")
        bed.must_take("--slot auto", "the restored system takes a snapshot")
        bed.restore()
        status = bed.restored_points("that is restored", workload=False)
        tap.equal(status["boot"]["sequence"], 3, "its sequence number is 3")
        tap.equal(bed.machine.check("cat /run/life").strip(), "third", "it is the third system")

        # The newest is damaged while the machine is off.
        bed.machine.kill()
        newest = slot_at(bed, 0)
        tap.equal(newest.field("sequence"), 3, "slot 0 holds number 3")
        data, size = newest.section(CHUNKS)
        newest.flip(data + size // 2)
        bed.machine.start()
        bed.ready(60)
        status = bed.restored_points("the older one is restored in its place", workload=False)
        tap.equal(status["boot"]["sequence"], 2, "its sequence number is 2")
        tap.equal(status["boot"]["reason_name"], "section-crc",
                  "the status says why the newest was refused", status["boot"])

        bed.machine.check("snapctl drop --all")
        bed.boot_cold()
        status = bed.status()
        tap.equal(status["boot"]["boot"], "cold", "after drop the machine boots cold")
        tap.equal(status["boot"]["reason_name"], "revoked", "the reason is 'revoked'",
                  status["boot"])
        bed.must_take(what="a take goes over what was dropped")
        bed.restore()
        bed.restored_points("and is restored", workload=False)


def written(bed, offset):
    """Does the flash hold data at an offset of slot 1?"""
    start = flash.SNAPSHOT_OFFSET + flash.SLOT_SIZE + offset
    return bed.flash.read(start, 16) != b"\xff" * 16


@scenario("power-cut", 600)
def power_cut(tap):
    """The power is cut while a snapshot is written: the one before is restored"""
    with Bed(tap, "power-cut", cpus=1, gic=2) as bed:
        bed.boot_cold()
        bed.machine.check("echo first >/run/life")
        size = bed.must_take("--slot 0").status["image_bytes"]
        # QEMU writes each flash operation to the file. Each cut leaves slot 1 as
        # it was at that point; the next take starts from there.
        points = [(f"at {percent} % of the data", size * percent // 100)
                  for percent in (1, 30, 60, 95)] + [("when the header is there", 0)]
        for what, offset in points:
            bed.machine.check("echo next >/run/life")
            if offset == 0:
                bed.held_take("commit", "--slot 1")
            else:
                bed.machine.agent().start("snapctl take --slot 1", 0)
                end = time.monotonic() + TAKE_S
                while not written(bed, offset) and time.monotonic() < end:
                    time.sleep(0.001)
            bed.machine.kill()
            tap.ok(written(bed, offset) and not written(bed, COMMIT_OFF),
                   f"power cut {what}, before the commit mark")
            bed.machine.start()
            bed.ready(RESTORE_S)
            life = bed.machine.check("cat /run/life").strip()
            tap.equal(life, "first", "the first snapshot is restored")
            bed.restored_points("and is as good as before", workload=False)


@scenario("loop-pci-msi", 500)
def loop_pci_msi(tap):
    """A network card on PCI: its message interrupts come back on secondary CPUs"""
    with Bed(tap, "loop-pci-msi", cpus=4, gic=3, network="pci") as bed:
        bed.boot_cold()
        bed.must_take()
        for number in (1, 2, 3):
            bed.restore()
            bed.restored_points(f"restore {number} of 3: page, exit code 10, status, log",
                                workload=False)
            before = secondary_messages(bed)
            bed.machine.wait_http(bed.machine.age + 20)
            after = secondary_messages(bed)
            tap.ok(after > before, "messages of the card reach a secondary CPU",
                   f"{before}, after a request {after}\n"
                   + bed.machine.check("cat /proc/interrupts"))


def secondary_messages(bed):
    """Message interrupts that CPUs other than the first have had from the card."""
    lines = bed.machine.check("grep ITS-MSI /proc/interrupts").splitlines()
    return sum(int(count) for line in lines for count in line.split()[2:5])
