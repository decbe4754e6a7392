// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup.h"
#include "cgroups.h"
#include "cgrouptab.h"
#include "comms.h"
#include "head.h"
#include "live.h"
#include "packet.h"
#include "pseudofile.h"
#include "rows.h"
#include "tasks.h"
#include "trace_clock.h"

#define THREADS_MAX (1u << 18)		  /* whose names are kept: 6 MiB */
#define LOOK_NS	    (100 * KPC_NS_PER_MS) /* for cgroups, at most so often */

struct kpc_live {
	struct kpc_live_opts opts;
	int32_t *ring_cpu;
	struct kpc_rows rows;
	struct kpc_value *values;
	_Atomic uint64_t given;

	/* Of the thread that the last row was of. */
	uint32_t tid;
	uint32_t pid;
	char comm[KPC_COMM_BYTES + 1];

	struct kpc_cgroups cgroups;
	uint64_t look_ns; /* for them, at the earliest */
	char unnamed[KPC_CGROUP_UNNAMED];

	pthread_mutex_t lock; /* of what is below */
	pthread_cond_t known; /* until_ns has grown */
	uint64_t until_ns;    /* names are known up to here */
	struct kpc_comms comms;
	struct kpc_tasks tasks; /* scratch */
};

int kpc_live_new(struct kpc_live **out, const struct kpc_live_opts *opts)
{
	struct kpc_live *l = calloc(1, sizeof(*l));
	uint32_t most = 1;

	if (!l)
		return -ENOMEM;
	l->opts = *opts;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->known, NULL);
	for (uint32_t i = 0; i < opts->nr_events; i++)
		if (opts->events[i].nr_fields > most)
			most = opts->events[i].nr_fields;
	l->values = calloc(most, sizeof(*l->values));
	l->ring_cpu = calloc(opts->nr_rings + 1, sizeof(*l->ring_cpu));
	if (!l->values || !l->ring_cpu) {
		kpc_live_free(l);
		return -ENOMEM;
	}
	if (opts->nr_rings)
		memcpy(l->ring_cpu, opts->ring_cpus,
		       opts->nr_rings * sizeof(*l->ring_cpu));
	*out = l;
	return 0;
}

void kpc_live_free(struct kpc_live *l)
{
	if (!l)
		return;
	kpc_rows_uninit(&l->rows);
	kpc_cgroups_uninit(&l->cgroups);
	kpc_comms_uninit(&l->comms);
	kpc_tasks_uninit(&l->tasks);
	pthread_cond_destroy(&l->known);
	pthread_mutex_destroy(&l->lock);
	free(l->values);
	free(l->ring_cpu);
	free(l);
}

/* ---- names --------------------------------------------------------------- */

/*
 * Those that ended aren't told from those that live. Where there were so many, most
 * have ended.
 */
static int set_name(struct kpc_live *l, uint32_t tid, uint32_t pid,
		    const char *comm)
{
	if (l->comms.nr >= THREADS_MAX)
		kpc_comms_uninit(&l->comms);
	return kpc_comms_set(&l->comms, tid, pid, comm);
}

static int set_names(struct kpc_live *l, struct kpc_wire body)
{
	int err;

	l->tasks.nr = 0;
	err = kpc_tasks_add(&l->tasks, body);
	for (uint32_t i = 0; !err && i < l->tasks.nr; i++) {
		const struct kpc_task *task = &l->tasks.tasks[i];

		err = set_name(l, task->tid, task->pid, task->comm);
	}
	return err;
}

static int put_names(struct kpc_live *l, struct kpc_wire body)
{
	int err;

	pthread_mutex_lock(&l->lock);
	err = set_names(l, body);
	pthread_mutex_unlock(&l->lock);
	return err;
}

void kpc_live_names_until(struct kpc_live *l, uint64_t time_ns)
{
	pthread_mutex_lock(&l->lock);
	l->until_ns = time_ns;
	pthread_cond_broadcast(&l->known);
	pthread_mutex_unlock(&l->lock);
}

static void wait_for_names(struct kpc_live *l, uint64_t time_ns)
{
	pthread_mutex_lock(&l->lock);
	while (l->until_ns < time_ns)
		pthread_cond_wait(&l->known, &l->lock);
	pthread_mutex_unlock(&l->lock);
}

