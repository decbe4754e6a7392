// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "evlist.h"
#include "fail.h"

struct kpc_evlist {
	struct kpc_evset set;
	struct kpc_evslot *slot; /* per CPU */
	uint32_t nr_slots;
	uint32_t nr_first; /* of them, those that were there from the start */
	uint32_t nr_fds;   /* of each event, so far */
	bool no_lost;
	bool enabled;
	bool *disarmed; /* per event */
	struct kpc_idmap ids;
};

/* ---- new and free -------------------------------------------------------- */

static int set_members(struct kpc_evset *set, const int *members, uint32_t nr)
{
	free(set->member);
	set->member = malloc((nr + 1) * sizeof(*set->member));
	if (!set->member)
		return -ENOMEM;
	if (nr)
		memcpy(set->member, members, nr * sizeof(*members));
	else
		set->member[nr++] = -1; /* whoever runs */
	set->nr_members = nr;
	return 0;
}

int kpc_evlist_new(struct kpc_evlist **out, const struct kpc_cpulist *cpus,
		   const pid_t *pids, uint32_t nr_pids)
{
	struct kpc_evlist *e = calloc(1, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->set.system_wide = !nr_pids;
	e->nr_first = cpus->nr;
	e->nr_slots = cpus->nr + cpus->nr_later;
	e->slot = calloc(e->nr_slots + 1, sizeof(*e->slot));
	if (!e->slot || set_members(&e->set, pids, nr_pids)) {
		free(e->slot);
		free(e);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < e->nr_slots; i++)
		e->slot[i] = (struct kpc_evslot){
			.cpu = cpus->cpu[i],
			.ring.fd = -1,
			.ring_fd = -1,
		};
	*out = e;
	return 0;
}

int kpc_evlist_cgroups(struct kpc_evlist *e, const int *cgroups, uint32_t nr)
{
	e->set.cgroups = nr;
	return set_members(&e->set, cgroups, nr);
}

void kpc_evlist_free(struct kpc_evlist *e)
{
	if (!e)
		return;
	for (uint32_t i = 0; i < e->nr_slots; i++)
		kpc_evslot_close(&e->slot[i], &e->set);
	for (uint32_t i = 0; i < e->set.nr; i++)
		free(e->set.filter[i]);
	kpc_idmap_uninit(&e->ids);
	free(e->set.attr);
	free(e->set.name);
	free(e->set.filter);
	free(e->set.member);
	free(e->disarmed);
	free(e->slot);
	free(e);
}

/* Room for one more, zeroed; false: there is no memory. */
static bool grow(void *array, uint32_t nr, size_t bytes)
{
	void **at = array;
	char *grown = realloc(*at, (nr + 1) * bytes);

	if (!grown)
		return false;
	memset(grown + nr * bytes, 0, bytes);
	*at = grown;
	return true;
}

int kpc_evlist_add(struct kpc_evlist *e, const struct perf_event_attr *attr,
		   const char *name)
{
	struct kpc_evset *set = &e->set;

	if (!grow(&set->attr, set->nr, sizeof(*set->attr)) ||
	    !grow(&set->name, set->nr, sizeof(*set->name)) ||
	    !grow(&set->filter, set->nr, sizeof(*set->filter)) ||
	    !grow(&e->disarmed, set->nr, sizeof(*e->disarmed)))
		return -ENOMEM;
	set->attr[set->nr] = *attr;
	set->name[set->nr++] = name;
	return 0;
}

/* ---- open ---------------------------------------------------------------- */

/* Kernels before 6.0 refuse the bit with EINVAL. */
static int open_first(struct kpc_evlist *e, struct kpc_evslot *slot,
		      char *error, size_t error_size)
{
	int err = kpc_evslot_open(slot, &e->set, error, error_size);

	if (err != -EINVAL || e->no_lost)
		return err;
	for (uint32_t i = 0; i < e->set.nr; i++)
		e->set.attr[i].read_format &= ~PERF_FORMAT_LOST;
	e->no_lost = true;
	return kpc_evslot_open(slot, &e->set, error, error_size);
}

static int add_ids(struct kpc_evlist *e, const struct kpc_evslot *slot)
{
	uint64_t id;
	int err = 0;

	for (uint32_t i = 0; !err && i < e->set.nr; i++) {
		for (uint32_t j = 0; !err && j < e->set.nr_members; j++) {
			int fd = kpc_evslot_fd(slot, i, j);

			err = ioctl(fd, PERF_EVENT_IOC_ID, &id) ?
				      -errno :
				      kpc_idmap_add(&e->ids, id, i);
		}
	}
	return err;
}

static int add_slot(struct kpc_evlist *e, struct kpc_evslot *slot, char *error,
		    size_t error_size)
{
	int err = add_ids(e, slot);

	if (err)
		return kpc_fail(error, error_size, err,
				"cannot tell events apart: %s", strerror(-err));
	e->nr_fds += e->set.nr_members;
	return 0;
}

int kpc_evlist_open(struct kpc_evlist *e, uint64_t ring_bytes, char *error,
		    size_t error_size)
{
	int err = 0;

	e->set.ring_bytes = ring_bytes;
	for (uint32_t i = 0; !err && i < e->nr_slots; i++)
		if (kpc_evslot_init(&e->slot[i], e->slot[i].cpu, e->set.nr))
			err = kpc_fail(error, error_size, -ENOMEM,
				       "out of memory");
	/* All, before rings take memory: a mistake shows here. */
	for (uint32_t i = 0; !err && i < e->nr_first; i++)
		err = open_first(e, &e->slot[i], error, error_size);
	for (uint32_t i = 0; !err && i < e->nr_first; i++)
		err = kpc_evslot_map(&e->slot[i], &e->set, error, error_size);
	for (uint32_t i = 0; !err && i < e->nr_first; i++)
		err = add_slot(e, &e->slot[i], error, error_size);
	return err;
}

/* ---- use ----------------------------------------------------------------- */

bool kpc_evlist_knows_lost(const struct kpc_evlist *e)
{
	return !e->no_lost;
}

const struct perf_event_attr *kpc_evlist_attr(const struct kpc_evlist *e,
					      uint32_t event)
{
	return &e->set.attr[event];
}

uint32_t kpc_evlist_nr_fds(const struct kpc_evlist *e)
{
	return e->nr_fds;
}

int kpc_evlist_fd(const struct kpc_evlist *e, uint32_t event, uint32_t ring)
{
	return kpc_evslot_fd(&e->slot[ring], event, 0);
}

uint32_t kpc_evlist_nr_rings(const struct kpc_evlist *e)
{
	return e->nr_slots;
}

struct kpc_ring *kpc_evlist_ring(struct kpc_evlist *e, uint32_t ring)
{
	return &e->slot[ring].ring;
}

static bool is_live(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return fd >= 0 && poll(&poll_fd, 1, 0) >= 0 &&
	       !(poll_fd.revents & (POLLHUP | POLLERR | POLLNVAL));
}

int kpc_evlist_live_fd(const struct kpc_evlist *e, uint32_t ring)
{
	const struct kpc_evslot *slot = &e->slot[ring];

	for (uint32_t i = 0; slot->perf && i < e->set.nr; i++) {
		for (uint32_t j = 0; j < e->set.nr_members; j++) {
			int fd = kpc_evslot_fd(slot, i, j);

			if (is_live(fd))
				return fd;
		}
	}
	return -1;
}

const struct kpc_idmap *kpc_evlist_ids(const struct kpc_evlist *e)
{
	return &e->ids;
}

static bool is_open(const struct kpc_evslot *slot)
{
	return slot->perf && slot->evsel && kpc_evslot_fd(slot, 0, 0) >= 0;
}

int kpc_evlist_filter(struct kpc_evlist *e, uint32_t event, const char *filter)
{
	char *copy = strdup(filter);
	int err = copy ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < e->nr_slots; i++)
		if (is_open(&e->slot[i]))
			err = kpc_evslot_filter(&e->slot[i], event, filter);
	if (err) {
		free(copy);
		return err;
	}
	free(e->set.filter[event]);
	e->set.filter[event] = copy;
	return 0;
}

