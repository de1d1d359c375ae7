// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hand-off page as the module reads it: once when it is loaded, and once more
 * when the system has been restored, over a page that the loader has written anew.
 * The module's file is compiled as it is, see kernel.h.
 *
 * The input: what is asked, CONTROL bytes; a page; and, of its bytes, another one.
 */
#include "snapcap.h"
#include "fuzz.h"

#define CONTROL		32
#define STUB_BASE	0x40200000ULL
#define STUB_SIZE	0x1ff000ULL
#define HANDOFF_BASE	0x403ff000ULL
/* The kernel's memory; what is in the page's ranges besides is the downloaded image's. */
#define RAM_BASE	0x41000000ULL
#define RAM_END		0x4f000000ULL
#define DOWNLOAD_MAX	65536

static u8 *page;
static u8 control[CONTROL];
static int maps;
static u64 now;

/* ---- the kernel ---- */

struct device_node {
	u64 base, size;
};

static struct device_node stub_node = { STUB_BASE, STUB_SIZE };
static struct device_node handoff_node = { HANDOFF_BASE, SNAPCAP_HANDOFF_SIZE };

struct device_node *of_find_compatible_node(struct device_node *from, const char *type,
					    const char *compatible)
{
	(void)from;
	(void)type;
	if (control[0] == 1)
		return NULL;
	return strcmp(compatible, SNAPCAP_DT_COMPAT_STUB) ? &handoff_node : &stub_node;
}

int of_address_to_resource(struct device_node *np, int index, struct resource *res)
{
	(void)index;
	res->start = np->base;
	res->end = np->base + np->size - 1;
	if (control[0] == 2 && np == &handoff_node)
		res->end--;
	return 0;
}

void of_node_put(struct device_node *np)
{
	(void)np;
}

int region_intersects(u64 start, size_t size, unsigned long flags, unsigned long desc)
{
	(void)flags;
	(void)desc;
	return start < RAM_END && start + size > RAM_BASE ? REGION_INTERSECTS : REGION_DISJOINT;
}

/* The image is memory of its own, of its size: a look beyond it is seen. */
void *memremap(u64 base, size_t size, unsigned long flags)
{
	if (flags == MEMREMAP_WC) {
		FUZZ_HOLDS(base == HANDOFF_BASE && size == SNAPCAP_HANDOFF_SIZE);
		if (control[0] == 3)
			return NULL;
		maps++;
		return page;
	}
	FUZZ_HOLDS(size && base + size > base);
	FUZZ_HOLDS(base + size <= RAM_BASE || base >= RAM_END);
	FUZZ_HOLDS(base + size <= STUB_BASE || base >= STUB_BASE + STUB_SIZE);
	FUZZ_HOLDS(base + size <= HANDOFF_BASE || base >= HANDOFF_BASE + SNAPCAP_HANDOFF_SIZE);
	if (size > DOWNLOAD_MAX)
		return NULL;
	maps++;
	return calloc(1, size);
}

void memunmap(void *va)
{
	maps--;
	if (va != page)
		free(va);
}

/* ---- the rest of the module ---- */

u64 snapcap_arch_counter(void)
{
	return now++;
}

int snapcap_entropy_restored(const void *seed, size_t size)
{
	FUZZ_HOLDS(size <= SNAPCAP_HANDOFF_SEED_SIZE);
	return seed && size ? 0 : -ENODATA;
}

/* ---- what is asked of it ---- */

static void check_text(const u8 *text, size_t size)
{
	FUZZ_HOLDS(memchr(text, 0, size));
}

static void check_info(void)
{
	struct snapcap_info info = { .size = sizeof(info) };
	struct snapcap_boot_info boot = { .size = sizeof(boot) };

	snapcap_stub_info(&info);
	FUZZ_HOLDS(info.stub_present || !info.stub_base);
	snapcap_stub_boot_info(&boot);
	FUZZ_HOLDS(boot.time_count <= SNAPCAP_TIMELINE_MAX);
	FUZZ_HOLDS(boot.request <= SNAPCAP_REQUEST_MENU);
	FUZZ_HOLDS(!snapcap_stub_cause() || !boot.boot);
	check_text(boot.stub_version, sizeof(boot.stub_version));
	check_text(boot.machine, sizeof(boot.machine));
	check_text(boot.medium, sizeof(boot.medium));
	check_text(boot.about, sizeof(boot.about));
}

/* What a take is made with; asked only when there is a loader. */
static void check_describe(void)
{
	struct snapcap_range map[SNAPCAP_HANDOFF_RANGES];
	size_t size = snapcap_stub_memmap(map), i;
	struct snapimg img;

	FUZZ_HOLDS(size && size <= sizeof(map) && !(size % sizeof(map[0])));
	memset(&img, 0xa5, sizeof(img));
	snapcap_stub_describe(&img);
	FUZZ_HOLDS(memchr(img.machine, 0, sizeof(img.machine)));
	FUZZ_HOLDS(img.stub_base == STUB_BASE && img.stub_size == STUB_SIZE);
	FUZZ_HOLDS(!snapcap_stub_restores(STUB_BASE, 1) &&
		   !snapcap_stub_restores(HANDOFF_BASE + SNAPCAP_HANDOFF_SIZE - 1, 1));
	for (i = 0; i < size / sizeof(map[0]); i++) {
		u64 base = le64_to_cpu(map[i].base), room = le64_to_cpu(map[i].size);
		u64 end = base + room;

		if (end < base || (base < HANDOFF_BASE + SNAPCAP_HANDOFF_SIZE && end > STUB_BASE))
			continue;
		FUZZ_HOLDS(!room || snapcap_stub_restores(base, room));
	}
}

