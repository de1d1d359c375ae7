#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the seeds of corpus/devtree: small trees, each with one thing of its own.

usage: devtree.py DIRECTORY
"""
import os
import subprocess
import sys

HEAD = '#address-cells = <2>; #size-cells = <2>; compatible = "linux,dummy-virt";'
MEMORY = 'memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x20000000>; };'
FLASH = 'flash@0 { compatible = "cfi-flash"; reg = <0 0 0 0x4000000>; };'

trees = {
    "whole": f"{HEAD} {MEMORY} {FLASH} chosen {{ rng-seed = [00 01 02 03]; }};",
    "two-memories": f'{HEAD} {FLASH} memory@0 {{ device_type = "memory"; '
                    'reg = <0 0 0 0x1000 0 0x1000 0 0x1000>; }; memory@80000000 '
                    '{ device_type = "memory"; reg = <0 0x80000000 1 0>; };',
    "one-cell": '#address-cells = <1>; #size-cells = <1>; compatible = "x"; memory '
                '{ device_type = "memory"; reg = <0x40000000 0x8000000>; };' + FLASH,
    "no-memory": f"{HEAD} {FLASH}",
    "wrapping": f'{HEAD} {FLASH} memory {{ device_type = "memory"; '
                'reg = <0xffffffff 0xfffff000 0 0x2000>; };',
    "reserved": f"{HEAD} {MEMORY} {FLASH} reserved-memory {{ #address-cells = <2>; "
                "#size-cells = <2>; ranges; fw@41000000 { reg = <0 0x41000000 0 0x1000>; no-map; "
                "}; pool { size = <0 0x100000>; }; };",
    "partitions": f'{HEAD} {MEMORY} flash@0 {{ compatible = "cfi-flash"; reg = <0 0 0 1>; '
                  'partitions { compatible = "fixed-partitions"; }; };',
    "odd-reg": f'{HEAD} {FLASH} memory {{ device_type = "memory"; reg = <0 1 2>; }};',
    "cells": '#address-cells = <7>; #size-cells = <0>; memory { device_type = "memory"; '
             "reg = <0>; };",
    "devices": f'{HEAD} {MEMORY} {FLASH} d@1 {{ compatible = "virtio,mmio"; reg = <0 0xa000000 0 '
               '0x200>; dma-coherent; }; d@2 { compatible = "virtio,mmio"; status = "disabled"; '
               'reg = <0 1 0 1>; }; d@3 { compatible = "virtio,mmio"; };',
    "loaded": f'{HEAD} {MEMORY} {FLASH} chosen {{ bootargs = "x"; linux,initrd-start = <1>; '
              'linux,initrd-end = <2>; }; reserved-memory { #address-cells = <2>; '
              '#size-cells = <2>; ranges; stub@40200000 { compatible = "snapcap,bootstub"; '
              'reg = <0 0x40200000 0 0x1ff000>; no-map; }; };',
    "disabled-memory": f'{HEAD} {FLASH} memory@1 {{ device_type = "memory"; status = "disabled"; '
                       'reg = <0 0x40000000 0 0x8000000>; }; m@2 { device_type = "memory"; '
                       'reg = <0 0x48000000 0 0x100>; }; m@3 { device_type = "memory"; '
                       'reg = <0 0x50000000 0 0x1000 0 0x4fffe000 0 0x4000>; };',
    "seventeen-memories": f'{HEAD} {FLASH} ' + " ".join(
        f'memory@{i} {{ device_type = "memory"; reg = <{i} 0 0 0x1000>; }};' for i in range(17)),
    "no-flash": f"{HEAD} {MEMORY}",
}

for name, text in trees.items():
    source = f"/dts-v1/; /memreserve/ 0x42000000 0x1000; / {{ {text} }};"
    subprocess.run(["dtc", "-q", "-f", "-I", "dts", "-O", "dtb", "-o",
                    os.path.join(sys.argv[1], name), "-"], input=source.encode(), check=True)
