# SPDX-License-Identifier: GPL-2.0-only
"""The payload: a squashfs that the root lays over itself. It brings what is
under test and what tests it, for one flavour of the kernel, so that the Debian
root below it stays the same.

Run by itself it makes the payloads of the flavours that it is given."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import parts

UNITS = parts.GUEST / "units"
SNAPCTL = parts.TOP / "tools/snapctl"
KEPT = 5


def copy(source, target, mode=0o755):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def add_modules(tree, flavour):
    """Ours, those of the kernel, and their index. depmod knows only the path without /usr."""
    build = parts.kernel_dir(flavour)
    release = (build / "include/config/kernel.release").read_text().strip()
    folder = tree / "usr/lib/modules" / release
    (folder / "kernel").mkdir(parents=True)
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        if (build / name).exists():
            copy(build / name, folder / name, 0o644)
    theirs = [parts.part(build / name, f"scripts/kernel.sh {flavour}")
              for name in (build / "modules.order").read_text().split()]
    for module in parts.modules(flavour) + theirs:
        copy(module, folder / "kernel" / module.name, 0o644)
    (tree / "lib").symlink_to("usr/lib")
    subprocess.run(["/sbin/depmod", "-b", tree, release], check=True)
    (tree / "lib").unlink()


def fill(tree, flavour):
    """Only /usr and /etc: at the top of the root these are directories, while
    /lib and /sbin are links, which a directory in the overlay would hide."""
    (tree / "snapcap-payload").write_text(f"{flavour}\n")
    copy(parts.snapctl_target(), tree / "usr/sbin/snapctl")
    parts.make("-C", "tools/snapctl", "install-system", f"DESTDIR={tree}")
    for name in ("agent", "workload", "kmsg_counter", "heap", "ledger", "clone_watch", "generation"):
        copy(parts.guest_program(name), tree / "usr/lib/snapcap" / name)
    for program in parts.kselftests():
        copy(program, tree / "usr/lib/snapcap/kselftest" / program.name)
    add_modules(tree, flavour)
    units = tree / "usr/lib/systemd/system"
    for unit in [*UNITS.glob("*.service"), *UNITS.glob("*.target")]:
        copy(unit, units / unit.name, 0o644)
    wants = tree / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    (wants / "snapcap-agent.service").symlink_to("/usr/lib/systemd/system/snapcap-agent.service")
    copy(UNITS / "snapcap-modules.conf", tree / "usr/lib/modules-load.d/snapcap.conf", 0o644)


def digest(tree):
    """Of names and contents, so that nothing is packed again without a change."""
    result = hashlib.sha256()
    for path in sorted(tree.rglob("*")):
        result.update(str(path.relative_to(tree)).encode())
        if path.is_symlink():
            result.update(os.readlink(path).encode())
        elif path.is_file():
            result.update(path.read_bytes())
    return result.hexdigest()[:16]


def build(flavour="base"):
    """Return: path of the payload"""
    output = parts.BUILD / "selftests/qemu"
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output) as scratch:
        tree = pathlib.Path(scratch) / "tree"
        tree.mkdir()
        tree.chmod(0o755)
        fill(tree, flavour)
        image = output / f"payload-{flavour}-{digest(tree)}.squashfs"
        if not image.exists():
            packed = pathlib.Path(scratch) / "image"
            subprocess.run(["mksquashfs", tree, packed, "-quiet", "-no-progress", "-all-root",
                            "-comp", "lz4"], check=True, stdout=subprocess.DEVNULL)
            packed.rename(image)
            # Another rig may be using the last one, or the one before.
            images = sorted(output.glob(f"payload-{flavour}-*.squashfs"),
                            key=lambda path: path.stat().st_mtime)
            for old in images[:-KEPT]:
                old.unlink()
    return image


if __name__ == "__main__":
    for name in sys.argv[1:] or ["base"]:
        print(build(name))
