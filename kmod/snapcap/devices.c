// SPDX-License-Identifier: GPL-2.0-only
/*
 * What power management knows of each device: its driver, and in which phases
 * of a take and of a restore anybody is called for it. Facts only; what they
 * mean is for who asks.
 */
#include <linux/device.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/pm_wakeup.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio.h>
#include "snapcap.h"

struct device_list {
	struct snapcap_device *entry;
	u32 room, count;
	u64 total;
};

static u32 callbacks_of(const struct dev_pm_ops *ops)
{
	u32 mask = 0;

	if (!ops)
		return 0;
	mask |= ops->prepare ? SNAPCAP_PM_PREPARE : 0;
	mask |= ops->freeze ? SNAPCAP_PM_FREEZE : 0;
	mask |= ops->freeze_late ? SNAPCAP_PM_FREEZE_LATE : 0;
	mask |= ops->freeze_noirq ? SNAPCAP_PM_FREEZE_NOIRQ : 0;
	mask |= ops->thaw_noirq ? SNAPCAP_PM_THAW_NOIRQ : 0;
	mask |= ops->thaw_early ? SNAPCAP_PM_THAW_EARLY : 0;
	mask |= ops->thaw ? SNAPCAP_PM_THAW : 0;
	mask |= ops->restore_noirq ? SNAPCAP_PM_RESTORE_NOIRQ : 0;
	mask |= ops->restore_early ? SNAPCAP_PM_RESTORE_EARLY : 0;
	mask |= ops->restore ? SNAPCAP_PM_RESTORE : 0;
	mask |= ops->complete ? SNAPCAP_PM_COMPLETE : 0;
	return mask;
}

/* Of before there was dev_pm_ops: one pair for all kinds of suspend. */
static u32 old_callbacks(bool suspend, bool resume)
{
	return (suspend ? SNAPCAP_PM_FREEZE : 0) |
	       (resume ? SNAPCAP_PM_THAW | SNAPCAP_PM_RESTORE : 0);
}

/* Also those that the driver's bus, or its transport, calls on its behalf. */
static u32 driver_callbacks(const struct device *dev, struct device_driver *drv)
{
	u32 mask = callbacks_of(drv->pm) | old_callbacks(drv->suspend, drv->resume);

	if (dev_is_platform(dev) && !drv->pm) {
		const struct platform_driver *p = to_platform_driver(drv);

		mask |= old_callbacks(p->suspend, p->resume);
	} else if (dev_is_pci(dev)) {
		const struct pci_driver *p = to_pci_driver(drv);

		mask |= old_callbacks(p->suspend, p->resume);
	} else if (dev->bus && !strcmp(dev->bus->name, "virtio")) {
		/* Its transport's freeze, thaw and restore. The bus itself is not exported. */
		const struct virtio_driver *v = container_of(drv, struct virtio_driver, driver);

		mask |= old_callbacks(v->freeze, v->restore);
	}
	return mask;
}

/* Whom the PM core asks first: it takes the driver's callback where this has none. */
static u32 core_callbacks(const struct device *dev)
{
	if (dev->pm_domain)
		return callbacks_of(&dev->pm_domain->ops);
	if (dev->type && dev->type->pm)
		return callbacks_of(dev->type->pm);
	if (dev->class && dev->class->pm)
		return callbacks_of(dev->class->pm);
	if (dev->bus && dev->bus->pm)
		return callbacks_of(dev->bus->pm);
	if (dev->bus)
		return old_callbacks(dev->bus->suspend, dev->bus->resume);
	return 0;
}

static void describe_driver(struct snapcap_device *entry, const struct device *dev)
{
	struct device_driver *drv;

	/*
	 * The device's own lock comes before that of the list. A driver is unbound
	 * before its module goes, and RCU holds the module's memory back.
	 */
	rcu_read_lock();
	drv = READ_ONCE(dev->driver);
	if (drv) {
		entry->flags |= SNAPCAP_DEVICE_HAS_DRIVER;
		entry->driver_callbacks = driver_callbacks(dev, drv);
		strscpy(entry->driver, drv->name, sizeof(entry->driver));
		if (drv->owner)
			strscpy(entry->module, module_name(drv->owner), sizeof(entry->module));
	}
	rcu_read_unlock();
}

static void describe(struct snapcap_device *entry, struct device *dev)
{
	/* All of it goes to user space. */
	memset(entry, 0, sizeof(*entry));
	strscpy(entry->name, dev_name(dev), sizeof(entry->name));
	if (dev->bus)
		strscpy(entry->bus, dev->bus->name, sizeof(entry->bus));
	else if (dev->class)
		strscpy(entry->bus, dev->class->name, sizeof(entry->bus));

	describe_driver(entry, dev);
	entry->callbacks = core_callbacks(dev) | entry->driver_callbacks;
	if (entry->callbacks)
		entry->flags |= SNAPCAP_DEVICE_HAS_PM;
	if (device_may_wakeup(dev))
		entry->flags |= SNAPCAP_DEVICE_WAKEUP;
	if (device_pm_not_required(dev))
		entry->flags |= SNAPCAP_DEVICE_NO_PM;
	if (dev->power.syscore)
		entry->flags |= SNAPCAP_DEVICE_SYSCORE;
}

/* With the list's lock held: a device that is in the list has its type, class and bus. */
static void add_device(struct device *dev, void *data)
{
	struct device_list *list = data;

	list->total++;
	if (list->count < list->room)
		describe(&list->entry[list->count++], dev);
}

/**
 * snapcap_devices_list() - all devices known to power management
 * @arg: checked argument; count and total are filled in
 * @entries: result, to be freed with kvfree()
 *
 * Devices come and go: between two calls, and also between counting them and
 * describing them here, of which there are then no more than were counted.
 *
 * Context: process context, sleeps.
 * Return: 0, -ENOMEM
 */
int snapcap_devices_list(struct snapcap_devices *arg, struct snapcap_device **entries)
{
	struct device_list list = { .room = 0 };

	dpm_for_each_dev(&list, add_device);
	list.room = min_t(u64, arg->count, list.total);
	list.total = 0;
	list.entry = kvcalloc(list.room, sizeof(*list.entry), GFP_KERNEL);
	if (!list.entry)
		return -ENOMEM;
	dpm_for_each_dev(&list, add_device);
	arg->count = list.count;
	arg->total = list.total;
	*entries = list.entry;
	return 0;
}
