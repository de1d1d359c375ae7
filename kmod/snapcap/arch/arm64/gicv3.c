// SPDX-License-Identifier: GPL-2.0-only
/*
 * GICv3: the distributor, the boot CPU's redistributor, and of the others what
 * LPIs need. The kernel's driver saves none of it (mainline hibernation boots a
 * kernel first, which sets it up). The other CPUs' redistributors are set up
 * when those CPUs come up, except for LPIs: those the driver turns on once and
 * remembers. The ITS has syscore operations of its own. Registers: Arm IHI
 * 0069, chapter 12.
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

/* A redistributor: where its LPI tables are and whether LPIs are on. */
struct gicv3_redist {
	void __iomem *base;		/* RD_base */
	u32 ctlr;
	u64 propbaser, pendbaser;
};

/* Per SPI: 1 bit each of group, enable, pending, active; 2 of configuration. */
struct gicv3_state {
	void __iomem *dist;
	struct gicv3_redist *redist;
	unsigned int redist_count;
	void __iomem *boot_sgi;		/* SGI_base of the boot CPU */
	unsigned int irqs;
	u32 gicd_ctlr;
	u32 *group, *enable, *pending, *active, *config, *priority;
	u64 *route;
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
	unsigned int i;

	if (!g)
		return;
	for (i = 0; i < g->redist_count; i++)
		iounmap(g->redist[i].base);
	kfree(g->redist);
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

static int add_redist(struct gicv3_state *g, void __iomem *base, u32 boot_affinity)
{
	struct gicv3_redist *more = krealloc_array(g->redist, g->redist_count + 1, sizeof(*more),
						   GFP_KERNEL | __GFP_ZERO);

	if (!more)
		return -ENOMEM;
	g->redist = more;
	g->redist[g->redist_count++].base = base;
	if ((u32)(gic_read_typer(base + GICR_TYPER) >> 32) == boot_affinity)
		g->boot_sgi = base + SZ_64K;
	return 0;
}

/* Map all redistributor frames and find the boot CPU's by its affinity. */
static int map_redists(struct gicv3_state *g, struct device_node *np)
{
	u64 mpidr = boot_cpu_mpidr();
	u32 affinity = MPIDR_AFFINITY_LEVEL(mpidr, 3) << 24 | MPIDR_AFFINITY_LEVEL(mpidr, 2) << 16 |
		       MPIDR_AFFINITY_LEVEL(mpidr, 1) << 8 | MPIDR_AFFINITY_LEVEL(mpidr, 0);
	u32 regions = 1, i;
	u64 stride = 0;

	of_property_read_u32(np, "#redistributor-regions", &regions);
	of_property_read_u64(np, "redistributor-stride", &stride);

	for (i = 0; i < regions; i++) {
		struct resource res;
		u64 off = 0, typer = 0;

		if (of_address_to_resource(np, 1 + i, &res))
			break;
		while (off + SZ_128K <= resource_size(&res) && !(typer & GICR_TYPER_LAST)) {
			void __iomem *rd = ioremap(res.start + off, SZ_128K);

			if (!rd)
				return -ENOMEM;
			if (add_redist(g, rd, affinity)) {
				iounmap(rd);
				return -ENOMEM;
			}
			typer = gic_read_typer(rd + GICR_TYPER);
			off += stride ? stride : typer & GICR_TYPER_VLPIS ? SZ_256K : SZ_128K;
		}
	}
	return g->boot_sgi ? 0 : -EINVAL;
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
	if (!g->dist)
		goto out;
	ret = map_redists(g, np);
	if (ret)
		goto out;
	ret = -ENOMEM;
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
	sgi = gic->boot_sgi;

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

	for (i = 0; i < gic->redist_count; i++) {
		struct gicv3_redist *r = &gic->redist[i];

		r->ctlr = readl_relaxed(r->base + GICR_CTLR);
		r->propbaser = gicr_read_propbaser(r->base + GICR_PROPBASER);
		r->pendbaser = gicr_read_pendbaser(r->base + GICR_PENDBASER);
	}
	gic->sgi_group = readl_relaxed(sgi + GICR_IGROUPR0);
	gic->sgi_enable = readl_relaxed(sgi + GICR_ISENABLER0);
	gic->sgi_pending = readl_relaxed(sgi + GICR_ISPENDR0);
	gic->sgi_active = readl_relaxed(sgi + GICR_ISACTIVER0);
	for (i = 0; i < 2; i++)
		gic->sgi_config[i] = readl_relaxed(sgi + GICR_ICFGR0 + 4 * i);
	for (i = 0; i < 8; i++)
		gic->sgi_priority[i] = readl_relaxed(sgi + GICR_IPRIORITYR0 + 4 * i);
}

/* The LPI tables' addresses may only be written with LPIs off (12.11.33). */
static void restore_lpis(const struct gicv3_redist *r)
{
	if (!(r->ctlr & GICR_CTLR_ENABLE_LPIS))
		return;
	writel_relaxed(0, r->base + GICR_CTLR);
	wait_for_rwp(r->base + GICR_CTLR, GICR_CTLR_RWP);
	gicr_write_propbaser(r->propbaser, r->base + GICR_PROPBASER);
	gicr_write_pendbaser(r->pendbaser, r->base + GICR_PENDBASER);
	writel_relaxed(r->ctlr, r->base + GICR_CTLR);
	wait_for_rwp(r->base + GICR_CTLR, GICR_CTLR_RWP);
}

static void restore_boot_redist(void)
{
	void __iomem *sgi = gic->boot_sgi, *rd = sgi - SZ_64K;
	unsigned int i, spins = RWP_SPINS;

	/* Wake it up: ProcessorSleep off, wait for ChildrenAsleep to clear (12.11.42). */
	writel_relaxed(readl_relaxed(rd + GICR_WAKER) & ~GICR_WAKER_ProcessorSleep,
		       rd + GICR_WAKER);
	while ((readl_relaxed(rd + GICR_WAKER) & GICR_WAKER_ChildrenAsleep) && --spins)
		cpu_relax();

	writel_relaxed(~0, sgi + GICR_ICENABLER0);
	wait_for_rwp(rd + GICR_CTLR, GICR_CTLR_RWP);
	writel_relaxed(gic->sgi_group, sgi + GICR_IGROUPR0);
	for (i = 0; i < 8; i++)
		writel_relaxed(gic->sgi_priority[i], sgi + GICR_IPRIORITYR0 + 4 * i);
	writel_relaxed(gic->sgi_config[1], sgi + GICR_ICFGR0 + 4);
	writel_relaxed(~0, sgi + GICR_ICACTIVER0);
	writel_relaxed(gic->sgi_active, sgi + GICR_ISACTIVER0);
	writel_relaxed(gic->sgi_pending, sgi + GICR_ISPENDR0);
	writel_relaxed(gic->sgi_enable, sgi + GICR_ISENABLER0);
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
	for (i = 0; i < gic->redist_count; i++)
		restore_lpis(&gic->redist[i]);
	restore_boot_redist();
	writel_relaxed(gic->gicd_ctlr & ~GICD_CTLR_RWP, gic->dist + GICD_CTLR);
	wait_for_rwp(gic->dist + GICD_CTLR, GICD_CTLR_RWP);
}
