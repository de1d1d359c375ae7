# SPDX-License-Identifier: GPL-2.0-only
"""A take that cannot be: one error each, told clearly, nothing lost by it, and
the next take works. Several share a machine, to save cold boots."""

from bed import WORKLOAD, Bed

from . import scenario

# Exit codes of snapctl.
FAILURE, USAGE, INVALID, UNSUPPORTED, BUSY, IO, NO_SPACE = 1, 2, 3, 4, 5, 6, 7
CANCELLED = 130
BADMTD = "/sys/module/snapcap_badmtd/parameters"
MIB = 1 << 20


def refused(tap, bed, what, cause, code, args="", prefix="", name=None, take=None,
            later="--dry-run"):
    """One line of the list: cause and exit code are right, the system is none the
    worse, and a later take works."""
    take = take or bed.take(args, prefix)
    faults = []
    if take.code != code or take.cause != cause:
        faults.append(f"exit code {take.code} should be {code}, cause '{take.cause}' '{cause}'")
    if name is not None and name not in take.status.get("name", ""):
        faults.append(f"'{name}' is not named, but '{take.status.get('name')}'")
    if not take.error.get("text") or not take.error.get("advice"):
        faults.append("no text or no advice")
    tap.ok(not faults, what, "\n".join(faults) + f"\n{take}")
    faults = bed.runs_on()
    tap.ok(not faults, f"{what}: the system runs on", "\n".join(faults))
    if later is not None:
        again = bed.take(later)
        tap.ok(again.code == 0, f"{what}: a later take works", again)
    return take


@scenario("take-target", 500)
def take_target(tap):
    """Errors of the target: missing, read-only, boot images, range, too small"""
    with Bed(tap, "take-target", cpus=1, gic=2) as bed:
        bed.boot_cold()
        refused(tap, bed, "partition missing", "no-mtd", FAILURE, "--mtd nowhere")
        refused(tap, bed, "partition read-only", "read-only", FAILURE, "--mtd bootstub")
        before = bed.machine.check("md5sum </dev/mtd1")
        refused(tap, bed, "overlapping the boot images", "not-snapshot", FAILURE, "--mtd os")
        tap.equal(bed.machine.check("md5sum </dev/mtd1"), before, "the boot images are untouched")
        refused(tap, bed, "area not on erase blocks", "range", USAGE, "--offset 4096")
        refused(tap, bed, "area outside of the partition", "range", USAGE, "--offset 1G")
        bed.machine.check(f"modprobe snapcap_badmtd size={4 * MIB}")
        take = refused(tap, bed, "partition too small", "too-small", NO_SPACE, "--mtd badmtd")
        tap.ok(take.status.get("detail", 0) > 4 * MIB, "it says how much is needed", take)
        tap.equal(bed.machine.check(f"cat {BADMTD}/erases").strip(), "0", "nothing was erased")
        bed.machine.check("modprobe mtdram total_size=4096 erase_size=128")
        refused(tap, bed, "RAM device too small", "too-small", NO_SPACE,
                "--mtd 'mtdram test device'")
        bed.must_take("--slot 0")
        refused(tap, bed, "no room beside the snapshot that is to be kept", "keep-previous",
                NO_SPACE, "--slot 0 --keep-previous", later="--dry-run --slot 1")
        bed.restore()
        bed.restored_points("after all this a snapshot is taken and restored", workload=False)


@scenario("take-memory", 500)
def take_memory(tap):
    """Not enough memory for the compressed copy: says how much is missing"""
    with Bed(tap, "take-memory", cpus=1, gic=3) as bed:
        bed.boot_cold()
        fill = bed.machine.agent().start(f"{WORKLOAD} --fill=260", 0)
        bed.machine.agent().pump(lambda: b"ok" in fill.out or fill.done, 60, "memory to be filled")
        take = bed.take()
        bed.machine.check("pkill -f 'workload --[f]ill'; sleep 1")
        refused(tap, bed, "not enough memory", "no-memory", NO_SPACE, take=take)
        tap.ok(take.status.get("detail", 0) > MIB, "it says how much is missing", take)
        tap.equal(take.status.get("previous"), "none", "nothing was erased", take)
        bed.must_take()
        bed.restore()
        bed.restored_points("a later snapshot is restored", workload=False)


