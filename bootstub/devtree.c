// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
/*
 * The device tree, through libfdt. The tree that the machine or a flash image
 * provides is checked as a whole before anything is read from it. Every change
 * can fail for lack of room, and every failure is returned.
 */
#include <libfdt.h>
#include <linux/snapcap_handoff.h>
#include "devtree.h"

#define CELLS_MAX	2

int devtree_check(const void *fdt, u64 limit, u32 *used)
{
	u32 end;
	int err;

	if ((uintptr_t)fdt & 7)
		return -FDT_ERR_ALIGNMENT;
	if (limit < sizeof(struct fdt_header))
		return -FDT_ERR_TRUNCATED;
	/* Looks at the header only, and so tells how much fdt_check_full() will read. */
	err = fdt_check_header(fdt);
	if (err)
		return err;
	if (fdt_totalsize(fdt) > limit)
		return -FDT_ERR_TRUNCATED;
	if (fdt_version(fdt) < 17)
		return -FDT_ERR_BADVERSION;
	err = fdt_check_full(fdt, fdt_totalsize(fdt));
	if (err)
		return err;

	*used = fdt_off_mem_rsvmap(fdt) +
		(u32)(fdt_num_mem_rsv(fdt) + 1) * (u32)sizeof(struct fdt_reserve_entry);
	end = fdt_off_dt_struct(fdt) + fdt_size_dt_struct(fdt);
	if (*used < end)
		*used = end;
	end = fdt_off_dt_strings(fdt) + fdt_size_dt_strings(fdt);
	if (*used < end)
		*used = end;
	return 0;
}

int devtree_copy(const void *fdt, u32 used, void *dst, u32 size)
{
	if (used > size)
		return -FDT_ERR_NOSPACE;
	memcpy(dst, fdt, used);
	/* Else fdt_open_into() would want room for the padding too. */
	fdt_set_totalsize(dst, used);
	return fdt_open_into(dst, dst, (int)size);
}

static u64 get_cells(const fdt32_t *p, u32 cells)
{
	u64 v = 0;

	while (cells--)
		v = v << 32 | fdt32_ld(p++);
	return v;
}

/* Entry @i of a reg property; false behind the last one. */
static bool get_reg(const void *fdt, int node, u32 ac, u32 sc, u32 i, u64 *base, u64 *size)
{
	int len;
	const fdt32_t *reg = fdt_getprop(fdt, node, "reg", &len);
	u32 entry = ac + sc;

	if (!reg || len < 0 || (u32)len / sizeof(*reg) / entry <= i)
		return false;
	*base = get_cells(reg + i * entry, ac);
	*size = get_cells(reg + i * entry + ac, sc);
	return true;
}

static bool get_root_cells(const void *fdt, u32 *ac, u32 *sc)
{
	int a = fdt_address_cells(fdt, 0), s = fdt_size_cells(fdt, 0);

	if (a < 1 || a > CELLS_MAX || s < 1 || s > CELLS_MAX)
		return false;
	*ac = (u32)a;
	*sc = (u32)s;
	return true;
}

/* Insert sorted by base; entries of @range do not touch, and will not after. */
static int add_range(struct snapimg_range *range, u32 max, u32 *count, u64 base, u64 end)
{
	u32 first, last, i;

	for (first = 0; first < *count && range[first].base + range[first].size < base; first++)
		;
	/* first..last-1 touch or overlap the new one and are merged into it. */
	for (last = first; last < *count && range[last].base <= end; last++) {
		if (range[last].base < base)
			base = range[last].base;
		if (range[last].base + range[last].size > end)
			end = range[last].base + range[last].size;
	}
	if (first == last) {
		if (*count == max)
			return -SNAPCAP_REASON_NO_SPACE;
		for (i = (*count)++; i > first; i--)
			range[i] = range[i - 1];
	} else {
		for (i = last; i < *count; i++)
			range[first + 1 + i - last] = range[i];
		*count -= last - first - 1;
	}
	range[first].base = base;
	range[first].size = end - base;
	return 0;
}

int devtree_memory(const void *fdt, struct snapimg_range *range, u32 max, u32 *count)
{
	u64 base, size;
	u32 ac, sc, i;
	int node, err;

	*count = 0;
	if (!get_root_cells(fdt, &ac, &sc))
		return -SNAPCAP_REASON_MEMORY;
	fdt_for_each_subnode(node, fdt, 0) {
		if (fdt_stringlist_search(fdt, node, "device_type", "memory") != 0)
			continue;
		for (i = 0; get_reg(fdt, node, ac, sc, i, &base, &size); i++) {
			/* Nor may rounding up wrap. */
			if (base > ~0ULL - PAGE_SIZE || size > ~0ULL - PAGE_SIZE - base)
				return -SNAPCAP_REASON_MEMORY;
			size = (base + size) & ~(u64)(PAGE_SIZE - 1);
			base = (base + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1);
			if (base >= size)
				continue;
			err = add_range(range, max, count, base, size);
			if (err)
				return err;
		}
	}
	return *count ? 0 : -SNAPCAP_REASON_MEMORY;
}