int kpc_evlist_enable(struct kpc_evlist *e)
{
	int err = 0;

	e->enabled = true;
	for (uint32_t i = 0; !err && i < e->set.nr; i++)
		for (uint32_t j = 0; !err && j < e->nr_slots; j++)
			if (is_open(&e->slot[j]) && !e->disarmed[i])
				err = kpc_evslot_enable(&e->slot[j], i);
	return err;
}

int kpc_evlist_set_period(struct kpc_evlist *e, uint32_t event, uint64_t period,
			  bool is_frequency)
{
	int err = 0;

	e->set.attr[event].sample_period = period;
	e->set.attr[event].freq = is_frequency;
	/* All of them, whatever happens. */
	for (uint32_t i = 0; i < e->nr_slots; i++) {
		int this = 0;

		if (e->slot[i].perf)
			this = kpc_evslot_set_period(&e->slot[i], &e->set,
						     event);
		err = err ? err : this;
	}
	return err;
}

int kpc_evlist_disarm(struct kpc_evlist *e, uint32_t event)
{
	int err = 0;

	e->disarmed[event] = true;
	for (uint32_t i = 0; i < e->nr_slots; i++) {
		int this = 0;

		if (is_open(&e->slot[i]))
			this = kpc_evslot_disable(&e->slot[i], event);
		err = err ? err : this;
	}
	return err;
}