@scenario("take-state", 600)
def take_state(tap):
    """Errors of the system: busy, capabilities, refusing drivers, signal, cancel, unload"""
    with Bed(tap, "take-state", cpus=4, gic=3) as bed:
        bed.boot_cold()

        bed.held_take("prepare")
        second = bed.machine.run("snapctl take --json")
        tap.equal(second.code, BUSY, "a second take while one runs is busy", second)
        tap.ok('"name":"busy"' in second.stdout.replace(" ", ""), "and says so", second)
        unload = bed.machine.run("rmmod snapcap")
        tap.ok(unload.code != 0 and "in use" in unload.stderr, "the module is in use meanwhile",
               unload)
        bed.release_take()
        tap.equal(bed.take_result(100).code, 0, "the first take is not disturbed")
        tap.ok(not bed.runs_on(), "and the system runs on", bed.runs_on())

        for capability in ("sys_admin", "sys_boot"):
            refused(tap, bed, f"no CAP_{capability.upper()}", "permission", FAILURE,
                    prefix=f"setpriv --bounding-set=-{capability} --inh-caps=-{capability}")

        bed.machine.check("modprobe snapcap_refuse refuse=1")
        for phase in ("prepare", "freeze", "late", "noirq"):
            bed.machine.check(f"echo {phase} >/sys/module/snapcap_refuse/parameters/phase")
            refused(tap, bed, f"a driver refuses to suspend ({phase})", "device", BUSY,
                    name="snapcap-refuse", later=None)
        bed.machine.check("rmmod snapcap_refuse")
        tap.equal(bed.take("--dry-run").code, 0, "without the driver a take works")

        bed.held_take("check")
        bed.machine.check("pkill -INT -x snapctl")
        refused(tap, bed, "signal before the freeze", "cancelled", CANCELLED,
                take=bed.take_result(30), later=None)
        bed.held_take("check")
        # _IO(0xb5, 6): SNAPCAP_IOC_CANCEL, from another process.
        bed.machine.check("perl -e 'open(F, \"+<\", \"/dev/snapcap\") or die; "
                          "ioctl(F, 0xb506, 0) or die $!'")
        refused(tap, bed, "CANCEL before the freeze", "cancelled", CANCELLED,
                take=bed.take_result(30), later=None)
        bed.release_take()
        tap.equal(bed.take("--dry-run").code, 0, "a later take works")

        bed.machine.check("rmmod snapcap && modprobe snapcap")
        tap.ok(True, "the module can be unloaded when nothing runs")
        bed.must_take()
        bed.restore()
        bed.restored_points("after all this a snapshot is taken and restored", workload=False)


@scenario("take-flash", 500)
def take_flash(tap):
    """Errors of the flash: erase, write, read-back; the old snapshot is lost or kept"""
    with Bed(tap, "take-flash", cpus=1, gic=3, minimal=True) as bed:
        bed.boot_cold()
        slot = 64 * MIB
        target = "--mtd badmtd"

        def fresh():
            """What the device holds is memory in use, which makes the next image larger."""
            bed.machine.run("rmmod snapcap_badmtd")
            bed.machine.check(f"modprobe snapcap_badmtd size={2 * slot} erasesize={256 << 10}")

        def inject(**faults):
            for name in ("fail_erase_at", "fail_write_at", "fail_read_at", "flip_read_at"):
                bed.machine.check(f"echo {faults.get(name, -1)} >{BADMTD}/{name}")

        for what, cause, faults in (
                ("erase error", "erase", {"fail_erase_at": MIB}),
                ("write error", "write", {"fail_write_at": 2 * MIB}),
                ("write error in the commit mark", "write", {"fail_write_at": 4096}),
                ("read-back error", "read-back", {"flip_read_at": 3 * MIB})):
            fresh()
            bed.must_take(f"{target} --slot 0", f"{what}: without it a take works")
            fresh()
            if "fail_erase_at" in faults:
                # Only what is not erased gets erased.
                bed.machine.check("head -c 4M /dev/zero >/dev/mtd3")
            inject(**faults)
            take = refused(tap, bed, f"{what}, no snapshot there", cause, IO,
                           f"{target} --slot 0", later=None)
            tap.equal(take.status.get("previous"), "none", f"{what}: none was lost", take)
        fresh()
        bed.must_take(f"{target} --slot 0", "the same flash without errors works")
        verify(tap, bed, 1)

        inject(fail_write_at=slot + 2 * MIB)
        take = refused(tap, bed, "write error beside a snapshot", "write", IO,
                       f"{target} --slot 1", later=None)
        tap.equal(take.status.get("previous"), "kept", "the old snapshot is named as kept", take)
        verify(tap, bed, 1)
        inject(flip_read_at=2 * MIB)
        take = refused(tap, bed, "read-back error over a snapshot", "read-back", IO,
                       f"{target} --slot 0", later=None)
        tap.equal(take.status.get("previous"), "lost", "the old snapshot is named as lost", take)
        verify(tap, bed, 0)
        inject()
        bed.must_take(f"{target} --slot 1", "a later take works")
        bed.machine.check("rmmod snapcap_badmtd")
        bed.must_take(what="and one into the real flash")
        bed.restore()
        bed.restored_points("which is restored", workload=False)


