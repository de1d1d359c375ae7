// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample: a driver that knows a snapshot. QEMU's PCI device "edu" computes
 * factorials and tells by an interrupt that it is done. Here it stands for a device
 * of a board: one bit of it plays the gate of a clock, without which no interrupt
 * comes, and three registers are set up once after power-on.
 *
 * In a restored system all memory is as it was at the take, the count of the
 * clock's users included, and the hardware is as after power-on. The driver has to
 * tell that from a resume with the hardware as it was left: edu_resume().
 *
 * With the parameter "naive" it makes one of the two usual mistakes.
 */
#include <linux/clk.h>
#include <linux/clk-provider.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/sysfs.h>
#include <snapcap_driver.h>

#define EDU_FACTORIAL		0x08
#define EDU_STATUS		0x20
#define EDU_STATUS_GATE		0x80	/* raise an interrupt when computed */
#define EDU_IRQ_STATUS		0x24
#define EDU_IRQ_ACK		0x64

#define EDU_TIMEOUT_MS		1000
/* 12! is the last that fits. */
#define EDU_FACTORIAL_MAX	12

enum { NAIVE_NOT, NAIVE_COUNT, NAIVE_ALWAYS };

static unsigned int naive;
module_param(naive, uint, 0444);
MODULE_PARM_DESC(naive, "0: as the guide says, 1: trust the clock's count, 2: always set up");

/* What must be in the device before it is used. */
static const struct edu_setting {
	unsigned int reg;
	u32 value;
} settings[] = {
	{ 0x80, 0x00040000 },	/* DMA source */
	{ 0x88, 0x00040800 },	/* DMA destination */
	{ 0x90, 0x00000100 },	/* DMA count */
};

/**
 * struct edu - one device
 * @regs: BAR 0
 * @gate: the clock; of a clock controller of its own the driver would have devm_clk_get()
 * @lock: one computation at a time
 * @done: it has ended
 * @setup_writes: writes to the gate and to the settings so far
 */
struct edu {
	void __iomem *regs;
	struct clk_hw gate;
	struct mutex lock;
	struct completion done;
	unsigned int setup_writes;
};

static void setup_write(struct edu *edu, unsigned int reg, u32 value)
{
	writel(value, edu->regs + reg);
	edu->setup_writes++;
}

/* ---- the clock: the framework counts its users and calls these at 0 to 1 and 1 to 0 ---- */

static int gate_enable(struct clk_hw *hw)
{
	setup_write(container_of(hw, struct edu, gate), EDU_STATUS, EDU_STATUS_GATE);
	return 0;
}

static void gate_disable(struct clk_hw *hw)
{
	setup_write(container_of(hw, struct edu, gate), EDU_STATUS, 0);
}

static const struct clk_ops gate_ops = {
	.enable = gate_enable,
	.disable = gate_disable,
	.restore_context = clk_gate_restore_context,
};

/* ---- power ---- */

static void write_settings(struct edu *edu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		setup_write(edu, settings[i].reg, settings[i].value);
}

static unsigned int count_wrong_settings(struct edu *edu)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		wrong += readl(edu->regs + settings[i].reg) != settings[i].value;
	return wrong;
}

/*
 * The device was off: everything is set up, and the gate is put to where its count
 * says that it is. clk_enable() would only count one more user and write nothing.
 */
static void set_up_again(struct edu *edu)
{
	clk_gate_restore_context(&edu->gate);
	write_settings(edu);
}

static bool was_off(struct edu *edu)
{
	switch (snapcap_get_state()) {
	case SNAPCAP_STATE_PASS1:
	case SNAPCAP_STATE_PASS2:
		return false;
	case SNAPCAP_STATE_BOOT:
		return true;
	default:
		/* An ordinary suspend or hibernation: the device itself tells. */
		return count_wrong_settings(edu);
	}
}

/* Tasks are frozen, which includes whoever waits for a computation. */
static int edu_suspend(struct device *dev)
{
	return 0;
}

