// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "arch.h"
#include "linger.h"
#include "target.h"

static int compare_sites(const void *a, const void *b)
{
	const struct kpx_site *left = a, *right = b;

	return left->ip < right->ip ? -1 : left->ip > right->ip;
}

/* ftrace knows which addresses are entries that it may call from. */
static int check_fentry(unsigned long *ips, unsigned int nr)
{
	struct ftrace_ops *ops = kzalloc(sizeof(*ops), GFP_KERNEL);
	int ret;

	if (!ops)
		return -ENOMEM;
	/* never registered: this only looks the addresses up */
	ret = ftrace_set_filter_ips(ops, ips, nr, 0, 1);
	ftrace_free_filter(ops);
	kfree(ops);
	return ret;
}

/*
 * ftrace takes any byte of its call for the call, but calls from the first:
 * with another we'd wait in vain. What the call's text can't tell, because it's
 * armed for somebody, the symbol does.
 */
static bool is_entry(const struct kpx_site *site)
{
	char symbol[KSYM_SYMBOL_LEN];

	if (kpx_arch_is_fentry_nop(site->ip))
		return true;
	/* looked at again, for the call may have gone meanwhile */
	if (!kpx_arch_is_called(site->ip) && !kpx_arch_is_fentry_nop(site->ip))
		return false;
	sprint_symbol(symbol, site->func);
	return strstr(symbol, "+0x0/");
}

static int refuse_site(unsigned long address, struct kpx_error *err)
{
	char text[2 + 16 + 1];

	snprintf(text, sizeof(text), "0x%lx", address);
	kpx_error_set(err, KPX_ERR_NOT_PROBEABLE, 0, text, strlen(text));
	return -EINVAL;
}

/* Which of them is it? */
static int find_bad(unsigned long *ips, unsigned int nr, struct kpx_error *err)
{
	unsigned int i;
	int ret;

	for (i = 0; i < nr; i++) {
		ret = check_fentry(&ips[i], 1);
		if (ret == -EINVAL)
			return refuse_site(ips[i], err);
		if (ret)
			return ret;
	}
	return -EINVAL;
}

static int check_entries(const struct kpx_site *sites, unsigned int nr,
			 struct kpx_error *err)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!is_entry(&sites[i]))
			return refuse_site(sites[i].func, err);
	return 0;
}

static unsigned int unique(struct kpx_site *sites, unsigned int nr)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++)
		if (!n || sites[n - 1].ip != sites[i].ip)
			sites[n++] = sites[i];
	return n;
}

static int check_sites(const struct kpx_site *sites, unsigned int nr,
		       struct kpx_error *err)
{
	unsigned long *ips = kvmalloc_array(nr, sizeof(*ips), GFP_KERNEL);
	unsigned int i;
	int ret;

	if (!ips)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		ips[i] = sites[i].ip;
	ret = check_fentry(ips, nr);
	if (ret == -EINVAL)
		ret = find_bad(ips, nr, err);
	else if (!ret)
		ret = check_entries(sites, nr, err);
	kvfree(ips);
	return ret;
}

int kpx_target_set(struct kpx_target *target, const u64 *addresses,
		   unsigned int nr, struct kpx_error *err)
{
	struct kpx_site *sites;
	unsigned int i;
	int ret;

	if (nr > KPX_TARGETS_MAX)
		return -E2BIG;
	sites = kvmalloc_array(nr, sizeof(*sites), GFP_KERNEL_ACCOUNT);
	if (!sites)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		sites[i].func = addresses[i];
		sites[i].ip = kpx_arch_fentry(addresses[i]);
	}
	sort(sites, nr, sizeof(*sites), compare_sites, NULL);
	nr = unique(sites, nr);
	ret = check_sites(sites, nr, err);
	if (ret) {
		kvfree(sites);
		return ret;
	}
	target->sites = sites;
	target->nr_sites = nr;
	return 0;
}

/*
 * Registers @kp, disabled and without a handler. If a kprobe at the address is on its
 * way out, but its jump still there, the kernel takes it into use again, and as if
 * @kp were enabled, though disabling it does nothing then: enabled and disabled, it
 * goes that way on.
 */
static int register_disabled(struct kprobe *kp)
{
	enum kpx_text text;
	int ret;

	kp->flags = KPROBE_FLAG_DISABLED;
	ret = register_kprobe(kp);
	if (ret)
		return ret;
	text = kpx_arch_kprobe_text(kp);
	if ((text == KPX_TEXT_JUMP || text == KPX_TEXT_INT3) &&
	    !enable_kprobe(kp)) {
		disable_kprobe(kp);
		kpx_linger_note(kp);
	}
	return 0;
}

