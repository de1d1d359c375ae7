# SPDX-License-Identifier: GPL-2.0-only
"""The two checksums of the format, in plain Python: slow, and independent of the
libraries that the product uses."""

MASK = (1 << 64) - 1
# Primes of XXH64 (xxHash specification 0.1.1, section "XXH64 algorithm description").
P1, P2, P3, P4, P5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
                      0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


def _crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _crc_table()


def crc32c(data):
    """Headers and tables."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def _rotate(value, count):
    return (value << count | value >> 64 - count) & MASK


def _lane(acc, word):
    return _rotate(acc + word * P2 & MASK, 31) * P1 & MASK


def xxh64(data):
    """XXH64 with seed 0."""
    size, at = len(data), 0
    word = memoryview(data)

    def take(count):
        nonlocal at
        at += count
        return int.from_bytes(word[at - count:at], "little")

    if size >= 32:
        lanes = [P1 + P2 & MASK, P2, 0, -P1 & MASK]
        while size - at >= 32:
            lanes = [_lane(lane, take(8)) for lane in lanes]
        acc = sum(_rotate(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            acc = ((acc ^ _lane(0, lane)) * P1 + P4) & MASK
    else:
        acc = P5
    acc = acc + size & MASK
    while size - at >= 8:
        acc = (_rotate(acc ^ _lane(0, take(8)), 27) * P1 + P4) & MASK
    if size - at >= 4:
        acc = (_rotate(acc ^ take(4) * P1 & MASK, 23) * P2 + P3) & MASK
    while at < size:
        acc = _rotate(acc ^ take(1) * P5 & MASK, 11) * P1 & MASK
    acc = (acc ^ acc >> 33) * P2 & MASK
    acc = (acc ^ acc >> 29) * P3 & MASK
    return acc ^ acc >> 32


def data_sum(data):
    """Bulk data: chunks, parts of OS images."""
    return xxh64(data) & 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283
assert xxh64(b"") == 0xEF46DB3751D8E999
