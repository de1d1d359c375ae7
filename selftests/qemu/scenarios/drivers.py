# SPDX-License-Identifier: GPL-2.0-only
"""Drivers that know a snapshot, and drivers that do not: the samples of
Documentation/drivers.rst on the devices that they are for."""

import subprocess

import flash
from bed import Bed
from machine import QEMU

from . import scenario
from .trouble import BUSY, FAILURE, refused

# SNAPCAP_STATE_*
NONE, PASS1, PASS2, BOOT = 0, 1, 2, 5
EDU = "/sys/bus/pci/drivers/snapcap_edu"
REGION = "/sys/module/snapcap_region/parameters"
OPS = "/sys/module/snapcap_ops/parameters"
# Devices are suspended and resumed, by an ordinary suspend.
SUSPEND = ("echo 0 >/sys/module/suspend/parameters/pm_test_delay; "
           "echo devices >/sys/power/pm_test; echo freeze >/sys/power/state")
# SNAPCAP_IOC_REHEARSE: prints errno, cause and name. Its status is at 32.
REHEARSE = ("perl -e '$a = pack(\"LL\", 272, {state}) . \"\\0\" x 264; "
            "open(F, \"+<\", \"/dev/snapcap\") or die; "
            "$r = ioctl(F, 0xc110b50c, $a) ? 0 : $! + 0; "
            "print $r, \" \", unpack(\"L\", substr($a, 48, 4)), \" \", "
            "unpack(\"Z*\", substr($a, 64, 64)), \"\\n\";'")
CAUSE_DEVICE, CAUSE_PREPARE = 13, 26
# A refusal to suspend, and that of snapcap_ops.
EBUSY, EAGAIN = 16, 11


def rehearse(bed, state=PASS1):
    """Return: (errno, cause, name)"""
    error, cause, name = bed.machine.check(REHEARSE.format(state=state)).rstrip("\n").split(" ")
    return int(error), int(cause), name


class Edu:
    """The device, as its driver shows it."""

    def __init__(self, bed):
        self.bed = bed
        self.path = None

    def load(self, naive):
        if self.path:
            self.bed.machine.check("rmmod snapcap_edu")
        self.path = self.bed.machine.check(f"modprobe snapcap_edu naive={naive} && "
                                           f"echo {EDU}/0000:*").strip()

    def get(self, name):
        return int(self.bed.machine.check(f"cat {self.path}/{name}"))

    def state(self):
        """(setup writes, wrong settings, clock on, counted as on)"""
        return tuple(self.get(name) for name in
                     ("setup_writes", "wrong_settings", "clock_on", "clock_counted"))

    def works(self):
        job = self.bed.machine.run(f"echo 5 >{self.path}/factorial")
        return job.code == 0 and self.get("factorial") == 120


def right_driver(tap, bed, edu):
    machine = bed.machine
    edu.load(naive=0)
    tap.ok(edu.works(), "the driver works")
    tap.equal(edu.state(), (4, 0, 1, 1), "set up: the clock on and three settings written")
    machine.check(SUSPEND)
    tap.equal(edu.state(), (4, 0, 1, 1), "an ordinary suspend: nothing is written again")
    tap.equal(machine.check(f"cat {REGION}/suspend_state").strip(), str(NONE),
              "and drivers see NONE")
    tap.equal(rehearse(bed), (0, 0, ""), "the devices are suspended and resumed in PASS1")
    tap.equal(edu.state(), (4, 0, 1, 1), "PASS1: nothing is written again")
    tap.equal(machine.check(f"cat {REGION}/thaw_state").strip(), str(PASS1), "drivers see PASS1")
    machine.check(f"echo 0 >{OPS}/calls")
    bed.must_take()
    tap.equal(edu.state(), (4, 0, 1, 1), "PASS2: nothing is written again")
    tap.equal(machine.check(f"cat {REGION}/thaw_state").strip(), str(PASS2), "drivers see PASS2")
    tap.ok(edu.works(), "after the take it works")

    bed.restore()
    bed.restored_points("restored", workload=False)
    tap.equal(edu.state(), (8, 0, 1, 1), "BOOT: all is written again")
    tap.ok(edu.works(), "after the restore it works")
    tap.equal(machine.check(f"cat {REGION}/restore_state").strip(), str(BOOT),
              "drivers see BOOT")
    machine.check(SUSPEND)
    tap.equal(edu.state(), (8, 0, 1, 1),
              "an ordinary suspend of the restored system: nothing is written again")
    tap.equal(machine.check(f"cat {REGION}/resume_state").strip(), str(NONE),
              "drivers see NONE, not BOOT")


