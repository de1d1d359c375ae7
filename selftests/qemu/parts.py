# SPDX-License-Identifier: GPL-2.0-only
"""Where the parts of a machine are: what the build made, and what lies in the
cache. Nothing is built here; a missing part names the command that makes it."""

import os
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
GUEST = TOP / "selftests" / "qemu" / "guest"
CROSS = os.environ.get("CROSS_COMPILE", "aarch64-linux-gnu-")
FLAVOURS = ("base", "debug")


class MissingPart(Exception):
    """Something that must be built first."""


def part(path, how):
    path = pathlib.Path(path)
    if not path.exists():
        raise MissingPart(f"{path} does not exist; make it with: {how}")
    return path


def triplet(prefix=""):
    return subprocess.run([prefix + "gcc", "-dumpmachine"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def script(name, *args):
    """The path that a script of the cache prints. It is quick once it was made."""
    run = subprocess.run([TOP / "scripts" / name, *args], text=True, stdout=subprocess.PIPE)
    if run.returncode:
        raise MissingPart(f"scripts/{name} {' '.join(args)} failed")
    return pathlib.Path(run.stdout.strip())


def kernel_dir(flavour):
    return pathlib.Path(os.environ.get(f"SNAPCAP_KERNEL_{flavour.upper()}")
                        or script("kernel.sh", flavour))


def kernel_image(flavour="base"):
    return part(kernel_dir(flavour) / "arch/arm64/boot/Image", f"scripts/kernel.sh {flavour}")


def root_image():
    return pathlib.Path(os.environ.get("SNAPCAP_ROOTFS") or script("rootfs.sh", "arm64"))


def bootstub():
    return part(BUILD / "bootstub/qemu-virt-arm64/bootstub.bin",
                "make bootstub PLAT=qemu-virt-arm64")


def snapctl_target():
    return part(BUILD / triplet(CROSS) / "snapctl", f"make snapctl CROSS_COMPILE={CROSS}")


def snapctl_host():
    return part(BUILD / triplet() / "snapctl", "make snapctl")


def modules(flavour):
    """Our modules for a kernel: the product's, and those that only tests use."""
    found = [part(BUILD / "kmod" / flavour / "snapcap.ko", f"make kmod FLAVOUR={flavour}")]
    found += sorted((BUILD / "selftests/modules" / flavour).glob("*.ko"))
    return found


def kselftests():
    """Programs of selftests/snapcap, if they were built."""
    folder = BUILD / "selftests/snapcap"
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.is_file() and os.access(p, os.X_OK))


def guest_program(name):
    return part(BUILD / "selftests/qemu" / name, "make -C selftests/qemu")
