# SPDX-License-Identifier: GPL-2.0-only
"""Ways in and levels: a machine that starts at EL2, with a kernel that runs
there or goes down; the boot loader as a kernel image, started by QEMU and from
the prompt of U-Boot. Each time a snapshot is really taken and comes back."""

import pathlib

import parts
from bed import BOOT_S, RESTORE_S, Bed

from . import scenario

UBOOT = "/usr/lib/u-boot/qemu_arm64/u-boot.bin"
# Behind the OS image: a place for the loader where U-Boot takes the first one.
STUB_OFFSET = 0x2F00000
STUB_LOAD = 0x41000000
PROMPT_S = 60


def loop(tap, bed, restores=3, take="", workload=True):
    """Cold boot, take, restores; the machine is on at the end."""
    bed.boot_cold()
    if workload:
        bed.start_workload()
    bed.must_take(take)
    seconds = []
    for number in range(1, restores + 1):
        seconds.append(bed.restore())
        bed.restored_points(f"restore {number} of {restores}: page, exit code 10, status, "
                            + "workload, " * workload + "log", workload)
        tap.equal(bed.machine.check("nproc").strip(), str(bed.machine.cpus), "all CPUs are back")
    tap.note("first HTTP 200 after " + " ".join(f"{s:.2f}" for s in seconds) + " s")


def level(bed):
    """What the kernel said at its cold boot about the level it runs at."""
    text = bed.machine.run("dmesg | grep 'CPU: All CPU(s) started at'").stdout
    vhe = bed.machine.run("dmesg | grep 'Virtualization Host Extensions'").stdout
    return text.strip()[-3:], bool(vhe.strip())


def other_level(tap, bed, **settings):
    """On a machine with these settings the snapshot is refused; on its own it comes back."""
    machine = bed.machine
    before = {name: getattr(machine, name) for name in settings}
    machine.kill()
    for name, value in settings.items():
        setattr(machine, name, value)
    machine.start()
    what = ", ".join(f"{name} {value}" for name, value in settings.items())
    told = machine.console.wait(r"bootstub: snapshot at .* refused: cpu .*: cold boot", RESTORE_S)
    tap.ok(told, f"with {what} the console says 'cpu'", machine.console.tail())
    bed.ready(BOOT_S)
    boot = bed.status()["boot"]
    tap.ok(boot["boot"] == "cold" and boot["reason_name"] == "cpu",
           f"with {what}: cold boot, the status says 'cpu'", boot)
    machine.kill()
    for name, value in before.items():
        setattr(machine, name, value)
    machine.start()
    bed.ready(RESTORE_S)
    bed.restored_points("at its own level it comes back", workload=False)


def el2_loop(tap, name, gic, cpu, vhe):
    with Bed(tap, name, cpus=4, gic=gic, cpu=cpu, el2=True) as bed:
        bed.boot_cold()
        tap.equal(level(bed), ("EL2", vhe), "the kernel runs where it should")
        bed.start_workload()
        bed.must_take()
        for number in (1, 2, 3):
            bed.restore()
            bed.restored_points(f"restore {number} of 3: page, exit code 10, status, workload, log")
            tap.equal(bed.machine.check("nproc").strip(), "4", "all CPUs are back")
        bed.must_take(what="the restored system takes a snapshot")
        bed.restore()
        bed.restored_points("and that is restored")
        other_level(tap, bed, el2=False)


# In make check each level runs with one of the controllers, here with the other.
@scenario("loop-el2-nvhe", 500, soak=True)
def loop_el2_nvhe(tap):
    """A machine that starts at EL2 and a kernel that goes down to EL1, GICv2"""
    el2_loop(tap, "loop-el2-nvhe", 2, "cortex-a57", False)


@scenario("loop-el2-nvhe-gicv3", 500)
def loop_el2_nvhe_gicv3(tap):
    """A machine that starts at EL2 and a kernel that goes down to EL1, GICv3"""
    el2_loop(tap, "loop-el2-nvhe-gicv3", 3, "cortex-a57", False)


@scenario("loop-el2-vhe", 500, soak=True)
def loop_el2_vhe(tap):
    """A kernel that runs at EL2 (VHE), GICv3"""
    el2_loop(tap, "loop-el2-vhe", 3, "neoverse-n1", True)


@scenario("loop-el2-vhe-gicv2", 500)
def loop_el2_vhe_gicv2(tap):
    """A kernel that runs at EL2 (VHE), GICv2"""
    el2_loop(tap, "loop-el2-vhe-gicv2", 2, "max", True)


@scenario("el1-on-el2", 300)
def el1_on_el2(tap):
    """A snapshot of a kernel that was entered at EL1 is refused by a machine that starts at EL2"""
    with Bed(tap, "el1-on-el2", cpus=2, gic=3, cpu="cortex-a76", minimal=True) as bed:
        bed.boot_cold()
        bed.must_take()
        other_level(tap, bed, el2=True)


def kernel_entry(tap, name, gic, cpu, el2):
    stub = parts.bootstub()
    with Bed(tap, name, cpus=2, gic=gic, cpu=cpu, el2=el2, kernel=stub) as bed:
        # Bank 0 forgets: the snapshot goes to the slot that lies in bank 1, and
        # must be small enough for it.
        loop(tap, bed, restores=2, take="--slot 1", workload=False)


@scenario("kernel-entry", 400)
def kernel_entry_el1(tap):
    """qemu -kernel bootstub.bin, at EL1"""
    kernel_entry(tap, "kernel-entry", 2, "cortex-a72", False)


@scenario("kernel-entry-el2", 400)
def kernel_entry_el2(tap):
    """qemu -kernel bootstub.bin, at EL2 with VHE"""
    kernel_entry(tap, "kernel-entry-el2", 3, "cortex-a76", True)


def from_prompt(machine):
    """What a person types: stop the countdown, copy the loader from flash, start it."""
    console = machine.console
    machine.wait_console(r"Hit any key to stop autoboot", PROMPT_S, partial=True)
    console.send(" ")
    machine.wait_console(r"^=> ", PROMPT_S, partial=True)
    size = parts.bootstub().stat().st_size
    console.send(f"cp.b {STUB_OFFSET:#x} {STUB_LOAD:#x} {size:#x}\r")
    machine.wait_console(r"^=> $", PROMPT_S, partial=True)
    console.send(f"booti {STUB_LOAD:#x} - $fdtcontroladdr\r")
    machine.wait_console(r"Starting kernel", PROMPT_S)


def uboot(tap, name, **machine):
    with Bed(tap, name, attend=from_prompt, **machine) as bed:
        loader = pathlib.Path(UBOOT).read_bytes()
        bed.flash.erase(0, 1 << 20)
        bed.flash.write(0, loader)
        bed.flash.write(STUB_OFFSET, parts.bootstub().read_bytes())
        loop(tap, bed)


@scenario("uboot", 500)
def uboot_el1(tap):
    """U-Boot starts the boot loader from its prompt, at EL1: cold boot, take, restores"""
    uboot(tap, "uboot", cpus=2, gic=2)


@scenario("uboot-el2", 500)
def uboot_el2(tap):
    """The same at EL2, with VHE"""
    uboot(tap, "uboot-el2", cpus=2, gic=3, cpu="cortex-a76", el2=True)
