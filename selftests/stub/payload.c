// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at what the boot loader has left and tells it on the console, one fact a
 * line, as "payload: <name> <value>"; then turns the machine off or resets it.
 * Runs with the MMU off after a cold boot: aligned accesses only.
 */
#include <stdint.h>

#define UART_DR		0x09000000UL
#define HANDOFF		0x403ff000UL
#define VIRTIO		0x0a000000UL
#define PSCI_OFF	0x84000008
#define PSCI_RESET	0x84000009

/* What the test wants looked at; written by the test into the snapshot. */
struct check {
	uint64_t pa;
	uint64_t pages;
	uint64_t kind;
	uint64_t word;
};

enum { CHECK_END, CHECK_FILL, CHECK_PATTERN, CHECK_RESET, CHECK_DISKS };

void payload_restored(const struct check *check);
void payload_cold(const uint32_t *dtb, uint64_t el, uint64_t sctlr, uint64_t daif,
		  uint64_t tree_wanted);
void payload_exception(void);

static void put(char c)
{
	*(volatile uint32_t *)UART_DR = (uint32_t)c;
}

static void text(const char *s)
{
	while (*s)
		put(*s++);
}

static void hex(uint64_t v, int digits)
{
	while (digits--)
		put("0123456789abcdef"[v >> (4 * digits) & 0xf]);
}

static void fact(const char *name, uint64_t v)
{
	text("payload: ");
	text(name);
	put(' ');
	hex(v, 16);
	put('\n');
}

static void dump(const char *name, const volatile uint32_t *p, uint32_t bytes)
{
	text("payload: ");
	text(name);
	put(' ');
	for (; bytes; bytes -= 4)
		hex(__builtin_bswap32(*p++), 8);
	put('\n');
}

static uint64_t level(void)
{
	uint64_t el;

	asm volatile("mrs %0, currentel" : "=r" (el));
	return el;
}

static uint64_t hvc(uint64_t function)
{
	register uint64_t x0 asm("x0") = function;

	asm volatile("hvc #0" : "+r" (x0) : : "x1", "x2", "x3", "memory");
	return x0;
}

static uint64_t smc(uint64_t function)
{
	register uint64_t x0 asm("x0") = function;

	asm volatile("smc #0" : "+r" (x0) : : "x1", "x2", "x3", "memory");
	return x0;
}

/* Of all that the stage before could have left on. */
static void tell_debug(void)
{
	uint64_t mdscr, bcr0, bcr5, wcr0, wcr3;

	asm volatile("mrs %0, mdscr_el1\n\tmrs %1, dbgbcr0_el1\n\tmrs %2, dbgbcr5_el1\n\t"
		     "mrs %3, dbgwcr0_el1\n\tmrs %4, dbgwcr3_el1"
		     : "=r" (mdscr), "=r" (bcr0), "=r" (bcr5), "=r" (wcr0), "=r" (wcr3));
	fact("debug", mdscr | bcr0 | bcr5 | wcr0 | wcr3);
}

/*
 * HVC first: where the machine wants SMC, what is at EL2 answers with an error.
 * At EL2 the only thing there is ourselves.
 */
static void __attribute__((noreturn)) end(uint64_t function)
{
	tell_debug();
	if (level() == 4)
		fact("hvc", hvc(function));
	smc(function);
	text("payload: still here\n");
	for (;;)
		asm volatile("wfi");
}

/* Disks that are not as after reset: each could still write memory. */
static void tell_disks(void)
{
	uint64_t slot, running = 0;

	for (slot = VIRTIO; slot < VIRTIO + 32 * 0x200; slot += 0x200) {
		const volatile uint32_t *reg = (const volatile uint32_t *)slot;

		if (reg[0x008 / 4] == 2 && reg[0x070 / 4])
			running++;
	}
	fact("disks-running", running);
}

/* Word i of a patterned page: its number, the low words counted. */
static uint64_t pattern(uint64_t pfn, uint64_t i)
{
	return pfn << 32 | (i < 16 ? i : 0);
}

void payload_restored(const struct check *check)
{
	uint64_t function = PSCI_OFF, bad = 0, pages = 0, daif;

	fact("restored", level());
	asm volatile("mrs %0, daif" : "=r" (daif));
	fact("daif", daif);
	for (; check->kind != CHECK_END; check++) {
		const uint64_t *p = (const uint64_t *)check->pa;
		uint64_t i, n = check->pages * 512;

		if (check->kind == CHECK_RESET) {
			function = PSCI_RESET;
			continue;
		}
		if (check->kind == CHECK_DISKS) {
			tell_disks();
			continue;
		}
		for (i = 0; i < n; i++) {
			uint64_t want = check->kind == CHECK_FILL ? check->word :
					pattern((check->pa >> 12) + i / 512, i % 512);

			if (p[i] != want && !bad++)
				fact("wrong-at", check->pa + i * 8);
		}
		pages += check->pages;
	}
	fact("wrong", bad);
	fact("pages", pages);
	dump("handoff", (const volatile uint32_t *)HANDOFF, 1064);
	dump("os-identity", (const volatile uint32_t *)(HANDOFF + 4072), 8);
	dump("medium", (const volatile uint32_t *)(HANDOFF + 4080), 16);
	end(function);
}

void payload_cold(const uint32_t *dtb, uint64_t el, uint64_t sctlr, uint64_t daif,
		  uint64_t tree_wanted)
{
	uint32_t size = __builtin_bswap32(dtb[1]);

	fact("cold", el);
	fact("sctlr", sctlr & 0x1005);
	fact("daif", daif);
	fact("dtb", (uint64_t)dtb);
	tell_disks();
	dump("handoff", (const volatile uint32_t *)HANDOFF, 1064);
	dump("os-identity", (const volatile uint32_t *)(HANDOFF + 4072), 8);
	dump("medium", (const volatile uint32_t *)(HANDOFF + 4080), 16);
	if (tree_wanted)
		dump("tree", (const volatile uint32_t *)dtb, (size + 3) & ~3U);
	end(PSCI_OFF);
}

void payload_exception(void)
{
	text("payload: exception\n");
	end(PSCI_OFF);
}