def verify(tap, bed, snapshots):
    """What snapctl finds on the test flash must agree with what take said."""
    job = bed.machine.run("snapctl verify badmtd", 120)
    if snapshots:
        tap.equal(job.code, 0, "a good snapshot is there", job)
    else:
        tap.equal(job.code, INVALID, "no good snapshot is there", job)


@scenario("take-region", 300)
def take_region(tap):
    """A driver's region: saved and restored; refused where it must not be"""
    parameters = "/sys/module/snapcap_region/parameters"
    # The kernel leaves the end of the memory alone: a driver may own it.
    base, size = 0x40000000 + (480 << 20), 2 * MIB
    with Bed(tap, "take-region", cpus=1, gic=2, minimal=True, cmdline="mem=480M") as bed:
        bed.boot_cold()
        for what, start in (("boot loader's memory", bed.status()["info"]["stub_base"]),
                            ("hand-off page", bed.status()["info"]["handoff_base"])):
            job = bed.machine.run(f"modprobe snapcap_region base={start} size=4096")
            if job.code:
                tap.ok(True, f"a region in the {what} is refused when it is registered")
                continue
            refused(tap, bed, f"a region in the {what}", "region", FAILURE,
                    name="snapcap-region", later=None)
            bed.machine.check("rmmod snapcap_region")
        bed.machine.check(f"modprobe snapcap_region base={base} size={size} && "
                          f"echo 7 >{parameters}/fill")
        tap.equal(bed.machine.check(f"cat {parameters}/mismatches").strip(), "0",
                  "a region outside of the kernel's memory is filled")
        bed.must_take()
        bed.restore()
        bed.restored_points("restored with a driver's region", workload=False)
        tap.equal(bed.machine.check(f"cat {parameters}/mismatches").strip(), "0",
                  "the region came back as it was")


@scenario("take-no-stub", 300)
def take_no_stub(tap):
    """Booted without the boot loader, then lockdown"""
    with Bed(tap, "take-no-stub", cpus=1, gic=3, minimal=True) as bed:
        machine = bed.machine
        machine.flash, machine.kernel, machine.append = None, bed.kernel, bed.cmdline
        bed.boot_cold()
        machine.check("modprobe snapcap_badmtd")
        refused(tap, bed, "no boot loader announced", "no-stub", UNSUPPORTED, "--mtd badmtd",
                later=None)
        job = machine.run("snapctl status --json")
        tap.ok(job.code == 0 and '"no-stub"' in job.stdout.replace(" ", ""),
               "status tells it, too", job)
        job = machine.run("snapctl audit --json 2>/dev/null", 60)
        told = job.stdout.replace(" ", "")
        tap.ok(job.code == 9 and '"no-stub"' in told and '"ok":true' in told,
               "audit tells it, and its dry run needs no boot loader", job)
    # A later take cannot work there. Lockdown cannot be left, but by a reset.
    with Bed(tap, "take-lockdown", cpus=1, gic=2, minimal=True) as bed:
        bed.boot_cold()
        bed.machine.check("mountpoint -q /sys/kernel/security || "
                          "mount -t securityfs s /sys/kernel/security; "
                          "echo integrity >/sys/kernel/security/lockdown")
        bed.machine.expect_complaints = True   # "Lockdown: ..." is a message of its own
        refused(tap, bed, "kernel lockdown", "lockdown", UNSUPPORTED, later=None)
        bed.machine.expect_complaints = False
        bed.boot_cold()
        bed.must_take(what="after a reset without lockdown a take works")
        bed.restore()
        bed.restored_points("and is restored", workload=False)