int devtree_reserved(const void *fdt, int (*visit)(void *ctx, u64 base, u64 size), void *ctx)
{
	int root = fdt_path_offset(fdt, "/reserved-memory");
	int node, i, err, count = fdt_num_mem_rsv(fdt);
	u64 base, size;
	u32 ac, sc, k;

	for (i = 0; i < count; i++) {
		if (fdt_get_mem_rsv(fdt, i, (uint64_t *)&base, (uint64_t *)&size))
			continue;
		err = visit(ctx, base, size);
		if (err)
			return err;
	}
	/* Linux wants the cells of /reserved-memory to be those of the root. */
	if (root < 0 || !get_root_cells(fdt, &ac, &sc))
		return 0;
	fdt_for_each_subnode(node, fdt, root) {
		for (k = 0; get_reg(fdt, node, ac, sc, k, &base, &size); k++) {
			err = visit(ctx, base, size);
			if (err)
				return err;
		}
	}
	return 0;
}

int devtree_next_device(const void *fdt, int node, const char *compatible,
			struct devtree_device *dev)
{
	u32 ac, sc;

	if (!get_root_cells(fdt, &ac, &sc))
		return -FDT_ERR_BADNCELLS;
	for (node = node < 0 ? fdt_first_subnode(fdt, 0) : fdt_next_subnode(fdt, node); node >= 0;
	     node = fdt_next_subnode(fdt, node)) {
		if (fdt_node_check_compatible(fdt, node, compatible) ||
		    fdt_stringlist_search(fdt, node, "status", "disabled") == 0 ||
		    !get_reg(fdt, node, ac, sc, 0, &dev->base, &dev->size) ||
		    dev->size > ~0ULL - dev->base)
			continue;
		dev->coherent = fdt_getprop(fdt, node, "dma-coherent", NULL);
		break;
	}
	return node;
}

bool devtree_machine(const void *fdt, char *name, size_t size)
{
	const char *s = fdt_stringlist_get(fdt, 0, "compatible", 0, NULL);
	size_t len;

	if (!s)
		return false;
	len = strlen(s);
	if (!len || len >= size)
		return false;
	memset(name, 0, size);
	memcpy(name, s, len);
	return true;
}

u32 devtree_seed(const void *fdt, u8 *seed, u32 size)
{
	int chosen = fdt_path_offset(fdt, "/chosen");
	const void *p;
	int len;

	if (chosen < 0)
		return 0;
	p = fdt_getprop(fdt, chosen, "rng-seed", &len);
	if (!p || len <= 0)
		return 0;
	if (size > (u32)len)
		size = (u32)len;
	memcpy(seed, p, size);
	return size;
}

void devtree_wipe_seed(void *fdt)
{
	int chosen = fdt_path_offset(fdt, "/chosen");

	/* Overwritten and gone: Linux would take zeros that are left there for entropy. */
	if (chosen >= 0)
		fdt_nop_property(fdt, chosen, "rng-seed");
}

/* A subnode that exists is used as it is. */
static int get_subnode(void *fdt, int parent, const char *name)
{
	int node = fdt_subnode_offset(fdt, parent, name);

	return node == -FDT_ERR_NOTFOUND ? fdt_add_subnode(fdt, parent, name) : node;
}

/* "<base>@<address>", as node names have it; @buf holds the result. */
static void name_at(char *buf, const char *base, u64 address)
{
	u32 shift = 60;

	while (*base)
		*buf++ = *base++;
	*buf++ = '@';
	while (shift && !(address >> shift))
		shift -= 4;
	for (;; shift -= 4) {
		*buf++ = "0123456789abcdef"[address >> shift & 0xf];
		if (!shift)
			break;
	}
	*buf = '\0';
}

static int append_cells(void *fdt, int node, const char *name, u64 v, u32 cells)
{
	return cells == 2 ? fdt_appendprop_u64(fdt, node, name, v) :
			    fdt_appendprop_u32(fdt, node, name, (u32)v);
}

static int set_reg(void *fdt, int node, u64 base, u64 size, u32 ac, u32 sc)
{
	int err = fdt_setprop_empty(fdt, node, "reg");

	return err ?: append_cells(fdt, node, "reg", base, ac) ?:
	       append_cells(fdt, node, "reg", size, sc);
}

static int reserve(void *fdt, int parent, const char *base, const char *compatible,
		   u64 address, u64 size, u32 ac, u32 sc)
{
	char name[40];
	int node;

	name_at(name, base, address);
	node = get_subnode(fdt, parent, name);
	if (node < 0)
		return node;
	return fdt_setprop_string(fdt, node, "compatible", compatible) ?:
	       set_reg(fdt, node, address, size, ac, sc) ?:
	       fdt_setprop_empty(fdt, node, "no-map") ?:
	       fdt_setprop_u32(fdt, node, SNAPCAP_DT_BOOT_LEVEL, arch_boot_level());
}

