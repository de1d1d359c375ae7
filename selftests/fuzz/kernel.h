/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel as a file of the module needs that only reads memory, to
 * compile it on the host, unmodified. Included before all else; the kernel's own
 * headers are empty files then. What is declared here is what the harness plays.
 */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <linux/types.h>
#include <snapimg_glue.h>

#define __user
#define __aligned(n)		__attribute__((aligned(n)))
#define BUILD_BUG_ON(condition)	_Static_assert(!(condition), #condition)
#define PAGE_ALIGNED(a)		(!((a) & 4095))
#define NSEC_PER_SEC		1000000000L
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile __typeof__(x) *)&(x) = (value))
#define wmb()			__sync_synchronize()
#define check_add_overflow(a, b, sum)	__builtin_add_overflow(a, b, sum)
#define pr_warn(...)		((void)0)

typedef u64 phys_addr_t;
typedef struct poll_table poll_table;

struct device;
struct device_node;
struct file;
struct mtd_info;
struct attribute_group;
struct list_head { struct list_head *next, *prev; };
struct mutex { int held; };
struct miscdevice { int minor; };
struct file_operations { void *owner; };

struct resource {
	u64 start;
	u64 end;
};

static inline u64 resource_size(const struct resource *res)
{
	return res->end - res->start + 1;
}

struct device_node *of_find_compatible_node(struct device_node *from, const char *type,
					    const char *compatible);
int of_address_to_resource(struct device_node *np, int index, struct resource *res);
void of_node_put(struct device_node *np);

enum { MEMREMAP_WB = 1, MEMREMAP_WC = 4 };
void *memremap(u64 base, size_t size, unsigned long flags);
void memunmap(void *va);

enum { IORESOURCE_SYSTEM_RAM = 0x01000200, IORES_DESC_NONE = 0 };
enum { REGION_INTERSECTS, REGION_DISJOINT, REGION_MIXED };
int region_intersects(u64 start, size_t size, unsigned long flags, unsigned long desc);

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

static inline u64 div64_u64_rem(u64 a, u64 b, u64 *rem)
{
	*rem = a % b;
	return a / b;
}

static inline void memzero_explicit(void *p, size_t size)
{
	memset(p, 0, size);
}

static inline ssize_t strscpy_pad(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	if (len == size)
		len--;
	memmove(dst, src, len);
	memset(dst + len, 0, size - len);
	return (ssize_t)len;
}

static inline ssize_t memory_read_from_buffer(void *to, size_t count, loff_t *pos,
					      const void *from, size_t available)
{
	if (*pos < 0)
		return -EINVAL;
	if ((size_t)*pos >= available)
		return 0;
	if (count > available - (size_t)*pos)
		count = available - (size_t)*pos;
	memcpy(to, (const u8 *)from + *pos, count);
	*pos += (loff_t)count;
	return (ssize_t)count;
}

#endif /* FUZZ_KERNEL_H */
