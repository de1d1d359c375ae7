# SPDX-License-Identifier: GPL-2.0-only
"""The flash of QEMU virt: two banks of 64 MiB, one file each, seen as one.

  0x00000000  the boot loader
  0x00100000  OS images
  0x03000000  snapshots, up to the end
"""

import os
import pathlib
import shutil
import subprocess

import parts

BANK = 64 << 20
SIZE = 2 * BANK
ERASE_BLOCK = 256 << 10
OS_OFFSET = 0x00100000
SNAPSHOT_OFFSET = 0x03000000
SNAPSHOT_SIZE = SIZE - SNAPSHOT_OFFSET
SLOT_SIZE = SNAPSHOT_SIZE // 2
# Of a flash that also has filesystems: at its end, taken from the room for snapshots.
DATA_SIZE = 16 << 20
DATA_OFFSET = SIZE - DATA_SIZE
DATA_NUMBER = 3


def data_parts(*parts):
    """For the kernel command line: MTD devices from DATA_NUMBER on, each of them
    (name, offset in the data, size) with "ro" or "" behind; two may lie at the same place."""
    text = (f"mtdparts=0.flash:{OS_OFFSET}(bootstub)ro,{SNAPSHOT_OFFSET - OS_OFFSET}(os),"
            f"{DATA_OFFSET - SNAPSHOT_OFFSET}(snapshot)")
    for name, offset, size, mode in parts:
        text += f",{size}@{DATA_OFFSET + offset}({name}){mode}"
    return text


class Flash:
    """A directory with bank0.img and bank1.img; offsets are those of the CPU."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def __fspath__(self):
        return str(self.folder)

    def __str__(self):
        return str(self.folder)

    def bank(self, number):
        return self.folder / f"bank{number}.img"

    def pieces(self, offset, size):
        """The (bank, offset in it, bytes) that a range consists of."""
        if offset < 0 or size < 0 or offset + size > SIZE:
            raise ValueError(f"{offset:#x}+{size:#x} is outside the flash")
        while size:
            count = min(size, BANK - offset % BANK)
            yield self.bank(offset // BANK), offset % BANK, count
            offset += count
            size -= count

    def read(self, offset, size):
        data = b""
        for path, start, count in self.pieces(offset, size):
            with open(path, "rb") as bank:
                bank.seek(start)
                data += bank.read(count)
        return data

    def write(self, offset, data):
        for path, start, count in self.pieces(offset, len(data)):
            with open(path, "r+b") as bank:
                bank.seek(start)
                bank.write(data[:count])
            data = data[count:]

    def erase(self, offset, size):
        self.write(offset, b"\xff" * size)

    def copy(self, folder):
        """The same contents somewhere else, for a test that spoils them."""
        other = Flash(folder)
        other.folder.mkdir(parents=True, exist_ok=True)
        for number in (0, 1):
            shutil.copyfile(self.bank(number), other.bank(number))
        return other

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def create(folder):
    """Erased flash."""
    flash = Flash(folder)
    flash.folder.mkdir(parents=True, exist_ok=True)
    block = b"\xff" * (4 << 20)
    for number in (0, 1):
        with open(flash.bank(number), "wb") as bank:
            for _ in range(BANK // len(block)):
                bank.write(block)
    return flash


def os_image(kernel, cmdline, output, *options):
    subprocess.run([parts.snapctl_host(), "--quiet", "mkimage", "--kernel", kernel,
                    "--cmdline", cmdline, "--output", output, *options], check=True,
                   stdout=subprocess.DEVNULL)
    return output


def install(flash, offset, kernel, cmdline, *options):
    """Writes an OS image as a programmer would. Return: the offset behind it"""
    image = flash.folder / "os.img"
    data = os_image(kernel, cmdline, image, *options).read_bytes()
    os.unlink(image)
    if offset + len(data) > SNAPSHOT_OFFSET:
        raise ValueError(f"OS image of {len(data)} bytes does not fit")
    flash.write(offset, data)
    return offset + -(-len(data) // ERASE_BLOCK) * ERASE_BLOCK


def bootable(folder, kernel, cmdline, stub=None):
    """Flash as it leaves the factory: loader and OS image, no snapshot."""
    flash = create(folder)
    flash.write(0, pathlib.Path(stub or parts.bootstub()).read_bytes())
    install(flash, OS_OFFSET, kernel, cmdline)
    return flash
