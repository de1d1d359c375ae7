// SPDX-License-Identifier: GPL-2.0-only
/*
 * GICv3: the distributor and the boot CPU's redistributor. The kernel's driver
 * saves neither (mainline hibernation boots a kernel first, which sets them
 * up); the other CPUs' redistributors are set up when those CPUs come up, and
 * the ITS has syscore operations of its own. Registers: Arm IHI 0069, chapter 12.
 */
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/irqchip/arm-gic-v3.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <asm/cputype.h>
#include "context.h"

#define RWP_SPINS	1000000

/* Per SPI: 1 bit each of group, enable, pending, active; 2 of configuration. */
struct gicv3_state {
	void __iomem *dist;
	void __iomem *redist;		/* RD_base of the boot CPU */
	unsigned int irqs;
	u32 gicd_ctlr;
	u32 *group, *enable, *pending, *active, *config, *priority;
	u64 *route;
	u32 gicr_ctlr;
	u64 propbaser, pendbaser;
	u32 sgi_group, sgi_enable, sgi_pending, sgi_active, sgi_config[2], sgi_priority[8];
};

static struct gicv3_state *gic;

static void wait_for_rwp(void __iomem *ctlr, u32 bit)
{
	unsigned int spins = RWP_SPINS;

	while ((readl_relaxed(ctlr) & bit) && --spins)
		cpu_relax();
}

static void free_state(struct gicv3_state *g)
{
	if (!g)
		return;
	if (g->redist)
		iounmap(g->redist);
	if (g->dist)
		iounmap(g->dist);
	kfree(g->group);
	kfree(g->route);
	kfree(g);
}

static void read_mpidr(void *mpidr)
{
	*(u64 *)mpidr = read_cpuid_mpidr();
}

static u64 boot_cpu_mpidr(void)
{
	u64 mpidr = 0;

	/* CPU 0 is the one that stays; when it is offline the take is refused. */
	smp_call_function_single(0, read_mpidr, &mpidr, 1);
	return mpidr;
}

/* The redistributor frame whose affinity is the boot CPU's. */
static void __iomem *map_redist(struct device_node *np)
{
	u64 mpidr = boot_cpu_mpidr();
	u32 aff = MPIDR_AFFINITY_LEVEL(mpidr, 3) << 24 | MPIDR_AFFINITY_LEVEL(mpidr, 2) << 16 |
		  MPIDR_AFFINITY_LEVEL(mpidr, 1) << 8 | MPIDR_AFFINITY_LEVEL(mpidr, 0);
	u32 regions = 1, i;
	u64 stride = 0;

	of_property_read_u32(np, "#redistributor-regions", &regions);
	of_property_read_u64(np, "redistributor-stride", &stride);

	for (i = 0; i < regions; i++) {
		struct resource res;
		u64 off = 0;

		if (of_address_to_resource(np, 1 + i, &res))
			break;
		while (off + SZ_128K <= resource_size(&res)) {
			void __iomem *rd = ioremap(res.start + off, SZ_128K);
			u64 typer;

			if (!rd)
				return NULL;
			typer = gic_read_typer(rd + GICR_TYPER);
			if ((u32)(typer >> 32) == aff)
				return rd;
			iounmap(rd);
			if (typer & GICR_TYPER_LAST)
				break;
			off += stride ? stride : typer & GICR_TYPER_VLPIS ? SZ_256K : SZ_128K;
		}
	}
	return NULL;
}

