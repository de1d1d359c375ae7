// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio disk against devices that behave and devices that do not. They are
 * made from the register tables of the standard; of the driver's own header only
 * the state that it is given memory for is used.
 */
#include "../test.h"
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include "fake.h"
#include "media/virtio_blk.h"

#define SLOTS		4
#define SLOT_BASE	0x0a000000ULL
#define SLOT_SIZE	0x200
#define SECTORS		4096

struct device {
	/* What it is. */
	u32 magic, version, kind, queue_max, features_high;
	u64 sectors;
	const char *id;
	/* How it misbehaves. */
	bool mute, keeps_status, drops_features, generation_runs, backwards;
	u8 result;		/* of reads */
	u16 used_step;
	u32 used_id;
	/* Its state. */
	u32 status, sel, accepted_high, page_size, align, pfn, ready, queue_size, generation;
	u64 desc, avail, used;
	u16 avail_seen, used_idx;
	u32 requests, reads, writes;	/* writes: of any register */
};

static struct device device[SLOTS];
static u8 content[SECTORS * 512];
static struct media disk;
static struct virtio_blk *virtio;
static u8 *buf;
static _Alignas(8) u8 tree[8192];

/* ---- the device ---- */

static void *dma(u64 pa, size_t len)
{
	/* All that it is told lies in the loader's region. */
	assert_true(pa >= FAKE_STUB_BASE && len <= FAKE_STUB_SIZE &&
		    pa - FAKE_STUB_BASE <= FAKE_STUB_SIZE - len);
	return fake_ram(pa);
}

struct desc {
	u64 address;
	u32 len;
	u16 flags, next;
};

static void copy_out(struct device *d, u8 *dst, u32 len, u64 *at)
{
	assert_true(*at + len <= d->sectors * 512);
	memcpy(dst, content + *at % sizeof(content), len);
	*at += len;
}

static void do_request(struct device *d, const struct desc *table, u16 head)
{
	const struct desc *s = &table[head];
	const struct { u32 type, reserved; u64 sector; } *h = dma(s->address, 16);
	u64 at = h->sector * 512, from = at;
	u8 *last;

	assert_int_equal(s->len, 16);
	assert_int_equal(s->flags, 1);
	assert_int_equal(h->reserved, 0);
	d->requests++;
	for (s = &table[s->next]; s->flags & 1; s = &table[s->next]) {
		u8 *p = dma(s->address, s->len);

		assert_int_equal(s->flags, 3);
		assert_true(s->next < d->queue_size);
		if (h->type == 8) {
			assert_int_equal(s->len, 20);
			strncpy((char *)p, d->id, 20);
		} else {
			assert_int_equal(h->type, 0);
			copy_out(d, p, s->len, &at);
		}
	}
	if (h->type == 0)
		d->reads++;
	assert_int_equal((at - from) % 512, 0);
	assert_int_equal(s->flags, 2);
	assert_int_equal(s->len, 1);
	last = dma(s->address, 1);
	*last = h->type == 0 ? d->result : 0;
}

static void do_queue(struct device *d)
{
	const u16 *avail = dma(d->avail, 6 + 2 * d->queue_size);
	u16 *used = dma(d->used, 6 + 8 * d->queue_size);

	assert_int_equal(d->status, d->version == 1 ? 7 : 15);
	assert_int_equal(avail[0], 1);
	/* Backwards: it waits until it has four, and answers the last one first. */
	if (d->backwards && (u16)(avail[1] - d->avail_seen) < 4)
		return;
	while (!d->mute && d->avail_seen != avail[1]) {
		u16 i = d->avail_seen++;
		u16 head = avail[2 + (d->backwards ? (i & ~3) + 3 - (i & 3) : i) % d->queue_size];
		u32 *elem = (u32 *)(used + 2) + 2 * (d->used_idx % d->queue_size);

		do_request(d, dma(d->desc, 16 * d->queue_size), head);
		elem[0] = head + d->used_id;
		elem[1] = 1;
		d->used_idx += d->used_step;
		used[1] = d->used_idx;
	}
}

static struct device *at(unsigned long long pa)
{
	assert_true(pa >= SLOT_BASE && pa < SLOT_BASE + SLOTS * SLOT_SIZE && !(pa & 3));
	return &device[(pa - SLOT_BASE) / SLOT_SIZE];
}