/* A fresh struct each time, because register_kprobe() fills in the address. */
static int register_anchor(struct kpx_target *target,
			   const struct kpx_spec *spec,
			   kprobe_pre_handler_t handler)
{
	struct kprobe *kp = &target->anchor;
	int ret;

	memset(kp, 0, sizeof(*kp));
	if (spec->symbol) {
		kp->symbol_name = spec->symbol;
		kp->offset = spec->symbol_offset;
	} else {
		kp->addr = (kprobe_opcode_t *)(unsigned long)spec->address;
	}
	ret = register_disabled(kp);
	/* there before it is enabled */
	kp->pre_handler = handler;
	/* an address where nothing is: some kernels say ENOENT, some EINVAL */
	if (ret == -ENOENT && !spec->symbol)
		ret = -EINVAL;
	return ret;
}

static enum kpx_error_code explain(int ret)
{
	switch (ret) {
	case -ENOENT:
		return KPX_ERR_NO_SYMBOL;
	case -EILSEQ:
		return KPX_ERR_BOUNDARY;
	case -EINVAL:
		return KPX_ERR_NOT_PROBEABLE;
	default:
		return KPX_ERR_REFUSED;
	}
}

static void set_one(struct kpx_target *target)
{
	unsigned long ip = (unsigned long)target->anchor.addr;

	target->one.ip = ip;
	target->one.func = target->is_fentry ? kpx_arch_func(ip) : ip;
	target->sites = &target->one;
	target->nr_sites = 1;
}

int kpx_target_register(struct kpx_target *target, const struct kpx_spec *spec,
			kprobe_pre_handler_t handler, struct kpx_error *err)
{
	char text[KPX_ERROR_SIZE];
	int ret;

	ret = register_anchor(target, spec, handler);
	if (ret) {
		if (ret == -ENOMEM)
			return ret;
		kpx_spec_print_target(spec, text, sizeof(text));
		kpx_error_set(err, explain(ret), spec->target_at, text,
			      strlen(text));
		return ret;
	}
	target->registered = true;
	target->is_fentry = target->anchor.flags & KPROBE_FLAG_FTRACE;
	/* of many, the addresses came with the definition */
	if (!kpx_target_is_many(target))
		set_one(target);
	return 0;
}

void kpx_targets_unregister(struct kpx_target **targets, int nr)
{
	struct kprobe *kps[KPX_TARGETS_BATCH];
	int i, nr_kps = 0;

	if (WARN_ON_ONCE(nr > KPX_TARGETS_BATCH))
		return;
	for (i = 0; i < nr; i++) {
		if (targets[i]->registered)
			kps[nr_kps++] = &targets[i]->anchor;
		targets[i]->registered = false;
	}
	unregister_kprobes(kps, nr_kps);
	for (i = 0; i < nr_kps; i++)
		kpx_linger_note(kps[i]);
}

void kpx_target_uninit(struct kpx_target *target)
{
	if (kpx_target_is_many(target))
		kvfree(target->sites);
}

bool kpx_target_is_many(const struct kpx_target *target)
{
	return target->sites && target->sites != &target->one;
}

bool kpx_target_is_gone(const struct kpx_target *target)
{
	/* of many, the anchor was there to check the first */
	if (kpx_target_is_many(target))
		return !target->nr_sites;
	return !target->registered ||
	       (READ_ONCE(target->anchor.flags) & KPROBE_FLAG_GONE);
}

static bool is_in(unsigned long ip, const struct module *mod, bool is_init)
{
	return is_init ? within_module_init(ip, mod) : within_module(ip, mod);
}

bool kpx_target_is_within(const struct kpx_target *target,
			  const struct module *mod, bool is_init)
{
	unsigned int i;

	for (i = 0; i < target->nr_sites; i++)
		if (is_in(target->sites[i].ip, mod, is_init))
			return true;
	return false;
}

unsigned int kpx_target_known(unsigned long *ips, unsigned int nr)
{
	unsigned int i, known = 0;

	for (i = 0; i < nr; i++) {
		if (!check_fentry(&ips[i], 1))
			ips[known++] = ips[i];
		cond_resched();
	}
	return known;
}

unsigned long kpx_target_fentry(unsigned long address)
{
	return kpx_arch_fentry(address);
}

bool kpx_target_prune(struct kpx_target *target, const struct module *mod,
		      bool is_init)
{
	unsigned int i, nr = 0;

	if (!kpx_target_is_many(target))
		return false;
	for (i = 0; i < target->nr_sites; i++)
		if (!is_in(target->sites[i].ip, mod, is_init))
			target->sites[nr++] = target->sites[i];
	target->nr_sites = nr;
	return nr;
}

/* A text symbol: the kernel's own look-up, through a kprobe that never arms. */
static u64 text_symbol(const char *name)
{
	struct kprobe kp = { .symbol_name = name };
	u64 address;

	if (register_disabled(&kp))
		return 0;
	address = kp.flags & KPROBE_FLAG_FTRACE ?
			  kpx_arch_func((unsigned long)kp.addr) :
			  (unsigned long)kp.addr;
	unregister_kprobe(&kp);
	kpx_linger_note(&kp);
	return address;
}

u64 kpx_symbol_get(const char *name, bool *is_held)
{
	void *data = __symbol_get(name);

	*is_held = data;
	return data ? (unsigned long)data : text_symbol(name);
}

void kpx_symbol_put(const char *name)
{
	__symbol_put(name);
}