def calls(name, argument, state, order=("one", "two", "three")):
    return [f"{owner}.{name}:{argument}/{state}" for owner in order]


def ordered_callbacks(tap, bed):
    """Of the take whose restored system this is."""
    expected = (calls("prepare", PASS2, NONE) + calls("capture", -1, "2i") +
                calls("early", -1, "5i") + calls("restore", -1, BOOT) +
                calls("finish", BOOT, NONE, ("three", "two", "one")))
    tap.equal(bed.machine.check(f"cat {OPS}/calls").split(), expected,
              "callbacks in their order, before and after the devices, to the end of the restore")


def naive_drivers(tap, bed, edu):
    edu.load(naive=1)
    tap.ok(edu.works(), "a driver that trusts the clock's count works")
    bed.must_take()
    tap.ok(edu.works(), "after the take too")
    bed.restore()
    bed.restored_points("restored", workload=False)
    tap.equal(edu.state(), (4, 3, 0, 1),
              "the count came back with memory, clock and settings did not")
    tap.ok(not edu.works(), "it fails after the restore")

    edu.load(naive=2)
    tap.ok(edu.works(), "a driver that sets up at each resume works")
    tap.equal(edu.state(), (4, 0, 1, 1), "it is set up once")
    bed.must_take()
    tap.equal(edu.state()[0], 8, "at the take it writes to hardware that was never off")
    bed.restore()
    bed.restored_points("restored", workload=False)
    tap.ok(edu.works(), "after the restore it works")


@scenario("driver-power", 500)
def driver_power(tap):
    """A clock and registers: the driver of the guide works, naive ones do not"""
    with Bed(tap, "driver-power", cpus=2, gic=3, minimal=True, extra=["-device", "edu"]) as bed:
        bed.boot_cold()
        bed.machine.check("modprobe snapcap_region && modprobe snapcap_ops")
        edu = Edu(bed)
        right_driver(tap, bed, edu)
        ordered_callbacks(tap, bed)
        naive_drivers(tap, bed, edu)


@scenario("driver-refuses", 500)
def driver_refuses(tap):
    """Prepare, capture or a PM callback refuses in PASS1 and PASS2: named, all as before"""
    with Bed(tap, "driver-refuses", cpus=2, gic=2, minimal=True, extra=["-device", "edu"]) as bed:
        bed.boot_cold()
        bed.machine.check("modprobe snapcap_ops && modprobe snapcap_refuse")
        edu = Edu(bed)
        edu.load(naive=0)

        def as_before(what, state):
            tap.ok(bed.status()["state"] == state and not bed.runs_on() and
                   edu.works() and edu.state() == (4, 0, 1, 1),
                   f"{what}: the system is as before", f"{bed.runs_on()} {edu.state()}")

        def in_both(what, cause, name, error, text):
            tap.equal(rehearse(bed), (error, cause, name), f"{what} in PASS1 is named")
            as_before(f"{what} in PASS1", "none")
            refused(tap, bed, f"{what} in PASS2", text, BUSY, name=name, later=None)
            as_before(f"{what} in PASS2", "none")

        bed.machine.check(f"echo 2 >{OPS}/refuse_prepare; echo 0 >{OPS}/calls")
        in_both("a driver that is not prepared", CAUSE_PREPARE, "two", EAGAIN, "prepare")
        expected = []
        for state in (PASS1, PASS2):
            expected += calls("prepare", state, NONE, ("one", "two"))
            expected += calls("finish", state, NONE, ("one",))
        tap.equal(bed.machine.check(f"cat {OPS}/calls").split(), expected,
                  "who was prepared before it is finished, who comes after it is not called")
        bed.machine.check(f"echo 0 >{OPS}/refuse_prepare; echo 1 >{OPS}/refuse_capture")
        refused(tap, bed, "a driver that is not captured", "prepare", BUSY, name="one",
                later=None)
        as_before("a driver that is not captured", "none")
        bed.machine.check(f"echo 0 >{OPS}/refuse_capture")

        parameters = "/sys/module/snapcap_refuse/parameters"
        bed.machine.check(f"echo 1 >{parameters}/refuse")
        for phase in ("prepare", "freeze", "late", "noirq"):
            bed.machine.check(f"echo {phase} >{parameters}/phase")
            in_both(f"a PM callback that fails ({phase})", CAUSE_DEVICE, "snapcap-refuse", EBUSY,
                    "device")
        bed.machine.check(f"echo 0 >{parameters}/refuse")
        tap.equal(rehearse(bed), (0, 0, ""), "when none refuses PASS1 goes well")
        bed.must_take(what="and a snapshot is taken")
        bed.restore()
        bed.restored_points("and restored", workload=False)


