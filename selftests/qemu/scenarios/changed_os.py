# SPDX-License-Identifier: GPL-2.0-only
"""Power is on again, and the OS image in flash is not the one that the snapshot's
system was booted from."""

import gzip
import json
import subprocess

import flash as flash_module
import parts
from bed import BOOT_S, RESTORE_S, Bed
from machine import QEMU

from . import scenario

INSTALL_S = 120
TREE = "/proc/device-tree/chosen"


def device_tree(machine, path):
    """The machine's own. With flash to start from, it has other devices than without."""
    subprocess.run([QEMU, "-nodefaults", "-display", "none", "-cpu", machine.cpu,
                    "-machine", f"virt,gic-version={machine.gic},dumpdtb={path}",
                    "-smp", str(machine.cpus), "-m", str(machine.mem),
                    "-drive", f"if=pflash,format=raw,unit=0,file={machine.flash}/bank0.img"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


def changed_tree(tree, path):
    path.write_bytes(tree.read_bytes())
    subprocess.run(["fdtput", "-t", "s", path, "/chosen", "snapcap-test", "changed"], check=True)
    return path


def ram_disk(path, content):
    """A cpio archive with one file. It has no /init, so that the root is booted as ever."""
    def entry(name, mode, data):
        fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name + b"\0"
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)

    path.write_bytes(gzip.compress(entry(b"file", 0o100644, content)
                                   + entry(b"TRAILER!!!", 0, b""), mtime=0))
    return path


def changed_kernel(kernel, path):
    """The same release and the same build id, but built by somebody else, says /proc/version."""
    data = kernel.read_bytes()
    at = data.index(b"(", data.index(b"Linux version "))
    path.write_bytes(data.replace(data[at:at + 8], b"(changed"))
    return path


class Images:
    """OS images of one set of parts, each time with another one changed."""

    def __init__(self, bed):
        folder = bed.folder / "flash"
        self.bed, self.folder = bed, folder
        self.parts = {
            "kernel": bed.kernel,
            "dtb": device_tree(bed.machine, folder / "dtb"),
            "initrd": ram_disk(folder / "initrd", b"one\n"),
        }
        self.other = {
            "kernel": changed_kernel(bed.kernel, folder / "kernel-2"),
            "dtb": changed_tree(self.parts["dtb"], folder / "dtb-2"),
            "initrd": ram_disk(folder / "initrd-2", b"two, and of another size\n" * 9),
        }

    def make(self, version, changed=None):
        """Return: path and identity"""
        part = {**self.parts, **({changed: self.other[changed]} if changed else {})}
        path = flash_module.os_image(part["kernel"], self.bed.cmdline,
                                     self.folder / f"os-{changed}-{version}.img",
                                     "--dtb", part["dtb"], "--initrd", part["initrd"],
                                     "--image-version", str(version), "--compress")
        told = subprocess.run([parts.snapctl_host(), "info", "--json", path], check=True,
                              stdout=subprocess.PIPE).stdout
        return path, json.loads(told)["os_identity"]

    def put(self, path):
        """As a programmer writes it, in place of all that was there."""
        start = flash_module.OS_OFFSET
        self.bed.flash.erase(start, flash_module.SNAPSHOT_OFFSET - start)
        self.bed.flash.write(start, path.read_bytes())


def must_refuse(tap, bed, version, identity, what):
    """Power on: a cold boot of that image, with the reason. Return: status"""
    if bed.machine.process:
        bed.machine.power_cycle()
    else:
        bed.machine.start()
    bed.machine.wait_console(r"bootstub: snapshot \d+ at", RESTORE_S)
    found = bed.machine.console.wait(rf"refused: os-changed \(os image {version}\): cold boot",
                                     RESTORE_S)
    tap.ok(found, f"{what}: the boot loader refuses the snapshot", bed.machine.console.tail())
    bed.ready(BOOT_S)
    status = bed.status()
    tap.equal((status["boot"]["boot"], status["boot"]["reason_name"], status["boot"]["detail"],
               status["info"]["os_identity"]), ("cold", "os-changed", version, identity),
              f"{what}: a cold boot of the image in flash, with the reason")
    return status


def initrd_bytes(bed):
    """Of what Linux was given."""
    start, end = (int(bed.machine.check(f"od -An -v -tx1 {TREE}/linux,initrd-{name}")
                      .replace(" ", ""), 16) for name in ("start", "end"))
    return end - start


@scenario("changed-os", 900)
def changed_os(tap):
    """Device tree, initrd and kernel in flash change: the snapshot waits for its own system"""
    with Bed(tap, "changed-os", cpus=1, gic=3, minimal=True) as bed:
        machine = bed.machine
        images = Images(bed)
        first, identity = images.make(1)
        update, updated = images.make(2, "initrd")
        images.put(first)
        size = update.stat().st_size
        disk = bed.folder / "flash" / "update.disk"
        disk.write_bytes(update.read_bytes() + bytes(-size % 4096))
        machine.disks = [disk]

        bed.boot_cold()
        tap.equal(bed.status()["info"]["os_identity"], identity,
                  "the system knows which image it was booted from")
        tap.equal(initrd_bytes(bed), images.parts["initrd"].stat().st_size,
                  "with the initrd of the image")
        bed.must_take()
        bed.restore()
        tap.equal(bed.restored_points("nothing was changed: restored", workload=False)
                  ["info"]["os_identity"], identity, "and knows it still")

        # The update without the drop that should come first; and a take before the restart.
        machine.check(f"head -c {size} /dev/vdc >/run/os.img && snapctl install /run/os.img",
                      INSTALL_S)
        bed.must_take("--slot 1", "after the update of the initrd a snapshot is taken")
        text = machine.check("snapctl info --sequence 2 mtd:snapshot")
        tap.ok(identity in text, "it is bound to the image that was booted", text)
        must_refuse(tap, bed, 2, updated, "another initrd")
        tap.equal(initrd_bytes(bed), images.other["initrd"].stat().st_size,
                  "with the initrd of the update")
        text = machine.check("snapctl status")
        tap.ok("initrd or command line were updated" in text, "status says it in words", text)
        machine.kill()

        images.put(images.make(3, "dtb")[0])
        must_refuse(tap, bed, 3, images.make(3, "dtb")[1], "another device tree")
        tap.equal(machine.check(f"cat {TREE}/snapcap-test"), "changed\0", "it is the one in use")
        machine.kill()

        images.put(images.make(4, "kernel")[0])
        must_refuse(tap, bed, 4, images.make(4, "kernel")[1], "another kernel of the same build id")
        text = machine.check("cat /proc/version")
        tap.ok("(changed" in text, "it is the one that runs", text)
        machine.kill()

        images.put(first)
        machine.start()
        bed.ready(RESTORE_S)
        status = bed.restored_points("the first image is back: so is the snapshot",
                                     workload=False)
        tap.equal((status["boot"]["sequence"], status["info"]["os_identity"]), (2, identity),
                  "the newest one, of that image")
