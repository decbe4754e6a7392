// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "functions.h"

static u64 sink;

#define DEFINE_F(_n)                                                      \
	noinline u64 kpxt_f##_n(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f) \
	{                                                                 \
		WRITE_ONCE(sink, b ^ c ^ d ^ e ^ f ^ _n);                 \
		return a + _n;                                            \
	}
DEFINE_F(0)
DEFINE_F(1)
DEFINE_F(2)
DEFINE_F(3)
DEFINE_F(4)
DEFINE_F(5)
DEFINE_F(6)
DEFINE_F(7)
DEFINE_F(8)
DEFINE_F(9)

noinline u64 kpxt_sleep(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	ktime_t time = ms_to_ktime(a);

	/* not from the last tick on, which may be some time ago */
	set_current_state(TASK_INTERRUPTIBLE);
	return schedule_hrtimeout(&time, HRTIMER_MODE_REL);
}

noinline u64 kpxt_recurse(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	u64 below = a > 1 ? kpxt_recurse(a - 1, b, c, d, e, f) : 0;

	/* behind the call, so that it's no loop */
	WRITE_ONCE(sink, below);
	return below + 1;
}

struct kpxt_thing kpxt_things[2] = {
	{
		.u8 = 200,
		.s8 = -100,
		.u16 = 60000,
		.s16 = -30000,
		.u32 = 4000000000U,
		.s32 = -2000000000,
		.u64 = 0xfedcba9876543210,
		.s64 = -5,
		.bits = 0xdeadbeef,
		.c = 'K',
		.name = "the first thing",
		.array = { 1, 2, 3, 4, 0xffffffff, 6, 7, 8 },
		.names = { "zero", "one", "two", "three" },
		.next = &kpxt_things[1],
		.bad = (void *)16,
		.fn = kpxt_f3,
	},
	{
		.u32 = 77,
		.name = "the second one",
		.names = { "vier", NULL, (const char *)16, "" },
		.next = &kpxt_things[0],
	},
};

noinline u64 kpxt_thing(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	WRITE_ONCE(sink, a ^ b ^ c);
	return 1;
}

static DEFINE_SPINLOCK(lock);

noinline u64 kpxt_irqs_off(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	WRITE_ONCE(sink, a);
	spin_unlock_irqrestore(&lock, flags);
	return a;
}