/* One that began while the recording did: its beginning is in no record. */
static void ask_proc(struct kpc_live *l, uint32_t tid)
{
	char path[64], status[2048], name[KPC_COMM_BYTES + 2] = "";
	char comm[KPC_COMM_BYTES] = "";
	const char *line;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/status", tid);
	if (kpc_pseudofile_read(path, status, sizeof(status)) <= 0)
		return;
	/* A name has its line ends escaped there. */
	line = strstr(status, "\nTgid:");
	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/comm", tid);
	if (!line || kpc_pseudofile_read(path, name, sizeof(name)) <= 0)
		return;
	memcpy(comm, name, strnlen(name, KPC_COMM_BYTES));
	if (strlen(name) && strlen(name) <= KPC_COMM_BYTES)
		comm[strlen(name) - 1] = '\0'; /* a line end */
	set_name(l, tid, strtoul(line + strlen("\nTgid:"), NULL, 10), comm);
}

/* By the name that it has now. */
static void look_up(struct kpc_live *l, uint32_t tid)
{
	const struct kpc_comms_slot *slot;

	pthread_mutex_lock(&l->lock);
	slot = kpc_comms_find(&l->comms, tid);
	if (!slot && tid && l->opts.ask_proc) {
		ask_proc(l, tid);
		slot = kpc_comms_find(&l->comms, tid);
	}
	l->tid = tid;
	l->pid = slot ? slot->pid : tid;
	memset(l->comm, 0, sizeof(l->comm));
	if (slot)
		memcpy(l->comm, slot->comm, KPC_COMM_BYTES);
	pthread_mutex_unlock(&l->lock);
}

/*
 * No record tells of cgroups here: the folders do, when a row has one that isn't known.
 * What came and went in between has no name.
 */
static const char *cgroup_path(struct kpc_live *l, uint64_t id)
{
	const char *path = id ? kpc_cgroups_path(&l->cgroups, id) : "";
	uint64_t now = path ? 0 : kpc_trace_clock();
	char point[PATH_MAX];

	if (!path && now >= l->look_ns) {
		l->look_ns = now + LOOK_NS;
		/* Without memory some have no name, that's all. */
		if (!kpc_cgroup_mount(KPC_MOUNTS, point, sizeof(point)))
			kpc_cgroups_look(&l->cgroups, point, now);
		path = kpc_cgroups_path(&l->cgroups, id);
	}
	return path ? path : kpc_cgroup_unnamed(l->unnamed, id);
}

/* ---- rows ---------------------------------------------------------------- */

static void give_rows(struct kpc_live *l, uint32_t ring)
{
	struct kpc_row row = {
		.ring = ring,
		.cpu = ring < l->opts.nr_rings ? l->ring_cpu[ring] : -1,
	};
	bool looked = false;

	while (kpc_rows_next(&l->rows, &row, l->values)) {
		if (!looked || row.tid != l->tid)
			look_up(l, row.tid);
		looked = true;
		row.pid = l->pid;
		row.comm = l->comm;
		row.cgroup_path = cgroup_path(l, row.cgroup);
		l->opts.row(l->opts.ctx, &row);
		l->given++;
	}
}

static int put_chunk(struct kpc_live *l, const Kprobex__Chunk *chunk,
		     struct kpc_wire body)
{
	int err = kpc_rows_load(&l->rows, body, chunk->events, l->opts.events,
				l->opts.nr_events);

	if (err)
		return err;
	wait_for_names(l, chunk->last_time_ns);
	give_rows(l, chunk->ring);
	return 0;
}

/* ---- packets ------------------------------------------------------------- */

static int put_packet(struct kpc_live *l, const struct kpc_packet *packet)
{
	Kprobex__Head *head = kpc_head_unpack(packet->head);
	int err = 0;

	if (!head)
		return -EBADMSG;
	/* Nothing is compressed only to be decompressed here. */
	if (head->codec != KPROBEX__CODEC__CODEC_NONE)
		err = -EBADMSG;
	else if (head->kind_case == KPROBEX__HEAD__KIND_CHUNK)
		err = put_chunk(l, head->chunk, packet->data);
	else if (head->kind_case == KPROBEX__HEAD__KIND_TASKS)
		err = put_names(l, packet->data);
	kpc_head_free(head);
	return err;
}

int kpc_live_put(void *live, const struct kpc_packet_info *info,
		 const void *packet, size_t bytes)
{
	struct kpc_packet parsed;
	size_t need;

	if (info->kind != KPROBEX__HEAD__KIND_CHUNK &&
	    info->kind != KPROBEX__HEAD__KIND_TASKS)
		return 0;
	if (kpc_packet_parse(&parsed, packet, bytes, &need))
		return -EBADMSG;
	return put_packet(live, &parsed);
}

uint64_t kpc_live_rows(const struct kpc_live *l)
{
	return l->given;
}
