# SPDX-License-Identifier: GPL-2.0-only
"""The same loop, shorter, on kernels that are set up differently."""

from bed import WORKLOAD, Bed

from . import scenario

RESTORES = 3
# More than the pages that were free when the snapshot was taken, at 512 MiB.
ALLOCATE_MIB = 220


def short_loop(tap, name, cpus=1, gic=3, cmdline="", look=None, **bed_args):
    with Bed(tap, name, cpus=cpus, gic=gic, cmdline=cmdline, **bed_args) as bed:
        bed.boot_cold()
        if look:
            look(bed)
        bed.start_workload()
        bed.must_take()
        for number in range(1, RESTORES + 1):
            bed.restore()
            bed.restored_points(f"restore {number} of {RESTORES}")
            if look:
                look(bed)
            if number == 1:
                allocate(tap, bed)


def allocate(tap, bed):
    """Nearly all memory that was free in the snapshot is used once."""
    job = bed.machine.run(f"{WORKLOAD} --allocate={ALLOCATE_MIB}", 120 * bed.patience)
    tap.ok(job.code == 0, "memory that was free is zero when it is allocated", job)
    tap.ok(bed.ask().startswith("ok "), "and the workload is none the worse")
    found = bed.machine.problems()
    tap.ok(not found, "nor the kernel", "\n".join(found))


def log_has(tap, bed, pattern, what):
    job = bed.machine.run(f"dmesg | grep -E '{pattern}'")
    tap.ok(job.code == 0, what, f"no line matches '{pattern}'")


@scenario("preempt-none", 400)
def preempt_none(tap):
    """preempt=none"""
    short_loop(tap, "preempt-none", cpus=4, cmdline="preempt=none",
               look=lambda bed: log_has(tap, bed, "Dynamic Preempt: none", "preemption is off"))


# The kernel's default, so that of all other scenarios.
@scenario("preempt-full", 400, soak=True)
def preempt_full(tap):
    """preempt=full"""
    short_loop(tap, "preempt-full", cpus=4, gic=2, cmdline="preempt=full",
               look=lambda bed: log_has(tap, bed, "Dynamic Preempt: full", "preemption is full"))


@scenario("init-on-free", 400)
def init_on_free(tap):
    """init_on_free=1 init_on_alloc=1: pages that were free come back as zero"""
    short_loop(tap, "init-on-free", cmdline="init_on_free=1 init_on_alloc=1",
               look=lambda bed: log_has(tap, bed, "heap free:on", "init_on_free is on"))


@scenario("page-poison", 400)
def page_poison(tap):
    """page_poison=1: free pages must come back poisoned"""
    short_loop(tap, "page-poison", cmdline="page_poison=1",
               look=lambda bed: log_has(tap, bed, "page_poison=1", "page poisoning is on"))


@scenario("kaslr", 500)
def kaslr(tap):
    """Each cold boot has its own kernel address; each snapshot restores to its own"""
    address = "grep ' T schedule$' /proc/kallsyms"
    with Bed(tap, "kaslr", gic=2) as bed:
        bed.boot_cold()
        first = bed.machine.check(address).split()[0]
        bed.boot_cold()
        second = bed.machine.check(address).split()[0]
        tap.ok(first != second, "two cold boots have different kernel addresses",
               f"both are {first}")
        bed.must_take()
        for number in (1, 2):
            bed.restore()
            bed.restored_points(f"restore {number}", workload=False)
            tap.equal(bed.machine.check(address).split()[0], second,
                      "the kernel is where it was when the snapshot was taken")
        random = {bed.machine.check("head -c 16 /dev/urandom | od -An -tx1").strip()}
        for number in (3, 4):
            bed.restore()
            random.add(bed.machine.check("head -c 16 /dev/urandom | od -An -tx1").strip())
        tap.equal(len(random), 3, "each restore has its own random numbers", random)


@scenario("debug-kernel", 1500, flavour="debug")
def debug_kernel(tap):
    """Lock, sleep and slab checkers find nothing in a take and in restores"""
    def checkers(bed):
        stats = bed.machine.check("cat /proc/lockdep_stats")
        on = [line.split()[-1] for line in stats.splitlines() if "debug_locks" in line]
        tap.equal(on, ["1"], "the lock checker is still on")

    short_loop(tap, "debug-kernel", cpus=4, flavour="debug", look=checkers)