static void check_download(void)
{
	u64 size = snapcap_stub_download_size(), off;
	u8 *buf = malloc(64);

	if (!buf)
		return;
	memcpy(&off, control + 8, sizeof(off));
	FUZZ_HOLDS(size <= DOWNLOAD_MAX);
	FUZZ_HOLDS(size || snapcap_stub_download_read(buf, 0, 64) == -ENXIO);
	if (size) {
		FUZZ_HOLDS(snapcap_stub_download_read(buf, 0, 64) ==
			   (ssize_t)(size < 64 ? size : 64));
		FUZZ_HOLDS(snapcap_stub_download_read(buf, (loff_t)(size - 1), 64) == 1);
		FUZZ_HOLDS(snapcap_stub_download_read(buf, (loff_t)size, 64) == 0);
		FUZZ_HOLDS(snapcap_stub_download_read(buf, (loff_t)off, 64) <= 64);
	}
	free(buf);
}

static void check_request(u32 request)
{
	const struct snapcap_handoff *h = (const void *)page;
	struct snapcap_boot_info boot = { .size = sizeof(boot) };
	int err = snapcap_stub_request(request);

	FUZZ_HOLDS(err == (snapcap_stub_cause() ? -ENODEV : 0));
	if (err)
		return;
	FUZZ_HOLDS(le32_to_cpu(h->request) == request &&
		   le32_to_cpu(h->request_inverse) == ~request);
	snapcap_stub_boot_info(&boot);
	FUZZ_HOLDS(boot.request == (request > SNAPCAP_REQUEST_MENU ? 0 : request));
}

static void ask(void)
{
	static const u8 zero[SNAPCAP_HANDOFF_SEED_SIZE];
	const struct snapcap_handoff *h = (const void *)page;
	char name[200];
	u32 i;

	check_info();
	check_download();
	for (i = 0; i < control[1]; i++)
		snapcap_timeline_add(i);
	check_info();
	snapcap_timeline_reset();
	memcpy(&i, control + 4, sizeof(i));
	check_request(i);
	check_request(i % 8);
	FUZZ_HOLDS(!snapcap_stub_cause() || !snapcap_counter_ns(~0ULL));
	if (snapcap_stub_cause())
		return;
	check_describe();
	snapcap_stub_slot_offset();
	snapcap_stub_bytes_restored();
	memset(name, 'x', sizeof(name));
	name[control[2] % sizeof(name)] = '\0';
	name[sizeof(name) - 1] = '\0';
	snapcap_stub_changed(name);
	check_text(h->about, sizeof(h->about));
	FUZZ_HOLDS(le32_to_cpu(h->request) == SNAPCAP_REQUEST_CHANGED);
	snapcap_stub_seed();
	FUZZ_HOLDS(!h->seed_size && !memcmp(h->seed, zero, sizeof(zero)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapcap_status status = { .size = sizeof(status) };
	struct snapcap_handoff *h = malloc(sizeof(*h));
	bool confirmed;
	u32 ms, at;
	__le32 attempt;

	if (!h)
		return 0;
	page = (u8 *)h;
	memset(control, 0, sizeof(control));
	memset(page, 0xa5, sizeof(*h));
	memcpy(control, data, size < CONTROL ? size : CONTROL);
	if (size > CONTROL)
		memcpy(page, data + CONTROL, size - CONTROL < sizeof(*h) ? size - CONTROL :
		       sizeof(*h));
	if (snapcap_stub_init()) {
		FUZZ_HOLDS(snapcap_stub_cause() && control[0] == 3);
		check_info();
	} else {
		FUZZ_HOLDS(snapcap_stub_cause() != SNAPCAP_CAUSE_NO_STUB || control[0] == 1);
		ask();
	}
	/* The restored system: memory is as it was, the page is another one. */
	if (control[0] > 3 || !control[0]) {
		if (size > CONTROL + sizeof(*h))
			memcpy(page, data + CONTROL + sizeof(*h), size - CONTROL - sizeof(*h) <
			       sizeof(*h) ? size - CONTROL - sizeof(*h) : sizeof(*h));
		confirmed = control[1] & 1;
		attempt = h->attempt;
		snapcap_stub_restored(&status, confirmed);
		FUZZ_HOLDS(snapcap_stub_cause() || h->attempt == (confirmed ? 0 : attempt));
		ask();
		snapcap_stub_watchdog(&ms, &at);
		snapcap_stub_confirm();
		FUZZ_HOLDS(snapcap_stub_cause() || !snapcap_stub_pending());
	}
	snapcap_stub_exit();
	FUZZ_HOLDS(!maps);
	free(h);
	return 0;
}
