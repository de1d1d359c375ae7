// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fresh random numbers for a restored system: what is fresh is mixed into the
 * kernel's pool, and the generator is reseeded from it at once. The kernel does
 * not do that by itself on this path.
 */
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/random.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include "snapcap.h"

#define HWRNG_BYTES	32
/* A device that has just come back gives its first bytes a moment later. */
#define HWRNG_TRIES	20

static u32 sources;

/*
 * Mixing into the pool alone changes nothing until the next reseed, a minute
 * away: every restore would hand out the same random numbers first. The one way
 * to reseed at once that modules have is the device's own ioctl.
 */
static int reseed_now(void)
{
	struct file *file = filp_open("/dev/urandom", O_RDONLY, 0);
	int ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = file->f_op->unlocked_ioctl ?
	      file->f_op->unlocked_ioctl(file, RNDRESEEDCRNG, 0) : -ENOTTY;
	filp_close(file, NULL);
	return ret;
}

static ssize_t read_patiently(struct file *file, char __user *to)
{
	unsigned int tries = HWRNG_TRIES;
	loff_t pos = 0;
	ssize_t got;

	/* Not blocking: a device without an answer must not hold up the restore. */
	while ((got = file->f_op->read(file, to, HWRNG_BYTES, &pos)) == -EAGAIN && --tries)
		usleep_range(500, 1000);
	return got;
}

/* The hardware RNG's file reads to user memory only: the caller's task lends a page. */
static bool mix_hwrng(void)
{
	struct file *file = filp_open("/dev/hwrng", O_RDONLY | O_NONBLOCK, 0);
	u8 bytes[HWRNG_BYTES];
	unsigned long page;
	ssize_t got = 0;

	if (IS_ERR(file))
		return false;
	page = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (!IS_ERR_VALUE(page)) {
		if (file->f_op->read)
			got = read_patiently(file, (char __user *)page);
		if (got > 0 && (got > HWRNG_BYTES ||
				copy_from_user(bytes, (char __user *)page, got)))
			got = 0;
		vm_munmap(page, PAGE_SIZE);
	}
	filp_close(file, NULL);
	if (got <= 0)
		return false;
	add_device_randomness(bytes, got);
	memzero_explicit(bytes, sizeof(bytes));
	return true;
}

/**
 * snapcap_entropy_check() - will a restored system be able to reseed?
 *
 * Context: as snapcap_entropy_restored().
 * Return: 0; -ENODATA: the generator was never seeded; what open("/dev/urandom") returned
 */
int snapcap_entropy_check(void)
{
	return reseed_now();
}

/**
 * snapcap_entropy_restored() - feed the random number generator, and reseed it
 * @seed: fresh bytes of the loader
 * @size: their number, may be 0
 *
 * Context: process context of a task with CAP_SYS_ADMIN and memory of its own;
 * user tasks frozen, devices resumed; sleeps.
 * Return: 0 or a negative errno, then nothing has changed for who asks for random numbers
 */
int snapcap_entropy_restored(const void *seed, size_t size)
{
	u64 moment[] = { snapcap_arch_counter(), ktime_get_real_ns(), 0,
			 snapcap_generation_restores() + 1 };
	int ret;

	sources = 0;
	if (size) {
		add_device_randomness(seed, size);
		sources |= SNAPCAP_ENTROPY_LOADER;
	}
	if (mix_hwrng())
		sources |= SNAPCAP_ENTROPY_HWRNG;
	/* How long all that took is in no snapshot either. */
	moment[2] = snapcap_arch_counter();
	add_device_randomness(moment, sizeof(moment));
	if (!sources)
		pr_warn("snapcap: neither the boot loader nor a hardware RNG gave random bytes\n");
	ret = reseed_now();
	if (!ret)
		sources |= SNAPCAP_ENTROPY_RESEED;
	return ret;
}

/** snapcap_entropy_sources() - SNAPCAP_ENTROPY_* of the last restore */
u32 snapcap_entropy_sources(void)
{
	return sources;
}