unsigned int mmio_read32(unsigned long long pa)
{
	struct device *d = at(pa);

	switch (pa % SLOT_SIZE) {
	case 0x000: return d->magic;
	case 0x004: return d->version;
	case 0x008: return d->kind;
	case 0x010: return d->sel ? d->features_high : 0xffffffff;
	case 0x034: return d->queue_max;
	case 0x070: return d->status;
	case 0x0fc: return d->generation_runs ? d->generation++ : d->generation;
	case 0x100: return (u32)d->sectors;
	case 0x104: return (u32)(d->sectors >> 32);
	default: fail_msg("register %llx was read", pa % SLOT_SIZE);
	}
	return 0;
}

static void set_half(u64 *v, bool high, u32 half)
{
	*v = high ? (u32)*v | (u64)half << 32 : (*v >> 32 << 32) | half;
}

static void set_status(struct device *d, u32 v)
{
	if (!v && d->keeps_status)
		return;
	if (!v) {
		d->status = 0;
		d->avail_seen = d->used_idx = 0;
		d->pfn = d->ready = d->accepted_high = 0;
		return;
	}
	/* Bits are only ever added. */
	assert_int_equal(d->status & ~v, 0);
	d->status = v;
	if (d->drops_features)
		d->status &= ~8u;
}

static void set_modern(struct device *d, u32 reg, u32 v)
{
	assert_int_equal(d->version, 2);
	switch (reg) {
	case 0x044: d->ready = v; break;
	case 0x080: case 0x084: set_half(&d->desc, reg & 4, v); break;
	case 0x090: case 0x094: set_half(&d->avail, reg & 4, v); break;
	case 0x0a0: case 0x0a4: set_half(&d->used, reg & 4, v); break;
	default: fail_msg("register %x was written", reg);
	}
}

static void set_legacy(struct device *d, u32 reg, u32 v)
{
	assert_int_equal(d->version, 1);
	switch (reg) {
	case 0x028: d->page_size = v; break;
	case 0x03c: d->align = v; break;
	case 0x040:
		d->pfn = v;
		d->desc = (u64)v * d->page_size;
		d->avail = d->desc + 16 * d->queue_size;
		d->used = (d->avail + 6 + 2 * d->queue_size + d->align - 1) &
			  ~(u64)(d->align - 1);
		break;
	default: fail_msg("register %x was written", reg);
	}
}

void mmio_write32(unsigned long long pa, unsigned int v)
{
	struct device *d = at(pa);
	u32 reg = pa % SLOT_SIZE;

	/* Who is no disk is left alone. */
	assert_int_equal(d->kind, 2);
	d->writes++;
	switch (reg) {
	case 0x014: d->sel = v; break;
	case 0x020:
		if (d->sel)
			d->accepted_high = v;
		else
			assert_int_equal(v, 0);
		break;
	case 0x024: d->sel = v; break;
	case 0x030: assert_int_equal(v, 0); break;
	case 0x038: d->queue_size = v; assert_true(v <= d->queue_max); break;
	case 0x050:
		assert_true(d->version == 1 ? d->pfn : d->ready);
		do_queue(d);
		break;
	case 0x070: set_status(d, v); break;
	case 0x028: case 0x03c: case 0x040: set_legacy(d, reg, v); break;
	default: set_modern(d, reg, v); break;
	}
}

/* ---- the machine ---- */

static int add_slot(u32 i, const char *compatible, u64 base, u64 size, bool coherent)
{
	const fdt64_t reg[] = { cpu_to_fdt64(base), cpu_to_fdt64(size) };
	char name[32];
	int node;

	snprintf(name, sizeof(name), "virtio_mmio@%x", 0xa000000 + i * SLOT_SIZE);
	node = fdt_add_subnode(tree, 0, name);
	assert_true(node > 0);
	assert_int_equal(fdt_setprop(tree, node, "reg", reg, sizeof(reg)), 0);
	assert_int_equal(fdt_setprop_string(tree, node, "compatible", compatible), 0);
	if (coherent)
		assert_int_equal(fdt_setprop_empty(tree, node, "dma-coherent"), 0);
	return node;
}

static void add_disk(u32 i, u32 version, const char *id)
{
	device[i] = (struct device){
		.magic = 0x74726976, .version = version, .kind = 2, .queue_max = 128,
		.features_high = 1, .sectors = SECTORS, .id = id, .used_step = 1,
		.status = 7,	/* as firmware may have left it */
	};
	add_slot(i, "virtio,mmio", SLOT_BASE + i * SLOT_SIZE, SLOT_SIZE, true);
}