int snapcap_gicv3_init(void)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, "arm,gic-v3");
	struct gicv3_state *g;
	unsigned int words;
	int ret = -ENOMEM;

	if (!np)
		return 0;	/* GICv2 comes back through its own notifiers */

	g = kzalloc(sizeof(*g), GFP_KERNEL);
	if (!g)
		goto out;
	g->dist = of_iomap(np, 0);
	g->redist = map_redist(np);
	if (!g->dist || !g->redist) {
		ret = -EINVAL;
		goto out;
	}
	g->irqs = min_t(unsigned int, GICD_TYPER_SPIS(readl_relaxed(g->dist + GICD_TYPER)), 1020);
	words = DIV_ROUND_UP(g->irqs, 32);
	/* group, enable, pending, active: 1 word; config: 2; priority: 8 for 32 IRQs */
	g->group = kcalloc(words, (4 + 2 + 8) * sizeof(u32), GFP_KERNEL);
	g->route = kcalloc(g->irqs, sizeof(u64), GFP_KERNEL);
	if (!g->group || !g->route)
		goto out;
	g->enable = g->group + words;
	g->pending = g->enable + words;
	g->active = g->pending + words;
	g->config = g->active + words;
	g->priority = g->config + 2 * words;
	gic = g;
	ret = 0;
out:
	if (ret)
		free_state(g);
	of_node_put(np);
	return ret;
}

void snapcap_gicv3_exit(void)
{
	free_state(gic);
	gic = NULL;
}

void snapcap_gicv3_save(void)
{
	void __iomem *sgi;
	unsigned int i;

	if (!gic)
		return;
	sgi = gic->redist + SZ_64K;

	gic->gicd_ctlr = readl_relaxed(gic->dist + GICD_CTLR);
	for (i = 1; i < DIV_ROUND_UP(gic->irqs, 32); i++) {
		gic->group[i] = readl_relaxed(gic->dist + GICD_IGROUPR + 4 * i);
		gic->enable[i] = readl_relaxed(gic->dist + GICD_ISENABLER + 4 * i);
		gic->pending[i] = readl_relaxed(gic->dist + GICD_ISPENDR + 4 * i);
		gic->active[i] = readl_relaxed(gic->dist + GICD_ISACTIVER + 4 * i);
	}
	for (i = 2; i < DIV_ROUND_UP(gic->irqs, 16); i++)
		gic->config[i] = readl_relaxed(gic->dist + GICD_ICFGR + 4 * i);
	for (i = 8; i < DIV_ROUND_UP(gic->irqs, 4); i++)
		gic->priority[i] = readl_relaxed(gic->dist + GICD_IPRIORITYR + 4 * i);
	for (i = 32; i < gic->irqs; i++)
		gic->route[i] = readq_relaxed(gic->dist + GICD_IROUTER + 8 * i);

	gic->gicr_ctlr = readl_relaxed(gic->redist + GICR_CTLR);
	gic->propbaser = gicr_read_propbaser(gic->redist + GICR_PROPBASER);
	gic->pendbaser = gicr_read_pendbaser(gic->redist + GICR_PENDBASER);
	gic->sgi_group = readl_relaxed(sgi + GICR_IGROUPR0);
	gic->sgi_enable = readl_relaxed(sgi + GICR_ISENABLER0);
	gic->sgi_pending = readl_relaxed(sgi + GICR_ISPENDR0);
	gic->sgi_active = readl_relaxed(sgi + GICR_ISACTIVER0);
	for (i = 0; i < 2; i++)
		gic->sgi_config[i] = readl_relaxed(sgi + GICR_ICFGR0 + 4 * i);
	for (i = 0; i < 8; i++)
		gic->sgi_priority[i] = readl_relaxed(sgi + GICR_IPRIORITYR0 + 4 * i);
}

