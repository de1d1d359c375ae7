# SPDX-License-Identifier: GPL-2.0-only
"""Takes to raw NAND: nandsim in the guest, with blocks that are bad, blocks that go bad, and
bits that flip. The loader has no such flash, so nothing of it is restored here."""

import random

from bed import Bed
from nand import GEOMETRIES, MLC, MTD, Nand, all_good, make_disk

from . import scenario


def good_take(tap, nand, what, args=""):
    """Return: it, when it went well and everything verifies"""
    take = nand.take(args)
    found = nand.snapctl("verify --all")
    tap.ok(take.code == 0 and all_good(found), what, f"{take}\n{found}\n{nand.said()}")
    return take


def health(take):
    return take.status.get("bad_blocks"), take.status.get("grown_blocks")


def refused(tap, take, cause, name, what):
    tap.equal((take.cause, take.status.get("name"), take.status.get("stage")),
              (cause, name, "check"), what, str(take))


def bad_from_the_start(tap, nand):
    """Before the slot, between, next to each other, where the second half begins, behind."""
    middle = nand.blocks // 2
    bad = [0, 3, 7, 8, middle, middle + 1, nand.blocks - 1]
    nand.load(bad=bad)
    take = good_take(tap, nand, "bad blocks are passed over")
    first, second = nand.block, nand.blocks // 2 * nand.block
    tap.equal((health(take), take.status["slot_offset"]), ((len(bad), 0), first),
              "and told, with the place that the snapshot has on the device", str(take))
    take = good_take(tap, nand, "the next take goes to the other half")
    second = take.status["slot_offset"]
    tap.equal((take.status["slot"], take.status["previous"],
               second // nand.block not in bad and second > middle * nand.block,
               nand.listed()), ("1", "kept", True, [(1, "valid", first), (2, "valid", second)]),
              "and keeps the previous one", f"{take}\n{nand.listed()}")
    code, told, said = nand.snapctl("list")
    tap.equal((code, told["target"]["bad_blocks"], told["ecc"]["corrected_bits"]),
              (0, len(bad), 0), "list tells of the bad blocks", f"{told}\n{said}")
    code, told, said = nand.snapctl(f"info --at {second}")
    tap.equal((code, told.get("offset"), told.get("image", {}).get("sequence")), (0, second, 2),
              "info takes the place on the device", f"{told}\n{said}")
    return second


def dropped(tap, nand, second):
    code, told, said = nand.snapctl("drop")
    tap.equal((code, told.get("dropped"), told["next"]["sequence"] if told.get("next") else None),
              (0, [{"sequence": 2, "offset": second}], 1), "the newest is dropped, the other stays",
              f"{told}\n{said}")
    nand.snapctl("drop --all")
    tap.equal([state for _, state, _ in nand.listed()], ["revoked", "revoked"],
              "drop --all leaves none", nand.listed())


def going_bad(tap, nand):
    """One block fails to be erased, one to be written, one reads well no more, and bits flip.
    In the second half block after block fails."""
    weak = [5, *range(250, 262)]
    nand.load(weakblocks=",".join(f"{nand.chip_block(block)}:0" for block in weak),
              weakpages=f"{nand.chip_page(12, 30)}:0", gravepages=f"{nand.chip_page(20, 9)}:0",
              bitflips=1)
    take = good_take(tap, nand, "blocks that fail to be erased, written and read back")
    tap.equal((health(take), nand.said().count("marked bad")), ((3, 3), 3),
              "are marked bad, and passed over", f"{take}\n{nand.said()}")
    code, told, said = nand.snapctl("verify")
    tap.ok(take.status["corrected_bits"] > 0 and code == 0 and
           told["ecc"]["corrected_bits"] > 0 and "take again before there are more" in said,
           "bits that flipped are counted, and advice is given", f"{take}\n{told}\n{said}")
    kept = (int(take.status["sequence"]), "valid", 0)
    take = nand.take("--slot 1")
    tap.equal((take.cause, take.status["previous"], take.status["grown_blocks"]),
              ("erase", "kept", 8), "where block after block fails, a take gives up", str(take))
    tap.equal(nand.listed()[0], kept, "and the previous snapshot is kept", nand.listed())