static int setup(void **state)
{
	u32 i;

	fake_setup(state);
	fake_tree(tree, sizeof(tree), FAKE_RAM_SIZE);
	virtio = (struct virtio_blk *)fake_ram(FAKE_STUB_BASE);
	memset(virtio, 0, sizeof(*virtio));
	buf = fake_ram(FAKE_STUB_BASE + 0x10000);
	disk = (struct media){
		.name = "disk", .id = "snapcap", .priv = virtio, .open = virtio_blk_open,
		.close = virtio_blk_close, .begin = virtio_blk_begin, .end = virtio_blk_end,
	};
	memset(device, 0, sizeof(device));
	for (i = 0; i < sizeof(content); i++)
		content[i] = (u8)(i ^ i >> 8 ^ i >> 16);
	return 0;
}

static int open_disk(void)
{
	return media_open(&disk, tree);
}

static void can_read(u64 off, size_t len)
{
	memset(buf - 8, 0xee, len + 16);
	assert_int_equal(media_read(&disk, off, buf, len), 0);
	assert_memory_equal(buf, content + off, len);
	assert_int_equal(buf[-1], 0xee);
	assert_int_equal(buf[len], 0xee);
}

static void test_any_bytes_are_read(void **state)
{
	u32 version, i;

	for (version = 1; version <= 2; version++) {
		setup(state);
		add_disk(0, version, "snapcap");
		assert_int_equal(open_disk(), 0);
		assert_int_equal(disk.size, sizeof(content));
		can_read(0, 1);
		can_read(0, 512);
		can_read(511, 2);
		can_read(1, 510);
		can_read(100, 5000);
		can_read(sizeof(content) - 1, 1);
		can_read(sizeof(content) - 513, 513);
		can_read(3, MEDIA_REQUEST_MAX + 700);
		srandom(version);
		/* More requests than the ring's index has values. */
		for (i = 0; i < 70000; i++) {
			u64 off = (u64)random() % (sizeof(content) - 2000);

			can_read(off, 1 + (size_t)random() % 1500);
		}
		assert_int_equal(device[0].accepted_high, version - 1);
		media_close(&disk);
		assert_int_equal(device[0].status, 0);
	}
}

static void test_ours_is_told_by_its_id(void **state)
{
	u32 i;

	/* The tree has them in the reverse order. */
	add_disk(3, 1, "snapcap");
	add_disk(2, 2, "snapca");
	add_disk(1, 2, "snapcap2");
	add_disk(0, 1, "data");
	assert_int_equal(open_disk(), 0);
	can_read(512, 512);
	for (i = 0; i < 3; i++) {
		assert_int_equal(device[i].requests, 1);
		assert_int_equal(device[i].reads, 0);
		assert_int_equal(device[i].status, 0);
	}
	assert_non_null(strstr(fake_console, "disk snapcap at 0xa000600: 2048 KiB"));
}

static void test_id_of_all_its_bytes(void **state)
{
	add_disk(0, 1, "12345678901234567890");
	disk.id = "1234567890123456789";
	assert_int_equal(open_disk(), -SNAPCAP_REASON_EMPTY);
	setup(state);
	add_disk(0, 1, "12345678901234567890");
	disk.id = "12345678901234567890";
	assert_int_equal(open_disk(), 0);
}

static void test_nothing_else_is_touched(void **state)
{
	add_disk(0, 1, "data");
	device[0].kind = 0;		/* an empty slot; a write to it fails the test */
	add_disk(1, 2, "");
	device[1].kind = 1;		/* a network card */
	add_disk(2, 2, "snapcap");
	device[2].magic++;
	add_disk(3, 3, "snapcap");
	assert_int_equal(open_disk(), -SNAPCAP_REASON_EMPTY);
	assert_int_equal(device[2].writes + device[3].writes, 0);
	assert_int_equal(device[1].status, 7);
	assert_int_equal(open_disk(), -SNAPCAP_REASON_EMPTY);
	media_close(&disk);
}

static void test_tree_nodes_that_are_no_use(void **state)
{
	int node;

	add_disk(0, 1, "snapcap");
	assert_int_equal(fdt_del_node(tree, fdt_path_offset(tree, "/virtio_mmio@a000000")), 0);
	add_slot(0, "virtio,mmio", SLOT_BASE, SLOT_SIZE, false);
	add_slot(1, "virtio,mmio", SLOT_BASE + 4, SLOT_SIZE, true);
	add_slot(2, "virtio,mmio", SLOT_BASE, SLOT_SIZE - 1, true);
	add_slot(3, "virtio,mmio", ~0ULL - 0x1ff, SLOT_SIZE, true);
	add_slot(4, "other,mmio", SLOT_BASE, SLOT_SIZE, true);
	node = add_slot(5, "virtio,mmio", SLOT_BASE, SLOT_SIZE, true);
	assert_int_equal(fdt_setprop_string(tree, node, "status", "disabled"), 0);
	assert_int_equal(open_disk(), -SNAPCAP_REASON_EMPTY);
	assert_int_equal(device[0].writes, 0);
	assert_int_equal(fake_map_count, 0);
}

