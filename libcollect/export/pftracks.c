// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "collect.h"
#include "pftracks.h"

#define THREADS_MAX   (1u << 16)
#define PROCESSES_MAX (1u << 16)

struct process {
	uint32_t trace;
	uint32_t pid;
	uint64_t track;
	uint32_t named;	  /* by its main thread's name */
	uint32_t written; /* its description was */
};

void kpc_pf_tracks_init(struct kpc_pf_tracks *tracks, struct kpc_pf *pf)
{
	tracks->pf = pf;
	tracks->threads = (struct kpc_records){
		.bytes = sizeof(struct kpc_pf_thread),
		.key_bytes = offsetof(struct kpc_pf_thread, track),
		.max = THREADS_MAX,
	};
	tracks->processes = (struct kpc_records){
		.bytes = sizeof(struct process),
		.key_bytes = offsetof(struct process, track),
		.max = PROCESSES_MAX,
	};
}

void kpc_pf_tracks_uninit(struct kpc_pf_tracks *tracks)
{
	kpc_records_uninit(&tracks->threads);
	kpc_records_uninit(&tracks->processes);
}

void kpc_pf_tracks_forget(struct kpc_pf_tracks *tracks)
{
	kpc_pf_tracks_uninit(tracks);
}

bool kpc_pf_tracks_room(const struct kpc_pf_tracks *tracks)
{
	return tracks->threads.nr < THREADS_MAX &&
	       tracks->processes.nr < PROCESSES_MAX;
}

/* ---- numbers of tracks --------------------------------------------------- */

/* The same for the same track, whenever it is described; never 0. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93ull;
	return hash ^ hash >> 32;
}

static uint64_t number_of(const char *kind, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t hash = 1;

	for (; *kind; kind++)
		hash = mix(hash, (uint8_t)*kind);
	return mix(mix(mix(hash, a), b), c) | 1;
}

/* ---- descriptions -------------------------------------------------------- */

static void describe_begin(struct kpc_pf *pf, uint64_t track, uint64_t parent)
{
	kpc_pf_begin(pf, KPC_PF_NO_TIME);
	kpc_wire_add_varint(&pf->body, PF_TRACK_UUID, track);
	if (parent)
		kpc_wire_add_varint(&pf->body, PF_TRACK_PARENT, parent);
}

static void describe_end(struct kpc_pf *pf)
{
	kpc_pf_end(pf, PF_PACKET_TRACK_DESCRIPTOR);
}

static void describe_named(struct kpc_pf *pf, uint64_t track, uint64_t parent,
			   const char *name)
{
	describe_begin(pf, track, parent);
	kpc_pf_add_string(pf, &pf->body, PF_TRACK_NAME, name);
	describe_end(pf);
}

uint64_t kpc_pf_track(struct kpc_pf_tracks *tracks, uint64_t parent,
		      const char *name, bool counter)
{
	struct kpc_pf *pf = tracks->pf;
	uint64_t track = number_of(name, parent, counter, 0);
	size_t begin;

	describe_begin(pf, track, parent);
	kpc_pf_add_string(pf, &pf->body, PF_TRACK_NAME, name);
	if (counter) {
		begin = kpc_wire_begin(&pf->body, PF_TRACK_COUNTER);
		kpc_wire_add_varint(&pf->body, PF_COUNTER_UNIT,
				    PF_COUNTER_UNIT_COUNT);
		kpc_wire_end(&pf->body, begin);
	}
	describe_end(pf);
	return track;
}

static void describe_process(struct kpc_pf *pf, const struct process *process,
			     const struct kpc_pf_who *who)
{
	size_t begin;

	describe_begin(pf, process->track, 0);
	begin = kpc_wire_begin(&pf->body, PF_TRACK_PROCESS);
	kpc_wire_add_varint(&pf->body, PF_PROCESS_PID, who->pid);
	if (process->named)
		kpc_pf_add_string(pf, &pf->body, PF_PROCESS_NAME, who->comm);
	kpc_wire_end(&pf->body, begin);
	describe_end(pf);
}

