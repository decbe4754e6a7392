/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * functions - what the tests probe, and nobody else calls
 *
 * Those of main.c's list take six words and return one. How a word comes to
 * them and what they do with it is written here, because tests rely on it.
 */
#ifndef KPX_TARGETS_FUNCTIONS_H
#define KPX_TARGETS_FUNCTIONS_H

#include <linux/types.h>

typedef u64 kpxt_fn(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f);

/* kpxt_f0() to kpxt_f9(): a + NUMBER. Alike, so that one can be told by its name. */
kpxt_fn kpxt_f0, kpxt_f1, kpxt_f2, kpxt_f3, kpxt_f4;
kpxt_fn kpxt_f5, kpxt_f6, kpxt_f7, kpxt_f8, kpxt_f9;

/* Sleeps @a ms, or until a signal comes; 0, or -EINTR. */
kpxt_fn kpxt_sleep;

/* Calls itself until @a is 1: @a calls, all inside at the deepest; @a. */
kpxt_fn kpxt_recurse;

/* kpxt_thing(a pointer to a struct kpxt_thing, its name, its names, …): 1 */
kpxt_fn kpxt_thing;

/* Takes a lock, turns interrupts off and back on: @a. */
kpxt_fn kpxt_irqs_off;

/* What kpxt_thing() gets: @next and @deep lead on, @bad to nowhere. */
struct kpxt_thing {
	u8 u8;
	s8 s8;
	u16 u16;
	s16 s16;
	u32 u32;
	s32 s32;
	u64 u64;
	s64 s64;
	u32 bits;
	char c;
	char name[19];
	u32 array[8];
	const char *names[4];
	struct kpxt_thing *next;
	void *bad;
	kpxt_fn *fn;
};

extern struct kpxt_thing kpxt_things[2];

/*
 * In assembler, each by the instructions in the first 5 bytes behind its
 * entry; all return a + b. The kpxt_win_… have no fentry call: the window is
 * at the function's address (behind its endbr). The kpxt_entry_… have one.
 *
 *	1	one of 5 bytes
 *	2	3 + 2 bytes
 *	3	2 + 1 + 2 bytes: a 2-byte push first
 *	5	five pushes of 1 byte
 *	loop	3 + 4 bytes, and a jump into the middle: no kprobe can be a jump
 *	short	a symbol kpxt_win_short_tail of 4 bytes: too few for one
 *	jmp	a jump of 5 bytes: its first byte is that of an optimised probe
 *	call	a call of 5 bytes: its first byte is that of ftrace's
 */
kpxt_fn kpxt_win_1, kpxt_win_2, kpxt_win_3, kpxt_win_5;
kpxt_fn kpxt_win_loop, kpxt_win_short, kpxt_win_jmp, kpxt_win_call;
kpxt_fn kpxt_entry_1, kpxt_entry_2, kpxt_entry_3, kpxt_entry_5;
kpxt_fn kpxt_entry_loop;

#endif /* KPX_TARGETS_FUNCTIONS_H */