/* The one function for .thaw, .resume and .restore. */
static int edu_resume(struct device *dev)
{
	struct edu *edu = dev_get_drvdata(dev);

	if (naive == NAIVE_COUNT) {
		/* Wrong: after a restore the count says yes and the hardware is off. */
		if (!__clk_is_enabled(edu->gate.clk))
			set_up_again(edu);
	} else if (naive == NAIVE_ALWAYS) {
		/* Wrong: what works is set up again, twice at each take. */
		set_up_again(edu);
	} else if (was_off(edu)) {
		set_up_again(edu);
	}
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(edu_pm_ops, edu_suspend, edu_resume);

/* ---- use ---- */

static irqreturn_t edu_irq(int irq, void *data)
{
	struct edu *edu = data;
	u32 status = readl(edu->regs + EDU_IRQ_STATUS);

	if (!status)
		return IRQ_NONE;
	writel(status, edu->regs + EDU_IRQ_ACK);
	complete(&edu->done);
	return IRQ_HANDLED;
}

static ssize_t factorial_store(struct device *dev, struct device_attribute *attr, const char *buf,
			       size_t count)
{
	struct edu *edu = dev_get_drvdata(dev);
	unsigned int number;
	ssize_t ret;

	ret = kstrtouint(buf, 0, &number);
	if (ret)
		return ret;
	if (number > EDU_FACTORIAL_MAX)
		return -ERANGE;

	mutex_lock(&edu->lock);
	reinit_completion(&edu->done);
	writel(number, edu->regs + EDU_FACTORIAL);
	ret = wait_for_completion_timeout(&edu->done, msecs_to_jiffies(EDU_TIMEOUT_MS)) ?
	      count : -ETIMEDOUT;
	mutex_unlock(&edu->lock);
	return ret;
}

static ssize_t factorial_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct edu *edu = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", readl(edu->regs + EDU_FACTORIAL));
}
static DEVICE_ATTR_RW(factorial);

static ssize_t setup_writes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct edu *edu = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", edu->setup_writes);
}
static DEVICE_ATTR_RO(setup_writes);

static ssize_t wrong_settings_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", count_wrong_settings(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(wrong_settings);

/* What the count of users says, and what the hardware does. */
static ssize_t clock_counted_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct edu *edu = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", __clk_is_enabled(edu->gate.clk));
}
static DEVICE_ATTR_RO(clock_counted);

static ssize_t clock_on_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct edu *edu = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", !!(readl(edu->regs + EDU_STATUS) & EDU_STATUS_GATE));
}
static DEVICE_ATTR_RO(clock_on);

static struct attribute *edu_attrs[] = {
	&dev_attr_factorial.attr,
	&dev_attr_setup_writes.attr,
	&dev_attr_wrong_settings.attr,
	&dev_attr_clock_counted.attr,
	&dev_attr_clock_on.attr,
	NULL,
};
ATTRIBUTE_GROUPS(edu);

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	const struct clk_init_data init = { .name = pci_name(pdev), .ops = &gate_ops };
	struct device *dev = &pdev->dev;
	struct edu *edu;
	int ret;

	edu = devm_kzalloc(dev, sizeof(*edu), GFP_KERNEL);
	if (!edu)
		return -ENOMEM;
	mutex_init(&edu->lock);
	init_completion(&edu->done);

	ret = pcim_enable_device(pdev);
	if (!ret)
		ret = pcim_iomap_regions(pdev, BIT(0), KBUILD_MODNAME);
	if (ret)
		return ret;
	edu->regs = pcim_iomap_table(pdev)[0];
	pci_set_master(pdev);
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (ret < 0)
		return ret;
	ret = devm_request_irq(dev, pci_irq_vector(pdev, 0), edu_irq, IRQF_SHARED, KBUILD_MODNAME,
			       edu);
	if (ret)
		return ret;

	edu->gate.init = &init;
	ret = devm_clk_hw_register(dev, &edu->gate);
	if (ret)
		return ret;
	ret = clk_prepare_enable(edu->gate.clk);
	if (ret)
		return ret;
	write_settings(edu);
	pci_set_drvdata(pdev, edu);
	return 0;
}

static void edu_remove(struct pci_dev *pdev)
{
	struct edu *edu = pci_get_drvdata(pdev);

	clk_disable_unprepare(edu->gate.clk);
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, edu_ids);

static struct pci_driver edu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
	.dev_groups = edu_groups,
	.driver.pm = pm_sleep_ptr(&edu_pm_ops),
};
module_pci_driver(edu_driver);

MODULE_DESCRIPTION("Sample of snapcap: a driver with a clock and registers to set up");
MODULE_LICENSE("GPL");
