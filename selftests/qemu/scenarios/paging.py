# SPDX-License-Identifier: GPL-2.0-only
"""Snapshots of which a part stays on flash: a service whose working set is small, restored
again and again; and what becomes of the system when that flash is not as it should be."""

import time

import flash
from bed import BOOT_S, Bed
from heap import Heap
from image import (CHUNKS, COMMIT_OFF, CPU, DATA, MEMMAP, PAGEABLE_CHUNKS, PAGEABLE_DATA,
                   PAGETABLE, Image)
from service import PORT, Service

from . import media, scenario

BASE = flash.SNAPSHOT_OFFSET
RESTORES = 25
RANDOM_KEYS = 300
HEAP_MIB = 48
# struct snapcap_commit: the last field.
REVOKED = BASE + COMMIT_OFF + 40
BADREAD = "/sys/module/snapcap_badread/parameters"
# Exit code of snapctl.
NO_SPACE = 7
# Of what a one-pass snapshot stores.
RESIDENT_PERCENT = 35
CHUNK_ENTRY = 32


def resident_bytes(status):
    """What the loader reads of the snapshot that a take's status speaks of."""
    return (status["image_bytes"] - status["pageable_bytes"]
            - status["pageable_pages"] * CHUNK_ENTRY)


def all_right(tap, service, what, check=None):
    """A point: no answer is wrong."""
    started = time.monotonic()
    wrong = service.check_all() if check is None else check
    tap.ok(not wrong, what, f"{len(wrong)} keys have other values, as {wrong[:8]}")
    if check is None:
        tap.note(f"all values in {time.monotonic() - started:.1f} s")


@scenario("paging-working-set", 900)
def working_set(tap):
    """A Redis of 256 MiB, 32 MiB of them hot, taken in one pass and in two"""
    with Bed(tap, "paging-working-set", cpus=1, gic=3, mem=1024, forward=(PORT,)) as bed:
        # Two times as much as the flash has room for.
        media.move_to_disk(bed)
        bed.boot_cold()
        media.make_mtd(bed)
        service = Service(bed)
        service.start()
        tap.note(f"loaded in {service.load():.1f} s")
        one = bed.must_take(media.TAKE, "a snapshot is taken in one pass").status["image_bytes"]

        take = bed.must_take_two_pass(media.TAKE, service.warm)
        resident, pass1 = resident_bytes(take.status), take.json["two_pass"]["pass1"]
        tap.note(f"one pass: {one >> 20} MiB; two: {resident >> 20} MiB resident, "
                 f"{take.status['pageable_bytes'] >> 20} MiB pageable; "
                 f"paged out {pass1['swapped_pages']} pages in {pass1['ns'] / 1e9:.1f} s")
        tap.ok(resident * 100 <= one * RESIDENT_PERCENT,
               f"the resident part is at most {RESIDENT_PERCENT} % of a one-pass snapshot",
               f"{resident} of {one} bytes")
        all_right(tap, service, "the service goes on after the take")

        bed.machine.power_cycle(button=True)
        tap.note(f"first answer after {service.first_answer(60):.2f} s")
        status = bed.restored_points("restored from the resident part", workload=False)
        pager = status["pager"]
        tap.ok(pager["pageable_pages"] == take.status["pageable_pages"]
               and pager["flash_pages"] > pager["pageable_pages"] / 2,
               "the rest is still on flash", pager)
        all_right(tap, service, "every value of the heap is right")
        pager = bed.pager()
        tap.ok(pager["demand_reads"] > service.keys // 2 and not pager["bad_pages"],
               "most of it was read when it was asked for", pager)


@scenario("paging-restores", 1500)
def restores(tap):
    """25 restores of a Redis that is paged in at random, and written to"""
    with Bed(tap, "paging-restores", cpus=2, gic=3, mem=512, forward=(PORT,)) as bed:
        bed.boot_cold()
        service = Service(bed, 48)
        service.start()
        service.load()
        bed.must_take_two_pass("--slot whole", service.warm)
        for number in range(1, RESTORES + 1):
            bed.machine.power_cycle(button=True)
            # What the last life wrote was in its memory.
            service.generation.clear()
            seconds = service.first_answer(60)
            bed.restored_points(f"restore {number} of {RESTORES}", workload=False)
            bed.confirm_life()
            wrong = service.check_random(RANDOM_KEYS, number)
            all_right(tap, service, f"restore {number}: {RANDOM_KEYS} values at random", wrong)
            service.rewrite(range(number, service.keys, 997))
            wrong = service.check_random(RANDOM_KEYS, number + 100)
            all_right(tap, service, f"restore {number}: and after some were written", wrong)
            tap.note(f"first answer after {seconds:.2f} s")
        all_right(tap, service, "every value of the last one is right")

        bed.must_take_two_pass("--slot whole", service.warm,
                               "the restored system takes a snapshot over the one it came from")
        bed.machine.power_cycle(button=True)
        service.first_answer(60)
        status = bed.restored_points("that is restored", workload=False)
        tap.equal(status["boot"]["sequence"], 2, "its sequence number is 2")
        all_right(tap, service, "every value is right, also those that were written")


