// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "arch.h"
#include "linger.h"

/* The kernel's worker comes after 5 jiffies; later where there's much to do. */
#define LINGER_MS  1000
#define WAIT_AT_MS 200
#define POLL_MS	   10

struct place {
	struct list_head node;
	unsigned long ip;
	unsigned long until; /* jiffies */
};

static DEFINE_MUTEX(places_mutex); /* nothing else is taken under it */
static LIST_HEAD(places);

/*
 * Also an int3: the kernel writes one where somebody came meanwhile. A kprobe that was
 * never a jump is away at once; so one that is left waits for the worker, or is
 * somebody else's.
 */
static bool is_there(unsigned long ip)
{
	enum kpx_text text = kpx_arch_text(ip);

	return text == KPX_TEXT_JUMP || text == KPX_TEXT_INT3;
}

static bool is_left(unsigned long ip, unsigned long until)
{
	return is_there(ip) && time_before(jiffies, until);
}

static void forget_old_locked(void)
{
	struct place *place, *next;

	lockdep_assert_held(&places_mutex);
	list_for_each_entry_safe(place, next, &places, node) {
		if (is_left(place->ip, place->until))
			continue;
		list_del(&place->node);
		kfree(place);
	}
}

/* Of a module that is gone the kernel leaves the text alone. */
static bool lingers(const struct kprobe *kp)
{
	enum kpx_text text = kpx_arch_kprobe_text(kp);

	return !(kp->flags & KPROBE_FLAG_GONE) &&
	       (text == KPX_TEXT_JUMP || text == KPX_TEXT_INT3);
}

void kpx_linger_note(const struct kprobe *kp)
{
	unsigned long until = jiffies + msecs_to_jiffies(LINGER_MS);
	struct place *place;

	if (!lingers(kp))
		return;
	place = kmalloc(sizeof(*place), GFP_KERNEL);
	if (!place) {
		while (is_left((unsigned long)kp->addr, until))
			msleep(POLL_MS);
		return;
	}
	place->ip = (unsigned long)kp->addr;
	place->until = until;
	mutex_lock(&places_mutex);
	forget_old_locked();
	list_add_tail(&place->node, &places);
	mutex_unlock(&places_mutex);
}

/* One that is left in a module, or at an address. */
static bool is_wanted(const struct place *place, const struct module *mod,
		      unsigned long ip)
{
	if (ip)
		return place->ip == ip;
	return mod ? within_module(place->ip, mod) :
		     kpx_arch_is_module_text(place->ip);
}

static bool any_left(const struct module *mod, unsigned long ip)
{
	struct place *place;
	bool is_any = false;

	mutex_lock(&places_mutex);
	forget_old_locked();
	list_for_each_entry(place, &places, node)
		is_any |= is_wanted(place, mod, ip);
	mutex_unlock(&places_mutex);
	return is_any;
}

void kpx_linger_wait(const struct module *mod)
{
	while (any_left(mod, 0))
		msleep(POLL_MS);
}

void kpx_linger_wait_at(unsigned long ip)
{
	int ms;

	for (ms = 0; ms < WAIT_AT_MS && any_left(NULL, ip); ms += POLL_MS)
		msleep(POLL_MS);
}

void kpx_linger_uninit(void)
{
	struct place *place, *next;

	list_for_each_entry_safe(place, next, &places, node)
		kfree(place);
	INIT_LIST_HEAD(&places);
}
