// SPDX-License-Identifier: GPL-2.0-only
/*
 * sessioncpus.c - CPUs that come and go while a session runs
 *
 * Where all that runs is recorded, each CPU has events of its own, which the
 * kernel detaches when it goes offline, for good; one that comes gets new ones.
 * The events of threads stay, but there are none for a CPU that came later.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "session.h"
#include "trace_clock.h"

#define STILL_NS 200000 /* in which the time of an event that lives goes on */

static struct kpc_cpu_account *account_of(struct kpc_session *s, int cpu)
{
	struct kpc_ledger *ledger = &s->book.ledger;
	struct kpc_cpu_account *grown;

	for (uint32_t i = 0; i < ledger->nr_cpus; i++)
		if (ledger->cpus[i].cpu == (uint32_t)cpu)
			return &ledger->cpus[i];
	grown = realloc(ledger->cpus, (ledger->nr_cpus + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	ledger->cpus = grown;
	grown[ledger->nr_cpus] = (struct kpc_cpu_account){ .cpu = cpu };
	return &grown[ledger->nr_cpus++];
}

int kpc_session_init_cpus(struct kpc_session *s)
{
	uint32_t rings = kpc_evlist_nr_rings(s->evlist);

	s->cpu = calloc(rings + 1, sizeof(*s->cpu));
	if (!s->cpu)
		return -ENOMEM;
	for (uint32_t i = 0; i < rings; i++)
		s->cpu[i].online = kpc_evlist_is_open(s->evlist, i);
	kpc_hotplug_open(&s->hotplug, kpc_trace_clock());
	return 0;
}

/*
 * It may have been away between two looks: then the time of its events stands
 * still. Those of the task records are on all CPUs, whoever is recorded.
 */
static void find_detached(struct kpc_session *s)
{
	struct kpc_evlist *side = kpc_side_evlist(s->side);
	struct timespec still = { .tv_nsec = STILL_NS };
	uint32_t rings = kpc_evlist_nr_rings(side);

	for (uint32_t i = 0; i < rings; i++)
		s->cpu[i].enabled_ns = kpc_evlist_enabled_ns(side, i);
	nanosleep(&still, NULL);
	for (uint32_t i = 0; i < rings; i++)
		if (s->cpu[i].online &&
		    kpc_evlist_enabled_ns(side, i) == s->cpu[i].enabled_ns)
			s->cpu[i].detached = true;
}

static void cpu_gone(struct kpc_session *s, uint32_t ring)
{
	int cpu = kpc_evlist_ring(s->evlist, ring)->cpu;
	struct kpc_cpu_account *account = account_of(s, cpu);

	s->cpu[ring].online = false;
	if (account)
		account->went++;
	kpc_session_log(s, KPC_LOG_INFO, "CPU %d went offline", cpu);
}

/* When its side events live, the others are opened. */
static void cpu_came(struct kpc_session *s, uint32_t ring, uint64_t since_ns)
{
	struct kpc_evlist *side = kpc_side_evlist(s->side);
	int cpu = kpc_evlist_ring(s->evlist, ring)->cpu;
	struct kpc_cpu_account *account;
	char error[KPC_ERROR_BYTES];
	int err;

	err = kpc_evlist_online(side, ring, error, sizeof(error));
	if (!err)
		err = kpc_evlist_online(s->evlist, ring, error, sizeof(error));
	account = account_of(s, cpu);
	if (account) {
		account->came += !s->cpu[ring].trying;
		account->blind_ns += kpc_trace_clock() - since_ns;
	}
	if (err && !s->cpu[ring].trying)
		kpc_session_log(s, KPC_LOG_WARNING,
				"CPU %d came online, but isn't recorded: %s",
				cpu, error);
	else if (!err)
		kpc_session_log(s, KPC_LOG_INFO,
				"CPU %d came online, and is recorded now", cpu);
	s->cpu[ring].trying = err;
	s->cpu[ring].online = !err;
	s->cpu[ring].detached = false;
}

static void follow_rings(struct kpc_session *s,
			 const struct kpc_cpulist *online, uint64_t since_ns)
{
	find_detached(s);
	for (uint32_t i = 0; i < kpc_evlist_nr_rings(s->evlist); i++) {
		bool is = kpc_cpulist_has(online,
					  kpc_evlist_ring(s->evlist, i)->cpu);

		if (s->cpu[i].online && (!is || s->cpu[i].detached))
			cpu_gone(s, i);
		if (is && !s->cpu[i].online)
			cpu_came(s, i, since_ns);
	}
}

/* Threads that run on a CPU that came have no events there. */
static void note_others(struct kpc_session *s, const struct kpc_cpulist *online,
			uint64_t since_ns)
{
	struct kpc_cpu_account *account;

	for (uint32_t i = 0; i < online->nr; i++) {
		if (kpc_cpulist_has(&s->target.cpus, online->cpu[i]))
			continue;
		account = account_of(s, online->cpu[i]);
		if (!account)
			continue;
		if (!account->blind_ns)
			kpc_session_log(s, KPC_LOG_WARNING,
					"CPU %d came online: what the threads "
					"do there isn't recorded",
					online->cpu[i]);
		account->came = 1;
		account->blind_ns += kpc_trace_clock() - since_ns;
	}
}

void kpc_session_follow_cpus(struct kpc_session *s, uint64_t now_ns)
{
	uint64_t since_ns = s->hotplug.looked_ns;
	struct kpc_cpulist online = { 0 };

	if (!kpc_hotplug_look(&s->hotplug, now_ns))
		return;
	if (!kpc_cpulist_online(&online, NULL, 0)) {
		/* BPF programs are loaded on any, whatever is recorded. */
		kpc_ksymbols_follow_cpus(&s->context.ksymbols, &online);
		if (s->system_wide)
			follow_rings(s, &online, since_ns);
		else if (!s->opts.cpus)
			note_others(s, &online, since_ns);
	}
	kpc_cpulist_uninit(&online);
}
