/* SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause */
/*
 * What the UAPI headers ask of <linux/types.h>, so that they compile unmodified
 * without a kernel.
 */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

typedef unsigned char		__u8;
typedef unsigned short		__u16;
typedef unsigned int		__u32;
typedef unsigned long long	__u64;
typedef signed int		__s32;

typedef __u16	__le16;
typedef __u32	__le32;
typedef __u64	__le64;

#endif