static void test_registers_that_cannot_be_mapped(void **state)
{
	add_disk(1, 1, "snapcap");
	fake_map_error = -SNAPCAP_REASON_NO_SPACE;
	assert_int_equal(open_disk(), -SNAPCAP_REASON_EMPTY);
	assert_int_equal(device[1].writes, 0);
	assert_int_equal(fake_map[0].base, SLOT_BASE);
	assert_int_equal(fake_map[0].size, PAGE_SIZE);
	assert_int_equal(fake_map[0].kind, ARCH_MEMORY_DEVICE);
}

static void test_devices_that_cannot_be_started(void **state)
{
	add_disk(0, 1, "snapcap");
	device[0].queue_max = 4;
	add_disk(1, 2, "snapcap");
	device[1].features_high = 0;
	add_disk(2, 2, "snapcap");
	device[2].drops_features = true;
	add_disk(3, 2, "snapcap");
	device[3].queue_max = 0;
	assert_int_equal(open_disk(), -SNAPCAP_REASON_EMPTY);
	assert_int_equal(device[0].status + device[1].status + device[2].status +
			 device[3].status, 0);
	assert_int_equal(device[0].requests + device[3].requests, 0);
}

static void test_capacity(void **state)
{
	static const struct { u64 sectors, size; } good[] = {
		{ 1, 512 }, { 1ULL << 33, 1ULL << 42 }, { 1ULL << 54, 1ULL << 63 },
	};
	static const u64 bad[] = { 0, (1ULL << 54) + 1, 1ULL << 55, ~0ULL };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		setup(state);
		add_disk(0, 1 + (i & 1), "snapcap");
		device[0].sectors = good[i].sectors;
		assert_int_equal(open_disk(), 0);
		assert_true(disk.size == good[i].size);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		setup(state);
		add_disk(0, 2, "snapcap");
		device[0].sectors = bad[i];
		assert_int_equal(open_disk(), -SNAPCAP_REASON_READ);
		assert_int_equal(device[0].status, 0);
	}
	setup(state);
	add_disk(0, 2, "snapcap");
	device[0].generation_runs = true;
	assert_int_equal(open_disk(), -SNAPCAP_REASON_READ);
	assert_true(device[0].generation < 20);
}

static void test_answers_in_any_order(void **state)
{
	u32 i, round;

	add_disk(0, 2, "snapcap");
	assert_int_equal(open_disk(), 0);
	/* The identification was one request: three more, so that rounds of four match. */
	for (i = 0; i < 3; i++)
		can_read(0, 512);
	device[0].backwards = true;
	for (round = 0; round < 100; round++) {
		for (i = 0; i < 4; i++)
			assert_int_equal(media_begin(&disk, i * 5000 + round, buf + i * 700,
						     700), 0);
		for (i = 0; i < 4; i++) {
			assert_int_equal(media_end(&disk), 0);
			assert_memory_equal(buf + i * 700, content + i * 5000 + round, 700);
		}
	}
}

static void test_no_more_requests_than_there_is_room_for(void **state)
{
	u32 i;

	add_disk(0, 2, "snapcap");
	assert_int_equal(open_disk(), 0);
	for (i = 0; i < VIRTIO_DEPTH; i++)
		assert_int_equal(media_begin(&disk, i * 512, buf + i * 512, 512), 0);
	assert_int_equal(media_begin(&disk, 0, buf, 512), -SNAPCAP_REASON_READ);
	for (i = 0; i < VIRTIO_DEPTH; i++)
		assert_int_equal(media_end(&disk), 0);
	assert_int_equal(media_end(&disk), -SNAPCAP_REASON_READ);
	assert_memory_equal(buf, content, VIRTIO_DEPTH * 512);
}

static void test_error_of_one_request(void **state)
{
	add_disk(0, 1, "snapcap");
	assert_int_equal(open_disk(), 0);
	device[0].result = 1;
	assert_int_equal(media_read(&disk, 0, buf, 512), -SNAPCAP_REASON_READ);
	device[0].result = 2;
	assert_int_equal(media_read(&disk, 0, buf, 512), -SNAPCAP_REASON_READ);
	device[0].result = 0;
	can_read(0, 512);
	assert_int_equal(disk.error, 0);
}