int kpc_evlist_disable(struct kpc_evlist *e)
{
	int err = 0;

	e->enabled = false;
	/* All of them, whatever happens. */
	for (uint32_t i = 0; i < e->set.nr; i++) {
		for (uint32_t j = 0; j < e->nr_slots; j++) {
			int this = 0;

			if (is_open(&e->slot[j]))
				this = kpc_evslot_disable(&e->slot[j], i);
			err = err ? err : this;
		}
	}
	return err;
}

/* Adds up one member's counts over the CPUs. */
static int read_member(const struct kpc_evlist *e, uint32_t event,
		       uint32_t member, struct kpc_count *sum)
{
	struct kpc_count count;
	uint64_t enabled = 0;
	int err;

	for (uint32_t i = 0; i < e->nr_slots; i++) {
		if (!is_open(&e->slot[i]))
			continue;
		err = kpc_evslot_read(&e->slot[i], event, member, &count);
		if (err)
			return err;
		sum->value += count.value;
		sum->running_ns += count.running_ns;
		sum->lost += count.lost;
		/*
		 * A thread's events are enabled on all CPUs at once, and run
		 * where it is.
		 */
		if (e->set.system_wide)
			enabled += count.enabled_ns;
		else if (count.enabled_ns > enabled)
			enabled = count.enabled_ns;
	}
	sum->enabled_ns += enabled;
	return 0;
}

int kpc_evlist_read(struct kpc_evlist *e, uint32_t event,
		    struct kpc_count *count)
{
	int err = 0;

	*count = (struct kpc_count){ 0 };
	for (uint32_t i = 0; e->slot[0].base && i < e->nr_slots; i++) {
		const struct kpc_count *base = &e->slot[i].base[event];

		count->value += base->value;
		count->enabled_ns += base->enabled_ns;
		count->running_ns += base->running_ns;
		count->lost += base->lost;
	}
	for (uint32_t i = 0; !err && i < e->set.nr_members; i++)
		err = read_member(e, event, i, count);
	return err;
}

int kpc_evlist_ring_lost(const struct kpc_evlist *e, uint32_t ring,
			 uint64_t *lost)
{
	const struct kpc_evslot *slot = &e->slot[ring];
	struct kpc_count count;
	int err = 0;

	*lost = 0;
	for (uint32_t i = 0; slot->base && i < e->set.nr; i++)
		*lost += slot->base[i].lost;
	for (uint32_t i = 0; !err && is_open(slot) && i < e->set.nr; i++)
		for (uint32_t y = 0; !err && y < e->set.nr_members; y++) {
			err = kpc_evslot_read(slot, i, y, &count);
			*lost += err ? 0 : count.lost;
		}
	return err;
}

/* ---- CPUs that come and go ----------------------------------------------- */

bool kpc_evlist_is_open(const struct kpc_evlist *e, uint32_t ring)
{
	return is_open(&e->slot[ring]);
}

uint32_t kpc_evlist_nr_open(const struct kpc_evlist *e)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < e->nr_slots; i++)
		nr += is_open(&e->slot[i]);
	return nr;
}

uint64_t kpc_evlist_enabled_ns(const struct kpc_evlist *e, uint32_t ring)
{
	struct kpc_count count = { 0 };

	if (is_open(&e->slot[ring]))
		kpc_evslot_read(&e->slot[ring], 0, 0, &count);
	return count.enabled_ns;
}

static int open_late(struct kpc_evlist *e, struct kpc_evslot *slot, char *error,
		     size_t error_size)
{
	int err;

	if (slot->perf)
		return kpc_evslot_reopen(slot, &e->set, error, error_size);
	err = kpc_evslot_open(slot, &e->set, error, error_size);
	return err ? err : kpc_evslot_map(slot, &e->set, error, error_size);
}

int kpc_evlist_online(struct kpc_evlist *e, uint32_t ring, char *error,
		      size_t error_size)
{
	struct kpc_evslot *slot = &e->slot[ring];
	int err = open_late(e, slot, error, error_size);

	if (!err)
		err = add_slot(e, slot, error, error_size);
	if (err)
		return err;
	for (uint32_t i = 0; !err && i < e->set.nr; i++)
		if (e->set.filter[i])
			err = kpc_evslot_filter(slot, i, e->set.filter[i]);
	for (uint32_t i = 0; !err && e->enabled && i < e->set.nr; i++)
		if (!e->disarmed[i])
			err = kpc_evslot_enable(slot, i);
	return err ? kpc_fail(error, error_size, err,
			      "cannot enable the events of CPU %d: %s",
			      slot->cpu, strerror(-err)) :
		     0;
}