static int announce_reserved(void *fdt, const struct plat *p, const struct snapimg_range *keep)
{
	int root = get_subnode(fdt, 0, "reserved-memory");
	u32 ac, sc;
	int err;

	if (root < 0)
		return root;
	if (!get_root_cells(fdt, &ac, &sc))
		return -FDT_ERR_BADNCELLS;
	err = fdt_setprop_u32(fdt, root, "#address-cells", ac) ?:
	      fdt_setprop_u32(fdt, root, "#size-cells", sc) ?:
	      fdt_setprop_empty(fdt, root, "ranges");
	err = err ?: reserve(fdt, root, "bootstub", SNAPCAP_DT_COMPAT_STUB,
			     p->stub_base, p->stub_size, ac, sc) ?:
	      reserve(fdt, root, "handoff", SNAPCAP_DT_COMPAT_HANDOFF,
		      p->handoff_base, SNAPCAP_HANDOFF_SIZE, ac, sc);
	if (!err && keep->size)
		err = reserve(fdt, root, "os-image", SNAPCAP_DT_COMPAT_DOWNLOAD,
			      keep->base, keep->size, ac, sc);
	return err;
}

static int announce_part(void *fdt, int parent, const struct plat_part *part)
{
	char name[40];
	int node, err;

	name_at(name, "partition", part->offset);
	node = fdt_add_subnode(fdt, parent, name);
	if (node < 0)
		return node;
	err = fdt_setprop_string(fdt, node, "label", part->label) ?:
	      set_reg(fdt, node, part->offset, part->size, 1, 1);
	if (!err && part->read_only)
		err = fdt_setprop_empty(fdt, node, "read-only");
	return err;
}

static int announce_parts(void *fdt, const struct plat_medium *pm)
{
	int flash = fdt_node_offset_by_compatible(fdt, -1, pm->compatible);
	int parts, err;
	u32 i;

	if (flash < 0)
		return flash;
	/* A tree that was made for this flash knows better. */
	parts = fdt_subnode_offset(fdt, flash, "partitions");
	if (parts != -FDT_ERR_NOTFOUND)
		return parts < 0 ? parts : 0;
	parts = fdt_add_subnode(fdt, flash, "partitions");
	if (parts < 0)
		return parts;
	err = fdt_setprop_string(fdt, parts, "compatible", "fixed-partitions") ?:
	      fdt_setprop_u32(fdt, parts, "#address-cells", 1) ?:
	      fdt_setprop_u32(fdt, parts, "#size-cells", 1);
	/* Subnodes are added in front of each other: the last one first. */
	for (i = PLAT_PART_COUNT; i-- && !err; )
		err = announce_part(fdt, parts, &pm->part[i]);
	return err;
}

static int announce_media(void *fdt, const struct plat *p)
{
	int err = 0;
	u32 i;

	for (i = 0; i < p->medium_count && !err; i++)
		if (p->medium[i].compatible)
			err = announce_parts(fdt, &p->medium[i]);
	return err;
}

static int set_text(void *fdt, int node, const char *name, const char *text, u32 size)
{
	void *p;
	int err = fdt_setprop_placeholder(fdt, node, name, (int)size + 1, &p);

	if (err)
		return err;
	memcpy(p, text, size);
	((char *)p)[size] = '\0';
	return 0;
}

static int remove_property(void *fdt, int node, const char *name)
{
	int err = fdt_delprop(fdt, node, name);

	return err == -FDT_ERR_NOTFOUND ? 0 : err;
}

static int announce_chosen(void *fdt, const struct devtree_boot *boot)
{
	int chosen = get_subnode(fdt, 0, "chosen");
	int err = 0;

	if (chosen < 0)
		return chosen;
	if (boot->cmdline)
		err = set_text(fdt, chosen, "bootargs", boot->cmdline, boot->cmdline_size);
	if (!err && boot->initrd_size)
		err = fdt_setprop_u64(fdt, chosen, "linux,initrd-start", boot->initrd_base) ?:
		      fdt_setprop_u64(fdt, chosen, "linux,initrd-end",
				      boot->initrd_base + boot->initrd_size);
	if (!err && !boot->initrd_size)
		err = remove_property(fdt, chosen, "linux,initrd-start") ?:
		      remove_property(fdt, chosen, "linux,initrd-end");
	if (!err && boot->seed_size && !fdt_getprop(fdt, chosen, "rng-seed", NULL))
		err = fdt_setprop(fdt, chosen, "rng-seed", boot->seed, (int)boot->seed_size);
	return err;
}

int devtree_announce(void *fdt, const struct plat *p, const struct devtree_boot *boot)
{
	return announce_reserved(fdt, p, &boot->keep) ?: announce_media(fdt, p) ?:
	       announce_chosen(fdt, boot);
}