def paged_out(bed, mib=HEAP_MIB, **options):
    """A minimal system with a heap that a snapshot has in its pageable part."""
    bed.boot_cold()
    heap = Heap(bed, mib, **options)
    heap.start()
    take = bed.must_take_two_pass("--slot whole")
    bed.tap.ok(take.status["pageable_pages"] >= heap.pages, "the heap is in its pageable part",
               take)
    return heap


def restored(bed, what="it is restored"):
    bed.restore()
    return bed.restored_points(what, workload=False)


def flip(image, kind):
    start, size = image.section(kind)
    image.flip(start + size // 2)


def needed_by_loader(tap, bed, good):
    """Damage to what the loader reads: a cold boot, and why."""
    for what, kind, reason in (("CPU record", CPU, "section-crc"),
                               ("memory map", MEMMAP, "section-crc"),
                               ("page table", PAGETABLE, "section-crc"),
                               ("chunk table", CHUNKS, "section-crc"),
                               ("resident data", DATA, "chunk-sum")):
        bed.flash.write(BASE, good)
        flip(Image(bed.flash, BASE), kind)
        bed.machine.start()
        console = bed.machine.console
        told = console.wait(rf"bootstub: .*\b{reason}\b.*", 30)
        booted = told and console.wait("bootstub: os image ", 30)
        tap.ok(booted, f"damage to the {what}: the loader says '{reason}' and boots cold",
               console.tail())
        bed.machine.kill()


def page_is_lost(tap, bed, heap, page, what):
    """The owner of a page that cannot be read is told, nobody else suffers, and the
    next power-on is without that snapshot."""
    tap.equal(heap.ask(page, 1), f"bus {page}", f"{what}: its owner gets SIGBUS")
    tap.equal((heap.ask(0, page), heap.ask(page + 1, heap.pages - page - 1)), ("ok", "ok"),
              f"{what}: all other pages are right")
    pager = bed.pager()
    tap.ok(pager["bad"] and pager["bad_pages"] >= 1 and pager["retries"] >= 1,
           f"{what}: the status counts it", pager)
    tap.ok("of the snapshot cannot be read" in bed.machine.check("dmesg"),
           f"{what}: the kernel log has it")
    end = time.monotonic() + 10
    while bed.flash.read(REVOKED, 8) != bytes(8) and time.monotonic() < end:
        time.sleep(0.1)
    tap.equal(bed.flash.read(REVOKED, 8), bytes(8), f"{what}: the snapshot is revoked")
    bed.machine.power_cycle()
    bed.ready(BOOT_S)
    boot = bed.status()["boot"]
    tap.ok(boot["boot"] == "cold" and boot["reason_name"] == "revoked",
           f"{what}: the next boot is cold", boot)


@scenario("paging-corruption", 600)
def corruption(tap):
    """Each part of a snapshot with a pageable part is damaged while the power is off"""
    with Bed(tap, "paging-corruption", cpus=1, gic=3, minimal=True) as bed:
        heap = paged_out(bed)
        restored(bed)
        tap.equal(heap.ask(), "ok", "every page of the heap is right")
        bed.machine.kill()
        image = Image(bed.flash, BASE)
        good = bed.flash.read(BASE, image.field("image_size"))
        needed_by_loader(tap, bed, good)

        bed.flash.write(BASE, good)
        flip(image, PAGEABLE_CHUNKS)
        bed.machine.start()
        bed.ready(BOOT_S)
        bed.restored_points("damage to the pageable table: nobody needs it", workload=False)
        tap.equal(heap.ask(), "ok", "every page of the heap is right")
        bed.machine.kill()

        bed.flash.write(BASE, good)
        page = heap.pages // 3
        image.flip(heap.offset_on_flash(image, page) + 100)
        bed.machine.start()
        bed.ready(BOOT_S)
        bed.restored_points("damage to a page of the pageable data: restored", workload=False)
        page_is_lost(tap, bed, heap, page, "damaged page")


def badread(bed, **parameters):
    for name, value in parameters.items():
        bed.machine.check(f"echo {value} >{BADREAD}/{name}")


def faults(bed):
    return int(bed.machine.check(f"cat {BADREAD}/faults"))


@scenario("paging-read-errors", 400)
def read_errors(tap):
    """Reads of the flash that fail after the restore: once, twice, for ever"""
    with Bed(tap, "paging-read-errors", cpus=1, gic=3, minimal=True) as bed:
        bed.boot_cold()
        bed.machine.check("modprobe snapcap_badread")
        heap = Heap(bed, HEAP_MIB)
        heap.start()
        bed.must_take_two_pass("--slot whole")
        restored(bed)
        image = Image(bed.flash, BASE)
        for page, how in ((7, "fail_at"), (19, "flip_at")):
            before = bed.pager()["retries"]
            badread(bed, times=2, **{how: heap.offset_on_flash(image, page)})
            tap.equal(heap.ask(page, 1), "ok", f"two bad reads ({how}): the third is right")
            tap.equal((faults(bed), bed.pager()["retries"] - before), (2, 2),
                      f"two bad reads ({how}): both were repeated")
            badread(bed, **{how: -1})
            bed.machine.check("rmmod snapcap_badread && modprobe snapcap_badread")
        tap.ok(not bed.pager()["bad"], "the snapshot counts as good")
        badread(bed, fail_at=heap.offset_on_flash(image, 100))
        page_is_lost(tap, bed, heap, 100, "page that cannot be read")


@scenario("paging-life", 600)
def life(tap):
    """After a restore: swapoff, background fill, overwritten flash, another take"""
    with Bed(tap, "paging-life", cpus=2, gic=3, minimal=True) as bed:
        heap = paged_out(bed)
        restored(bed)
        bed.machine.check("swapoff /dev/snapcap_swap")
        pager = bed.pager()
        tap.ok(pager["used_pages"] <= 1, "swapoff leaves nothing but its header on flash", pager)
        tap.equal(heap.ask(), "ok", "swapoff: every page is right")

        restored(bed, "it is restored again")
        before = bed.pager()
        tap.ok(before["flash_pages"] >= heap.pages, "the heap is on flash again", before)
        bed.machine.check("snapctl fill")
        bed.machine.check("until snapctl status --json | grep -q '\"flash_pages\": *0,'; do "
                          "sleep .2; done", 120)
        after = bed.pager()
        tap.ok(after["fill_reads"] >= heap.pages * 9 // 10 and not after["bad"],
               "the background fill reads all of it", after)
        image = Image(bed.flash, BASE)
        start, size = image.section(PAGEABLE_DATA)
        mtd = "/dev/" + bed.machine.check("grep '\"snapshot\"' /proc/mtd").split(":")[0]
        # NOR flash can be cleared without an erase: all ones become zeros.
        bed.machine.check(f"dd if=/dev/zero of={mtd} bs=64k oflag=seek_bytes "
                          f"seek={start - BASE} count={size >> 16} conv=notrunc 2>&1", 300)
        tap.equal(bed.flash.read(start, 4096), bytes(4096), "the flash is overwritten")
        tap.equal(heap.ask(), "ok", "every page is right, without the flash")

        bed.must_take_two_pass("--slot whole", what="a restored system takes one, with a filled "
                               "swap device")
        restored(bed, "that is restored")
        tap.equal(heap.ask(heap.pages // 2, heap.pages // 2), "ok", "half of the heap is right")
        bed.must_take_two_pass("--slot whole", what="and one with half of it on flash")
        restored(bed, "that is restored")
        tap.equal(heap.ask(), "ok", "every page is right")


@scenario("paging-short-memory", 400)
def short_memory(tap):
    """What does not compress finds no room: the take is refused, the system goes on"""
    with Bed(tap, "paging-short-memory", cpus=2, gic=3, minimal=True) as bed:
        bed.boot_cold()
        # More than half of the memory, and no page gets smaller.
        heap = Heap(bed, 270, noise=True)
        heap.start()
        take = bed.take_two_pass("--slot whole")
        tap.ok(take.code == NO_SPACE and take.error.get("text") and take.error.get("advice"),
               "the take says that there is not enough memory", take)
        tap.equal(heap.ask(), "ok", "every page is right")
        faults = bed.runs_on()
        tap.ok(not faults, "the system goes on", "\n".join(faults))
        heap.stop()
        bed.must_take_two_pass("--slot whole", what="a later take works")
        restored(bed)


@scenario("paging-disk", 400)
def disk(tap):
    """Pages on a disk through block2mtd, whose driver stays until they are in memory"""
    with Bed(tap, "paging-disk", cpus=1, gic=3, minimal=True) as bed:
        media.move_to_disk(bed)
        bed.boot_cold()
        media.make_mtd(bed)
        heap = Heap(bed, HEAP_MIB)
        heap.start()
        for number in (1, 2):
            bed.must_take_two_pass(media.TAKE, what=f"take {number}, to a disk")
            restored(bed)
            tap.equal(heap.ask(0, heap.pages // 2), "ok", f"restore {number}: half is right")
        job = bed.machine.run("rmmod block2mtd")
        tap.ok(job.code, "the driver of what pages are on cannot be unloaded", job)
        bed.machine.check("snapctl fill; until snapctl status --json | grep -q "
                          "'\"flash_pages\": *0,'; do sleep .2; done", 120)
        bed.machine.check("rmmod block2mtd")
        tap.equal(heap.ask(), "ok", "when all is in memory it can, and every page is right")
