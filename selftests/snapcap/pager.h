/* SPDX-License-Identifier: GPL-2.0-only */
/* The swap device of snapcap for tests: set up, swapped to, asked. */
#ifndef SNAPCAP_TEST_PAGER_H
#define SNAPCAP_TEST_PAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/snapcap.h>

#define PAGER_PATH	"/dev/" SNAPCAP_PAGER_DISK

/* ioctl()s: 0 or negative errno. */
int pager_control(int dev, uint32_t op, uint64_t bytes);
int pager_status(int dev, struct snapcap_pager_status *status);
int pager_ready(int dev);
/** pager_hot_set() - malloc()ed entries, to be freed in any case; 0 or negative errno */
int pager_hot_set(int dev, struct snapcap_hot_page **entries, uint32_t *count);

/** pager_swapon() - set it up, write a swap header and swap to it; 0 or negative errno */
int pager_swapon(int dev, uint64_t bytes);
/** pager_swapoff() - all pages come back, and it goes away; 0 or negative errno */
int pager_swapoff(int dev);

/* Contents of a page that a test recognises; every 8th is one word, every 9th random. */
void pager_pattern(uint64_t number, void *page);
/** pager_fill() - write patterns @first, @first + 1 and so on to the pages of @memory */
void pager_fill(void *memory, size_t size, uint64_t first);
/** pager_wrong() - pages of @memory that do not hold what pager_fill() wrote */
size_t pager_wrong(const void *memory, size_t size, uint64_t first);
/** pager_page_out() - have the kernel swap @memory out; pages that it did not: their number */
size_t pager_page_out(void *memory, size_t size);

#endif /* SNAPCAP_TEST_PAGER_H */
