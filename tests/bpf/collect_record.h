/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of the collector's BPF programs here: a member of every kind. */
#ifndef COLLECT_RECORD_H
#define COLLECT_RECORD_H

enum colour {
	RED = -1,
	GREEN,
	BLUE = 7,
};

struct inner {
	__s16 low;
	__u8 bytes[3];
};

struct record {
	__u64 time_ns;
	__u32 tid;
	__u32 pid;
	__u64 count;
	__u64 cookie;
	char comm[16];
	enum colour colour;
	__u32 three : 3;
	__s32 minus : 5;
	__u64 wide : 40;
	struct inner inner;
	void *pointer;
	__u16 shorts[3];
	char names[2][4];
	_Bool yes;
	union {
		__u32 word;
		__u8 byte;
	} either;
};

static __always_inline void fill(struct record *r, __u64 count)
{
	__u64 both = bpf_get_current_pid_tgid();

	__builtin_memset(r, 0, sizeof(*r));
	r->time_ns = bpf_ktime_get_ns();
	r->tid = both;
	r->pid = both >> 32;
	r->count = count;
	bpf_get_current_comm(r->comm, sizeof(r->comm));
	r->colour = RED;
	r->three = 5;
	r->minus = -3;
	r->wide = 0xff12345678ull;
	r->inner.low = -2;
	r->inner.bytes[0] = 1;
	r->inner.bytes[2] = 255;
	r->pointer = (void *)0xffff800000001000ull;
	r->shorts[1] = 65535;
	__builtin_memcpy(r->names[0], "ab", 3);
	__builtin_memcpy(r->names[1], "wxyz", 4);
	r->yes = 1;
	r->either.word = 0x01020304;
}

#endif /* COLLECT_RECORD_H */