static void restore_redist(void)
{
	void __iomem *sgi = gic->redist + SZ_64K;
	unsigned int i, spins = RWP_SPINS;

	/* Wake it up: ProcessorSleep off, wait for ChildrenAsleep to clear (12.11.42). */
	writel_relaxed(readl_relaxed(gic->redist + GICR_WAKER) & ~GICR_WAKER_ProcessorSleep,
		       gic->redist + GICR_WAKER);
	while ((readl_relaxed(gic->redist + GICR_WAKER) & GICR_WAKER_ChildrenAsleep) && --spins)
		cpu_relax();

	/* The LPI tables' addresses may only be written with LPIs off (12.11.33). */
	if (gic->gicr_ctlr & GICR_CTLR_ENABLE_LPIS) {
		writel_relaxed(0, gic->redist + GICR_CTLR);
		wait_for_rwp(gic->redist + GICR_CTLR, GICR_CTLR_RWP);
		gicr_write_propbaser(gic->propbaser, gic->redist + GICR_PROPBASER);
		gicr_write_pendbaser(gic->pendbaser, gic->redist + GICR_PENDBASER);
	}

	writel_relaxed(~0, sgi + GICR_ICENABLER0);
	wait_for_rwp(gic->redist + GICR_CTLR, GICR_CTLR_RWP);
	writel_relaxed(gic->sgi_group, sgi + GICR_IGROUPR0);
	for (i = 0; i < 8; i++)
		writel_relaxed(gic->sgi_priority[i], sgi + GICR_IPRIORITYR0 + 4 * i);
	writel_relaxed(gic->sgi_config[1], sgi + GICR_ICFGR0 + 4);
	writel_relaxed(~0, sgi + GICR_ICACTIVER0);
	writel_relaxed(gic->sgi_active, sgi + GICR_ISACTIVER0);
	writel_relaxed(gic->sgi_pending, sgi + GICR_ISPENDR0);
	writel_relaxed(gic->sgi_enable, sgi + GICR_ISENABLER0);

	writel_relaxed(gic->gicr_ctlr, gic->redist + GICR_CTLR);
	wait_for_rwp(gic->redist + GICR_CTLR, GICR_CTLR_RWP);
}

void snapcap_gicv3_restore(void)
{
	unsigned int i;

	if (!gic)
		return;

	/* Off while it is set up; affinity routing must be on before IROUTER counts (12.9.4). */
	writel_relaxed(0, gic->dist + GICD_CTLR);
	wait_for_rwp(gic->dist + GICD_CTLR, GICD_CTLR_RWP);
	writel_relaxed(gic->gicd_ctlr & GICD_CTLR_ARE_NS, gic->dist + GICD_CTLR);
	wait_for_rwp(gic->dist + GICD_CTLR, GICD_CTLR_RWP);

	for (i = 1; i < DIV_ROUND_UP(gic->irqs, 32); i++) {
		writel_relaxed(~0, gic->dist + GICD_ICENABLER + 4 * i);
		writel_relaxed(gic->group[i], gic->dist + GICD_IGROUPR + 4 * i);
	}
	wait_for_rwp(gic->dist + GICD_CTLR, GICD_CTLR_RWP);
	for (i = 2; i < DIV_ROUND_UP(gic->irqs, 16); i++)
		writel_relaxed(gic->config[i], gic->dist + GICD_ICFGR + 4 * i);
	for (i = 8; i < DIV_ROUND_UP(gic->irqs, 4); i++)
		writel_relaxed(gic->priority[i], gic->dist + GICD_IPRIORITYR + 4 * i);
	for (i = 32; i < gic->irqs; i++)
		gic_write_irouter(gic->route[i], gic->dist + GICD_IROUTER + 8 * i);
	for (i = 1; i < DIV_ROUND_UP(gic->irqs, 32); i++) {
		writel_relaxed(~0, gic->dist + GICD_ICACTIVER + 4 * i);
		writel_relaxed(gic->active[i], gic->dist + GICD_ISACTIVER + 4 * i);
		writel_relaxed(gic->pending[i], gic->dist + GICD_ISPENDR + 4 * i);
		writel_relaxed(gic->enable[i], gic->dist + GICD_ISENABLER + 4 * i);
	}
	restore_redist();
	writel_relaxed(gic->gicd_ctlr & ~GICD_CTLR_RWP, gic->dist + GICD_CTLR);
	wait_for_rwp(gic->dist + GICD_CTLR, GICD_CTLR_RWP);
}
