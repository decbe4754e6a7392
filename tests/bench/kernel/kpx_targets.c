// SPDX-License-Identifier: GPL-2.0-only
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/timex.h>
#include <linux/uaccess.h>

#include "kpx_bench.h"
#include "kpx_floor.h"

#define TEN(_list, _tens)                                               \
	_list(_tens##0) _list(_tens##1) _list(_tens##2) _list(_tens##3) \
		_list(_tens##4) _list(_tens##5) _list(_tens##6)         \
			_list(_tens##7) _list(_tens##8) _list(_tens##9)
#define TARGETS(_list) \
	TEN(_list, 1)  \
	TEN(_list, 2)  \
	TEN(_list, 3)  \
	TEN(_list, 4) TEN(_list, 5) TEN(_list, 6) TEN(_list, 7) TEN(_list, 8)

typedef u64 target_fn(u64 a, u64 b, u64 c);

static u64 sink;

/* The number keeps the compiler from folding them into one. */
#define DEFINE_TARGET(_n)                                       \
	static noinline u64 kpx_bench_##_n(u64 a, u64 b, u64 c) \
	{                                                       \
		WRITE_ONCE(sink, b ^ c ^ _n);                   \
		return a + 1;                                   \
	}
TARGETS(DEFINE_TARGET)

#define TARGET_ADDRESS(_n) kpx_bench_##_n,
static target_fn *const targets[] = { TARGETS(TARGET_ADDRESS) };

static target_fn *target_of(u32 number)
{
	BUILD_BUG_ON(ARRAY_SIZE(targets) != KPX_BENCH_END - KPX_BENCH_FIRST);
	if (number < KPX_BENCH_FIRST || number >= KPX_BENCH_END)
		return NULL;
	return targets[number - KPX_BENCH_FIRST];
}

/* Behind the call to fentry, which may stand behind an endbr64. */
static u32 body_offset(const u8 *text)
{
	static const u8 endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };

	return (memcmp(text, endbr, sizeof(endbr)) ? 0 : sizeof(endbr)) + 5;
}

static long info(void __user *arg)
{
	struct kpx_bench_info info;
	target_fn *fn;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	fn = target_of(info.target);
	if (!fn)
		return -EINVAL;
	info.address = (unsigned long)fn;
	info.hooked = kpx_floor_hooked();
	memcpy(info.text, (const void *)fn, sizeof(info.text));
	info.body = body_offset(info.text);
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static void call(target_fn *fn, const struct kpx_bench_run *run)
{
	u64 turn, end = run->first + run->turns;

	for (turn = run->first; turn < end; turn++)
		fn(KPX_BENCH_A(turn), KPX_BENCH_B(turn), run->target);
}

static long run(void __user *arg)
{
	struct kpx_bench_run run;
	target_fn *fn = NULL;
	cycles_t cycles;
	u64 ns;

	if (copy_from_user(&run, arg, sizeof(run)))
		return -EFAULT;
	if (run.target != KPX_BENCH_PERF) {
		fn = target_of(run.target);
		if (!fn)
			return -EINVAL;
	}

	ns = ktime_get_ns();
	cycles = get_cycles();
	if (fn)
		call(fn, &run);
	else
		kpx_floor_sample(&run);
	run.cycles = get_cycles() - cycles;
	run.ns = ktime_get_ns() - ns;
	return copy_to_user(arg, &run, sizeof(run)) ? -EFAULT : 0;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case KPX_BENCH_INFO:
		return info((void __user *)arg);
	case KPX_BENCH_RUN:
		return run((void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = bench_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "kpx_bench",
	.mode = 0600,
	.fops = &fops,
};

static int __init kpx_bench_init(void)
{
	int ret = kpx_floor_init((unsigned long)target_of(KPX_BENCH_HOOKED),
				 (unsigned long)target_of(KPX_BENCH_SAMPLED));

	if (ret)
		return ret;
	ret = misc_register(&device);
	if (ret)
		kpx_floor_uninit();
	return ret;
}

static void __exit kpx_bench_exit(void)
{
	misc_deregister(&device);
	kpx_floor_uninit();
}

module_init(kpx_bench_init);
module_exit(kpx_bench_exit);

MODULE_DESCRIPTION("functions for tests/bench/kernel to probe");
MODULE_LICENSE("GPL");