static void describe_thread(struct kpc_pf *pf, uint64_t track, uint64_t parent,
			    const struct kpc_pf_who *who)
{
	size_t begin;

	describe_begin(pf, track, parent);
	begin = kpc_wire_begin(&pf->body, PF_TRACK_THREAD);
	kpc_wire_add_varint(&pf->body, PF_THREAD_PID, who->pid);
	kpc_wire_add_varint(&pf->body, PF_THREAD_TID, who->tid);
	if (*who->comm)
		kpc_pf_add_string(pf, &pf->body, PF_THREAD_NAME, who->comm);
	kpc_wire_end(&pf->body, begin);
	describe_end(pf);
}

/* ---- processes ----------------------------------------------------------- */

uint64_t kpc_pf_host(struct kpc_pf_tracks *tracks, uint32_t trace,
		     const char *host)
{
	uint64_t track = number_of("host", trace, 0, 0);

	describe_named(tracks->pf, track, 0, *host ? host : "another host");
	return track;
}

static void describe_process_of_host(struct kpc_pf_tracks *tracks,
				     const struct process *process,
				     const struct kpc_pf_who *who)
{
	uint64_t host = number_of("host", who->trace, 0, 0);
	char name[64];

	snprintf(name, sizeof(name), "%s %u",
		 process->named ? who->comm : "process", who->pid);
	describe_named(tracks->pf, process->track, host, name);
}

/* The process' track, or 0 without memory. Its main thread's name is its own. */
static uint64_t process_track(struct kpc_pf_tracks *tracks,
			      const struct kpc_pf_who *who)
{
	struct process key = {
		.trace = who->trace,
		.pid = who->pid,
	};
	int64_t number = kpc_records_add(&tracks->processes, &key);
	bool is_main = who->tid == who->pid && *who->comm;
	struct process *process;

	if (number < 0)
		return 0;
	process = kpc_records_at(&tracks->processes, number);
	if (process->written && !is_main)
		return process->track;
	process->track = number_of("process", who->trace, who->pid, 0);
	process->named |= is_main;
	if (who->host)
		describe_process_of_host(tracks, process, who);
	else
		describe_process(tracks->pf, process, who);
	process->written = true;
	return process->track;
}

/* ---- threads ------------------------------------------------------------- */

/* The idle tasks of all CPUs are thread 0, and what has no thread is none at all. */
static bool is_of_cpu(const struct kpc_pf_who *who)
{
	return !who->tid || who->tid == KPC_TID_UNKNOWN;
}

static void describe(struct kpc_pf_tracks *tracks, struct kpc_pf_thread *thread,
		     const struct kpc_pf_who *who)
{
	struct kpc_pf *pf = tracks->pf;
	uint64_t parent = who->host ? number_of("host", who->trace, 0, 0) : 0;
	char name[64];

	thread->track = number_of("thread", who->trace,
				  (uint64_t)who->pid << 32 | who->tid,
				  (uint32_t)thread->cpu);
	if (is_of_cpu(who)) {
		snprintf(name, sizeof(name),
			 who->tid ? "no thread" : "CPU %d, idle", thread->cpu);
		describe_named(pf, thread->track, parent, name);
		return;
	}
	parent = process_track(tracks, who);
	if (!who->host) {
		describe_thread(pf, thread->track, parent, who);
		return;
	}
	snprintf(name, sizeof(name), "%s %u", who->comm, who->tid);
	describe_named(pf, thread->track, parent, name);
}

struct kpc_pf_thread *kpc_pf_thread(struct kpc_pf_tracks *tracks,
				    const struct kpc_pf_who *who)
{
	struct kpc_pf_thread key = {
		.trace = who->trace,
		.pid = who->pid,
		.tid = who->tid,
		.cpu = is_of_cpu(who) ? who->cpu : -1,
	};
	int64_t number = kpc_records_add(&tracks->threads, &key);
	struct kpc_pf_thread *thread;

	if (number < 0)
		return NULL;
	thread = kpc_records_at(&tracks->threads, number);
	if (thread->track &&
	    !strncmp(thread->comm, who->comm, sizeof(thread->comm) - 1))
		return thread;
	strncpy(thread->comm, who->comm, sizeof(thread->comm) - 1);
	describe(tracks, thread, who);
	return thread;
}