/* Given up: reset, and never asked again, also when opened again. */
static void is_lost(void)
{
	u32 requests = device[0].requests;

	assert_int_equal(device[0].status, 0);
	assert_non_null(strstr(fake_console, "does not answer as it should: given up"));
	device[0].mute = false;
	device[0].used_step = 1;
	device[0].used_id = 0;
	assert_int_equal(media_read(&disk, 0, buf, 512), -SNAPCAP_REASON_READ);
	assert_int_equal(open_disk(), -SNAPCAP_REASON_READ);
	media_close(&disk);
	assert_int_equal(open_disk(), -SNAPCAP_REASON_READ);
	assert_int_equal(device[0].requests, requests);
}

static void test_no_answer_is_waited_for_so_long(void **state)
{
	u64 before;

	add_disk(0, 1, "snapcap");
	assert_int_equal(open_disk(), 0);
	device[0].mute = true;
	before = fake_counter;
	assert_int_equal(media_read(&disk, 0, buf, 512), -SNAPCAP_REASON_READ);
	/* The counter of the tests runs at 1 MHz, one step a look. */
	assert_true(fake_counter - before > 2900000 && fake_counter - before < 3200000);
	is_lost();
}

static void test_answers_to_what_was_not_asked(void **state)
{
	/* A request that is not under way, one that is none, none of the ring. */
	static const u32 ids[] = { VIRTIO_BUFFERS, 1, 1000 * VIRTIO_BUFFERS, ~0U };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		setup(state);
		add_disk(0, 2, "snapcap");
		assert_int_equal(open_disk(), 0);
		device[0].used_id = ids[i];
		assert_int_equal(media_read(&disk, 0, buf, 512), -SNAPCAP_REASON_READ);
		is_lost();
	}
	/* One answer too many: told when the next one is looked at. */
	setup(state);
	add_disk(0, 2, "snapcap");
	assert_int_equal(open_disk(), 0);
	device[0].used_step = 2;
	assert_int_equal(media_read(&disk, 0, buf, 512), 0);
	assert_int_equal(media_read(&disk, 0, buf, 512), -SNAPCAP_REASON_READ);
	is_lost();
}

static void test_identification_without_answer(void **state)
{
	add_disk(1, 1, "snapcap");
	add_disk(0, 1, "snapcap");
	device[0].mute = true;
	assert_int_equal(open_disk(), 0);
	assert_int_equal(device[0].status, 0);
	can_read(0, 512);
}

static void test_reset_that_is_ignored(void **state)
{
	add_disk(0, 1, "snapcap");
	device[0].status = 0;
	assert_int_equal(open_disk(), 0);
	device[0].keeps_status = true;
	device[0].status = 0xff;
	media_close(&disk);
	assert_non_null(strstr(fake_console, "does not let itself be reset"));
}

static void test_closed_in_the_middle_of_a_request(void **state)
{
	add_disk(0, 2, "snapcap");
	assert_int_equal(open_disk(), 0);
	device[0].mute = true;
	assert_int_equal(media_begin(&disk, 0, buf, 512), 0);
	assert_int_equal(media_begin(&disk, 0, buf, 512), 0);
	media_close(&disk);
	assert_int_equal(device[0].status, 0);
	assert_int_equal(media_end(&disk), -SNAPCAP_REASON_READ);
	assert_int_equal(media_begin(&disk, 0, buf, 512), -SNAPCAP_REASON_READ);
	device[0].mute = false;
	assert_int_equal(open_disk(), 0);
	can_read(7, 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_any_bytes_are_read, setup),
		cmocka_unit_test_setup(test_ours_is_told_by_its_id, setup),
		cmocka_unit_test_setup(test_id_of_all_its_bytes, setup),
		cmocka_unit_test_setup(test_nothing_else_is_touched, setup),
		cmocka_unit_test_setup(test_tree_nodes_that_are_no_use, setup),
		cmocka_unit_test_setup(test_registers_that_cannot_be_mapped, setup),
		cmocka_unit_test_setup(test_devices_that_cannot_be_started, setup),
		cmocka_unit_test_setup(test_capacity, setup),
		cmocka_unit_test_setup(test_answers_in_any_order, setup),
		cmocka_unit_test_setup(test_no_more_requests_than_there_is_room_for, setup),
		cmocka_unit_test_setup(test_error_of_one_request, setup),
		cmocka_unit_test_setup(test_no_answer_is_waited_for_so_long, setup),
		cmocka_unit_test_setup(test_answers_to_what_was_not_asked, setup),
		cmocka_unit_test_setup(test_identification_without_answer, setup),
		cmocka_unit_test_setup(test_reset_that_is_ignored, setup),
		cmocka_unit_test_setup(test_closed_in_the_middle_of_a_request, setup),
	};

	return cmocka_run_group_tests_name("bootstub/virtio_blk", tests, NULL, NULL);
}