def lost(tap, nand):
    """What was good at the take, and is not any more."""
    nand.load(gravepages=f"{nand.chip_page(0)}:3,{nand.chip_page(30, 5)}:1")
    take = nand.take()
    code, told, said = nand.snapctl("verify")
    at = 30 * nand.block + 5 * nand.geometry.page
    tap.equal((take.code, code, told["results"][0]["reason_name"], told["ecc"]["copies_used"] > 0,
               told["ecc"]["uncorrectable_offset"]), (0, 6, "read", True, at),
              "a header is read from its copy; a page of the memory is lost, and named",
              f"{take}\n{told}\n{said}")
    tap.ok(f"0x{at:x}" in said, "to a person as well", said)


def no_room(tap, nand):
    nand.load(bad=range(4, 40), blocks=40)
    take = nand.take()
    tap.equal((take.cause, take.status["stage"], "nothing was erased" in take.err),
              ("too-small", "thaw", True), "where too many are bad, it is refused", str(take))


def other_kinds(tap, nand):
    take = nand.take("--two-pass --settle 0")
    refused(tap, take, "mtd-type", "nand, for pages that stay on flash",
            "no pages can stay on NAND flash")
    nand.load(ids=MLC)
    refused(tap, nand.take(), "mtd-type", "mlc-nand", "flash with more bits in a cell is refused")
    code, _, said = nand.snapctl("list")
    tap.note(f"{MTD}: list: exit code {code} {said}")


def bed(tap, name):
    made = Bed(tap, name, cpus=1, minimal=True, mem=192)
    made.machine.disks.append(make_disk(made.folder / "flash"))
    return made


@scenario("nand", 240)
def nand_takes(tap):
    """Takes to raw NAND whose blocks are bad, or go bad, and whose bits flip"""
    with bed(tap, "nand") as machine:
        machine.boot_cold()
        nand = Nand(machine)
        dropped(tap, nand, bad_from_the_start(tap, nand))
        going_bad(tap, nand)
        lost(tap, nand)
        no_room(tap, nand)
        other_kinds(tap, nand)


# Chips of each geometry.
ROUNDS = 12


def worn(tap, nand, name, number, chance):
    """A chip with faults anywhere, which takes and drops must get over."""
    count = nand.blocks
    bad = sorted(chance.sample(range(count), chance.randrange(count // 20)))
    weak = chance.sample(range(count), 3)
    pages = [nand.chip_page(block, chance.randrange(nand.block // nand.geometry.page))
             for block in chance.sample(range(count), 3)]
    # Two in 512 bytes are too many half of the time, and so more blocks than a take gets over.
    nand.load(bad=bad, bitflips=1 if nand.geometry.page == 512 else 2,
              weakblocks=",".join(f"{nand.chip_block(block)}:{chance.randrange(3)}"
                                  for block in weak),
              weakpages=",".join(f"{page}:{chance.randrange(3)}" for page in pages))
    for step in range(3):
        what = f"{name}, round {number}, take {step + 1}"
        take = nand.take()
        code, told, said = nand.snapctl("verify")
        # Two bits that flip at once in the same place are too many, once.
        for _ in range(3):
            if code == 0:
                break
            code, told, said = nand.snapctl("verify")
        tap.ok(take.code == 0 and code == 0, what,
               f"bad {bad}, weak {weak}, pages {pages}\n{take}\n{told}\n{said}\n{nand.said()}")
        if step == 1:
            code, told, said = nand.snapctl("drop")
            tap.ok(code == 0 and told["dropped"], f"{what} is dropped", f"{told}\n{said}")


@scenario("nand-soak", 7200, soak=True)
def nand_soak(tap):
    """Takes to chips of three geometries, with faults at random places; the seed is told"""
    seed = random.randrange(1 << 32)
    tap.note(f"seed {seed}")
    with bed(tap, "nand-soak") as machine:
        machine.boot_cold()
        for name in GEOMETRIES:
            nand = Nand(machine, GEOMETRIES[name])
            for number in range(1, ROUNDS + 1):
                worn(tap, nand, name, number, random.Random(f"{seed} {name} {number}"))
            nand.unload()
