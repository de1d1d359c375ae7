// SPDX-License-Identifier: GPL-2.0-only
/*
 * The i6300ESB that the loader has armed, beside Linux's own driver of it: a
 * mapping of its own, no claim on the device, which a driver may be bound to now
 * or later. Registers: Intel data sheet 300641-004, chapter 15.
 *
 * The driver has no power management: after a restore it believes what was true at
 * the take, and nothing of it is in the hardware. The core's lock, under which it
 * accesses the device, is not to be had by others. So what is its to say is put
 * back while user tasks are frozen, and from then on the device is left to it as
 * soon as somebody has it open.
 */
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/watchdog.h>
#include "watchdog.h"

#define ESB_CONFIG		0x60
#define ESB_CONFIG_NO_INTERRUPT	0x0003
#define ESB_LOCK		0x68
#define ESB_LOCK_LOCKED		0x01
#define ESB_LOCK_ENABLED	0x02

#define ESB_TIMER1		0x00
#define ESB_TIMER2		0x04
#define ESB_RELOAD		0x0c
#define ESB_UNLOCK1		0x80
#define ESB_UNLOCK2		0x86
#define ESB_RELOAD_NOW		0x100
#define ESB_REGS_SIZE		0x10

/* Two stages of some 1/1024 s each, as the driver has it. */
#define ESB_TICKS_SHIFT		9
#define ESB_TIMEOUT_MAX		2046

/* How the driver names itself. */
#define ESB_IDENTITY		"i6300ESB timer"

static struct pci_dev *esb;
static void __iomem *esb_regs;

static struct pci_dev *find_device(u32 at)
{
	struct pci_dev *pdev = NULL;

	while ((pdev = pci_get_device(PCI_VENDOR_ID_INTEL, PCI_DEVICE_ID_INTEL_ESB_9, pdev)))
		if (at == SNAPCAP_ESB_ANY || pci_dev_id(pdev) == at)
			break;
	return pdev;
}

/**
 * snapcap_esb_open() - find the device and make its registers accessible
 * @at: its bus << 8 | device << 3 | function, or SNAPCAP_ESB_ANY
 *
 * One that is open already, from before a snapshot, is closed first.
 *
 * Context: process context, sleeps.
 * Return: 0, then snapcap_esb_close() must follow; -ENODEV, -ENOMEM, or why it cannot
 * be enabled
 */
int snapcap_esb_open(u32 at)
{
	struct pci_dev *pdev;
	int ret;

	snapcap_esb_close();
	pdev = find_device(at);
	if (!pdev)
		return -ENODEV;
	/* Counted: a driver that is bound has it enabled anyway. */
	ret = pci_enable_device_mem(pdev);
	if (ret)
		goto err_put;
	ret = -ENOMEM;
	if (pci_resource_len(pdev, 0) >= ESB_REGS_SIZE)
		esb_regs = pci_iomap(pdev, 0, ESB_REGS_SIZE);
	if (!esb_regs)
		goto err_disable;
	esb = pdev;
	return 0;

err_disable:
	pci_disable_device(pdev);
err_put:
	pci_dev_put(pdev);
	return ret;
}

/** snapcap_esb_close() - undo snapcap_esb_open(), if it was called; sleeps */
void snapcap_esb_close(void)
{
	if (!esb)
		return;
	pci_iounmap(esb, esb_regs);
	esb_regs = NULL;
	pci_disable_device(esb);
	pci_dev_put(esb);
	esb = NULL;
}

/**
 * snapcap_esb_driver() - what the driver believes, where one is bound
 * @driver: result
 *
 * It keeps the core's structure first in its own; that this is so is seen by its
 * name in there. The driver may be unbound meanwhile: nothing is followed unchecked.
 *
 * Context: any.
 * Return: true when @driver is filled in
 */
bool snapcap_esb_driver(struct snapcap_watchdog_driver *driver)
{
	const void *data = pci_get_drvdata(esb);
	struct watchdog_device wdd;
	struct watchdog_info info;

	if (!data || copy_from_kernel_nofault(&wdd, data, sizeof(wdd)) || !wdd.info ||
	    copy_from_kernel_nofault(&info, wdd.info, sizeof(info)) ||
	    strncmp((const char *)info.identity, ESB_IDENTITY, sizeof(info.identity)))
		return false;
	driver->active = test_bit(WDOG_ACTIVE, &wdd.status);
	driver->nowayout = test_bit(WDOG_NO_WAY_OUT, &wdd.status);
	driver->timeout_s = clamp(wdd.timeout, 1U, (unsigned int)ESB_TIMEOUT_MAX);
	return true;
}

/* Lets one write through. */
static void unlock_registers(void)
{
	writew(ESB_UNLOCK1, esb_regs + ESB_RELOAD);
	writew(ESB_UNLOCK2, esb_regs + ESB_RELOAD);
}

/**
 * snapcap_esb_reload() - the time begins anew
 *
 * Context: any; one caller at a time.
 */
void snapcap_esb_reload(void)
{
	unlock_registers();
	writew(ESB_RELOAD_NOW, esb_regs + ESB_RELOAD);
}

/**
 * snapcap_esb_setup() - all that the driver's probe has set up, and its time
 * @timeout_s: in seconds
 *
 * Context: as snapcap_esb_reload().
 */
void snapcap_esb_setup(unsigned int timeout_s)
{
	pci_write_config_word(esb, ESB_CONFIG, ESB_CONFIG_NO_INTERRUPT);
	unlock_registers();
	writel(timeout_s << ESB_TICKS_SHIFT, esb_regs + ESB_TIMER1);
	unlock_registers();
	writel(timeout_s << ESB_TICKS_SHIFT, esb_regs + ESB_TIMER2);
	snapcap_esb_reload();
}

/** snapcap_esb_start() - let it run, with @nowayout so that nothing can stop it */
void snapcap_esb_start(bool nowayout)
{
	snapcap_esb_reload();
	pci_write_config_byte(esb, ESB_LOCK, ESB_LOCK_ENABLED | (nowayout ? ESB_LOCK_LOCKED : 0));
}

/** snapcap_esb_stop() - stop it; false when it does not let itself be stopped */
bool snapcap_esb_stop(void)
{
	u8 val;

	snapcap_esb_reload();
	pci_write_config_byte(esb, ESB_LOCK, 0);
	pci_read_config_byte(esb, ESB_LOCK, &val);
	return !(val & ESB_LOCK_ENABLED);
}
