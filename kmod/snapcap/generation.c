// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which restore this is, for user space: an id that no two restores share. How
 * often the snapshot was restored before cannot be known, because nothing is
 * written at a restore: the id is random, of the generator that was reseeded.
 */
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/random.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/uuid.h>
#include "snapcap.h"

static DEFINE_SPINLOCK(generation_lock);
static u8 generation[UUID_SIZE];
static u32 restores;

/** snapcap_generation_init() - the id of a cold boot; before misc_register() */
void snapcap_generation_init(void)
{
	generate_random_uuid(generation);
}

/**
 * snapcap_generation_show() - the id as text, in a line of its own
 * @buf: a page
 *
 * Return: characters
 */
ssize_t snapcap_generation_show(char *buf)
{
	u8 id[UUID_SIZE];

	spin_lock(&generation_lock);
	memcpy(id, generation, sizeof(id));
	spin_unlock(&generation_lock);
	return sysfs_emit(buf, "%pUb\n", id);
}

/** snapcap_generation_restores() - restores that this memory has been through */
u32 snapcap_generation_restores(void)
{
	return READ_ONCE(restores);
}

/**
 * snapcap_generation_restored() - a new id, and everybody is told
 *
 * Who polls the file, or listens for uevents, finds the news when it is thawed:
 * both are queued now, so that nobody can look before the id is a new one.
 *
 * Context: process context, user tasks frozen, after snapcap_stub_seed().
 */
void snapcap_generation_restored(void)
{
	struct kobject *kobj = &snapcap_miscdev.this_device->kobj;
	char text[sizeof("SNAPCAP_GENERATION=") + UUID_STRING_LEN];
	char *envp[] = { text, NULL };
	u8 id[UUID_SIZE];
	int ret;

	generate_random_uuid(id);
	spin_lock(&generation_lock);
	memcpy(generation, id, sizeof(generation));
	spin_unlock(&generation_lock);
	WRITE_ONCE(restores, restores + 1);

	sysfs_notify(kobj, NULL, "generation");
	snprintf(text, sizeof(text), "SNAPCAP_GENERATION=%pUb", id);
	ret = kobject_uevent_env(kobj, KOBJ_CHANGE, envp);
	if (ret)
		pr_err("snapcap: the uevent of the restore was not sent: %d\n", ret);
}