CARVEOUT, CARVEOUT_SIZE = 0x5c000000, 2 << 20
DISPLAY = "/sys/bus/platform/drivers/snapcap_carveout/display"


def tree_with_carveout(bed, base):
    """The machine's device tree, with memory that the kernel leaves to a device."""
    tree = bed.folder / "carveout.dtb"
    machine = bed.machine
    # Without flash it would be a board with other devices.
    subprocess.run([QEMU, "-machine", f"virt,gic-version={machine.gic},dtb-randomness=off,"
                                      f"dumpdtb={tree}", "-nodefaults", "-display", "none",
                    "-cpu", machine.cpu, "-smp", str(machine.cpus), "-m", str(machine.mem),
                    "-drive", f"if=pflash,format=raw,readonly=on,file={bed.flash.bank(0)}"],
                   check=True, stderr=subprocess.DEVNULL)

    def put(node, name, *values, kind="x"):
        subprocess.run(["fdtput", "-t", kind, tree, node, name,
                        *(v if isinstance(v, str) else f"{v:x}" for v in values)], check=True)

    reserved, phandle = "/reserved-memory", 0x7a
    memory = f"{reserved}/framebuffer@{base:x}"
    subprocess.run(["fdtput", "-c", tree, reserved, memory, "/display"], check=True)
    put(reserved, "#address-cells", 2)
    put(reserved, "#size-cells", 2)
    put(reserved, "ranges")
    put(memory, "reg", 0, base, 0, CARVEOUT_SIZE)
    put(memory, "no-map")
    put(memory, "phandle", phandle)
    put("/display", "compatible", "snapcap,sample-display", kind="s")
    put("/display", "memory-region", phandle)
    return tree


def install_with_carveout(bed, base):
    bed.flash.erase(flash.OS_OFFSET, flash.SNAPSHOT_OFFSET - flash.OS_OFFSET)
    flash.install(bed.flash, flash.OS_OFFSET, bed.kernel, bed.cmdline, "--dtb",
                  tree_with_carveout(bed, base))


@scenario("driver-carveout", 400)
def driver_carveout(tap):
    """A framebuffer in reserved memory of the device tree is captured and restored"""
    with Bed(tap, "driver-carveout", cpus=2, gic=3, minimal=True) as bed:
        install_with_carveout(bed, CARVEOUT)
        bed.boot_cold()
        machine = bed.machine
        iomem = machine.check(f"grep '^{CARVEOUT:08x}-' /proc/iomem").strip()
        tap.equal(iomem, f"{CARVEOUT:08x}-{CARVEOUT + CARVEOUT_SIZE - 1:08x} : reserved",
                  "the boot loader passes the reserved memory on")
        total = f"{CARVEOUT_SIZE >> 20}"
        machine.check("modprobe snapcap_carveout")
        fill = (f"dd if=/dev/urandom of=/run/picture bs=1M count={total} 2>/dev/null && "
                f"cat /run/picture >{DISPLAY}/contents && cmp /run/picture {DISPLAY}/contents && "
                "md5sum </run/picture")
        picture = machine.check(fill)
        machine.check("rm /run/picture")
        bed.must_take(what="a snapshot with a framebuffer is taken")
        machine.check(f"dd if=/dev/zero of={DISPLAY}/contents bs=1M count={total}")
        for number in (1, 2):
            bed.restore()
            bed.restored_points(f"restore {number} of 2", workload=False)
            tap.equal(machine.check(f"md5sum <{DISPLAY}/contents"), picture,
                      "the framebuffer holds the picture")

        # Without the region: shows that it is not there by chance.
        machine.check("rmmod snapcap_carveout")
        bed.must_take(what="a snapshot is taken without the driver")
        bed.restore()
        bed.restored_points("and restored", workload=False)
        machine.check("modprobe snapcap_carveout")
        tap.ok(machine.check(f"md5sum <{DISPLAY}/contents") != picture,
               "then the framebuffer is not in the snapshot")

        # A tree that gives the loader's memory away.
        loader = bed.status()["info"]["stub_base"]
        machine.check("snapctl drop --all")
        machine.kill()
        install_with_carveout(bed, loader)
        bed.boot_cold()
        machine.check("modprobe snapcap_carveout")
        take = refused(tap, bed, "reserved memory that is the loader's", "region", FAILURE,
                       name="display", later=None)
        tap.equal(take.status.get("detail"), loader, "the message has its address")
        machine.check("rmmod snapcap_carveout")
        tap.equal(bed.take("--dry-run").code, 0, "without the driver a take works")
