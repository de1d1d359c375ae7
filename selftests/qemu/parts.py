# SPDX-License-Identifier: GPL-2.0-only
"""Where the parts of a machine are: what the build made, and what lies in the
cache; and having them made, before anything is measured or run in parallel."""

import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SNAPCAP_BUILD") or TOP / "build")
GUEST = TOP / "selftests" / "qemu" / "guest"
CROSS = os.environ.get("CROSS_COMPILE", "aarch64-linux-gnu-")
FLAVOURS = ("base", "debug", "kasan")


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


def apt_image():
    return script("apt.sh", "arm64")


def bootstub():
    return part(BUILD / "bootstub/qemu-virt-arm64/bootstub.bin",
                "make bootstub PLAT=qemu-virt-arm64")


def bootstub_with(name, *settings):
    """The loader of a board whose constants are others, such as WATCHDOG_MS=8000."""
    output = BUILD / "bootstub" / f"qemu-virt-arm64-{name}"
    make("-C", "bootstub", "PLAT=qemu-virt-arm64", f"O={output}", *settings)
    return output / "bootstub.bin"


def snapctl_target():
    return part(BUILD / triplet(CROSS) / "snapctl", f"make snapctl CROSS_COMPILE={CROSS}")


def snapctl_host():
    return part(BUILD / triplet() / "snapctl", "make snapctl")


def modules(flavour):
    """Our modules for a kernel: the product's, and those that only tests use."""
    folder = BUILD / "kmod" / flavour
    part(folder / "snapcap.ko", f"make kmod FLAVOUR={flavour}")
    return sorted(folder.glob("*.ko"))


def module_without_paging():
    """snapcap.ko as for a kernel that has no zsmalloc."""
    make("kmod", "FLAVOUR=base", "SNAPCAP_NO_PAGING=1")
    return part(BUILD / "kmod/base-no-paging/snapcap.ko", "make kmod SNAPCAP_NO_PAGING=1")


def kselftests():
    """Programs of selftests/snapcap and what runs them, if they were built."""
    folder = BUILD / "selftests/snapcap/arm64"
    if not folder.is_dir():
        return []
    return sorted(p for p in [*folder.iterdir(), *(TOP / "selftests/snapcap").glob("*.sh")]
                  if p.is_file() and os.access(p, os.X_OK))


def make(*args):
    run = subprocess.run(["make", "-s", "-C", TOP, *args], stdout=sys.stderr)
    if run.returncode:
        raise MissingPart(f"make {' '.join(args)} failed")


def build(flavours=("base",), tests=False):
    """Has everything made that a machine consists of; without changes it is quick."""
    make("bootstub", "PLAT=qemu-virt-arm64")
    make("snapctl")
    make("snapctl", f"CROSS_COMPILE={CROSS}")
    for flavour in flavours:
        make("kmod", f"FLAVOUR={flavour}")
    make("-C", "selftests/qemu", f"O={BUILD / 'selftests/qemu'}", f"CROSS_COMPILE={CROSS}")
    if tests:
        make("-C", "selftests/snapcap", f"OUTPUT={BUILD / 'selftests/snapcap/arm64'}",
             f"CROSS_COMPILE={CROSS}", "ARCH=arm64")


def guest_program(name):
    return part(BUILD / "selftests/qemu" / name, "make -C selftests/qemu")
