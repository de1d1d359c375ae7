/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames between the rig and the agent in the guest, little-endian, the same in
 * both directions. A connection starts with padding of one largest frame, which
 * completes whatever half frame the other side still waits for, and a HELLO
 * with a nonce that no connection used before. Frames with another nonce belong
 * to an earlier life of the other side and are dropped.
 */
#ifndef AGENT_PROTO_H
#define AGENT_PROTO_H

#include <stdint.h>

#define AGENT_PORT_NAME		"org.snapcap.agent"
#define AGENT_MAGIC		0x31414353U	/* "SCA1" */
#define AGENT_PAYLOAD_MAX	4096U

/* From the rig. */
#define AGENT_HELLO		1	/* no payload; answered with AGENT_HELLO_ACK */
#define AGENT_EXEC		2	/* u32 timeout in ms (0: none), command for /bin/sh -c */
#define AGENT_STDIN		3	/* input of the command; empty: end of input */

/* From the agent. */
#define AGENT_HELLO_ACK		65	/* u64 CLOCK_MONOTONIC ns, u32 process id */
#define AGENT_STDOUT		66
#define AGENT_STDERR		67
#define AGENT_EXIT		68	/* u32 exit code, u32 signal, u32 timed out, u32 errno */

/**
 * struct agent_frame - in front of every payload
 * @magic: AGENT_MAGIC
 * @type: AGENT_*
 * @nonce: of the connection
 * @id: of the request; chosen by the rig
 * @length: bytes of payload, at most AGENT_PAYLOAD_MAX
 * @payload_crc: CRC-32 (ISO HDLC) of the payload
 * @header_crc: CRC-32 of all bytes before it
 */
struct agent_frame {
	uint32_t magic;
	uint32_t type;
	uint64_t nonce;
	uint32_t id;
	uint32_t length;
	uint32_t payload_crc;
	uint32_t header_crc;
};

_Static_assert(sizeof(struct agent_frame) == 32, "no padding");

#endif /* AGENT_PROTO_H */
