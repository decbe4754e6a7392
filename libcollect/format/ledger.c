// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "head.h"
#include "ledger.h"

struct event_message {
	Kprobex__EventAccount account;
	Kprobex__ProbeAccount probe;
	Kprobex__ProgramAccount **pointers; /* and what they point to */
};

static int pack_programs(struct event_message *message,
			 const struct kpc_event_account *account)
{
	uint32_t n = account->nr_programs;
	Kprobex__ProgramAccount *programs;

	if (!n)
		return 0;
	message->pointers = calloc(n, sizeof(void *) + sizeof(*programs));
	if (!message->pointers)
		return -ENOMEM;
	programs = (Kprobex__ProgramAccount *)(message->pointers + n);
	for (uint32_t i = 0; i < n; i++) {
		const struct kpc_program_account *from = &account->programs[i];

		programs[i] =
			(Kprobex__ProgramAccount)KPROBEX__PROGRAM_ACCOUNT__INIT;
		programs[i].id = from->id;
		programs[i].name = kpc_head_text(from->name);
		programs[i].cookie = from->cookie;
		programs[i].runs = from->runs;
		message->pointers[i] = &programs[i];
	}
	message->account.n_program = n;
	message->account.program = message->pointers;
	return 0;
}

static int pack_event(struct event_message *message, uint32_t event,
		      const struct kpc_event_account *account)
{
	const struct kpc_probe_account *probe = &account->probe;

	message->account = (Kprobex__EventAccount)KPROBEX__EVENT_ACCOUNT__INIT;
	message->account.event = event;
	message->account.count = account->count;
	message->account.delivered = account->delivered;
	message->account.lost = account->lost;
	message->account.period_skipped = account->period_skipped;
	message->account.own_dropped = account->own_dropped;
	message->account.throttled = account->throttled;
	message->account.enabled_ns = account->enabled_ns;
	message->account.running_ns = account->running_ns;
	message->account.lost_unknown = account->lost_unknown;
	message->account.overwritten = account->overwritten;
	message->account.raised_ns = account->raised_ns;
	message->account.raised_to = account->raised_to;
	message->account.raises = account->raises;
	message->account.disarmed_ns = account->disarmed_ns;
	message->account.stopped = account->stopped;
	message->account.has_probe = account->has_probe;
	if (!account->has_probe)
		return 0;
	message->probe = (Kprobex__ProbeAccount)KPROBEX__PROBE_ACCOUNT__INIT;
	message->probe.entered = probe->entered;
	message->probe.no_listener = probe->no_listener;
	message->probe.offered = probe->offered;
	message->probe.filtered_pred = probe->filtered_pred;
	message->probe.filtered_bpf = probe->filtered_bpf;
	message->probe.recursion = probe->recursion;
	message->probe.self = probe->self;
	message->probe.missed_kprobe = probe->missed_kprobe;
	message->probe.missed_return = probe->missed_return;
	message->probe.in_flight = probe->in_flight;
	message->probe.clamped = probe->clamped;
	message->probe.truncated = probe->truncated;
	message->probe.by_int3 = probe->by_int3;
	message->probe.deaf = probe->deaf;
	message->probe.gone = probe->gone;
	message->probe.bpf_runs = probe->bpf_runs;
	message->probe.bpf_busy = probe->bpf_busy;
	message->account.probe = &message->probe;
	return pack_programs(message, account);
}

struct ring_message {
	Kprobex__RingAccount account;
	Kprobex__LossRange **pointers; /* and what they point to */
};

static int pack_losses(struct ring_message *message,
		       const struct kpc_ring_account *account)
{
	uint32_t n = account->nr_losses;
	Kprobex__LossRange *losses;

	if (!n)
		return 0;
	message->pointers = calloc(n, sizeof(void *) + sizeof(*losses));
	if (!message->pointers)
		return -ENOMEM;
	losses = (Kprobex__LossRange *)(message->pointers + n);
	for (uint32_t i = 0; i < n; i++) {
		losses[i] = (Kprobex__LossRange)KPROBEX__LOSS_RANGE__INIT;
		losses[i].from_ns = account->losses[i].from_ns;
		losses[i].to_ns = account->losses[i].to_ns;
		losses[i].count = account->losses[i].count;
		losses[i].losses = account->losses[i].losses;
		message->pointers[i] = &losses[i];
	}
	message->account.n_loss = n;
	message->account.loss = message->pointers;
	return 0;
}

static int pack_ring(struct ring_message *message, uint32_t ring,
		     const struct kpc_ring_account *account)
{
	message->account = (Kprobex__RingAccount)KPROBEX__RING_ACCOUNT__INIT;
	message->account.ring = ring;
	message->account.records = account->records;
	message->account.bytes = account->bytes;
	message->account.lost = account->lost;
	message->account.unreadable = account->unreadable;
	return pack_losses(message, account);
}

static void pack_cpu(Kprobex__CpuAccount *message,
		     const struct kpc_cpu_account *account)
{
	*message = (Kprobex__CpuAccount)KPROBEX__CPU_ACCOUNT__INIT;
	message->cpu = account->cpu;
	message->came = account->came;
	message->went = account->went;
	message->blind_ns = account->blind_ns;
}

int kpc_ledger_pack(struct kpc_buf *buf, const struct kpc_ledger *ledger)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__Ledger message = KPROBEX__LEDGER__INIT;
	struct event_message *events;
	Kprobex__EventAccount **event_pointers;
	Kprobex__CpuAccount *cpus, **cpu_pointers;
	Kprobex__RingAccount **ring_pointers;
	struct ring_message *rings;
	int err = -ENOMEM, failed = 0;

	events = calloc(ledger->nr_events + 1, sizeof(*events));
	event_pointers = calloc(ledger->nr_events + 1, sizeof(void *));
	rings = calloc(ledger->nr_rings + 1, sizeof(*rings));
	ring_pointers = calloc(ledger->nr_rings + 1, sizeof(void *));
	cpus = calloc(ledger->nr_cpus + 1, sizeof(*cpus));
	cpu_pointers = calloc(ledger->nr_cpus + 1, sizeof(void *));
	if (!events || !event_pointers || !rings || !ring_pointers || !cpus ||
	    !cpu_pointers)
		goto out;
	for (uint32_t i = 0; i < ledger->nr_events; i++) {
		failed |= pack_event(&events[i], i, &ledger->events[i]);
		event_pointers[i] = &events[i].account;
		message.own_dropped += ledger->events[i].own_dropped;
	}
	for (uint32_t i = 0; i < ledger->nr_rings; i++) {
		failed |= pack_ring(&rings[i], i, &ledger->rings[i]);
		ring_pointers[i] = &rings[i].account;
	}
	for (uint32_t i = 0; i < ledger->nr_cpus; i++) {
		pack_cpu(&cpus[i], &ledger->cpus[i]);
		cpu_pointers[i] = &cpus[i];
	}
	message.n_cpu = ledger->nr_cpus;
	message.cpu = cpu_pointers;
	message.time_ns = ledger->time_ns;
	message.final = ledger->final;
	message.begin = ledger->begin;
	message.side_lost = ledger->side_lost;
	message.threads_missed = ledger->threads_missed;
	message.full_waits = ledger->full_waits;
	message.full_wait_ns = ledger->full_wait_ns;
	message.max_overhead_ppm = ledger->max_overhead_ppm;
	message.n_event = ledger->nr_events;
	message.event = event_pointers;
	message.n_ring = ledger->nr_rings;
	message.ring = ring_pointers;
	head.kind_case = KPROBEX__HEAD__KIND_LEDGER;
	head.ledger = &message;
	if (!failed)
		err = kpc_head_pack(buf, &head);
out:
	for (uint32_t i = 0; events && i < ledger->nr_events; i++)
		free(events[i].pointers);
	for (uint32_t i = 0; rings && i < ledger->nr_rings; i++)
		free(rings[i].pointers);
	free(events);
	free(event_pointers);
	free(rings);
	free(ring_pointers);
	free(cpus);
	free(cpu_pointers);
	return err;
}

static int unpack_programs(struct kpc_event_account *account,
			   const Kprobex__EventAccount *message)
{
	account->programs =
		calloc(message->n_program + 1, sizeof(*account->programs));
	if (!account->programs)
		return -ENOMEM;
	for (size_t i = 0; i < message->n_program; i++) {
		const Kprobex__ProgramAccount *from = message->program[i];

		account->programs[i] = (struct kpc_program_account){
			.id = from->id,
			.name = kpc_head_strdup(from->name),
			.cookie = from->cookie,
			.runs = from->runs,
		};
		account->nr_programs++;
		if (!account->programs[i].name)
			return -ENOMEM;
	}
	return 0;
}

static int unpack_event(struct kpc_event_account *account,
			const Kprobex__EventAccount *message)
{
	const Kprobex__ProbeAccount *probe = message->probe;

	account->count = message->count;
	account->delivered = message->delivered;
	account->lost = message->lost;
	account->period_skipped = message->period_skipped;
	account->own_dropped = message->own_dropped;
	account->throttled = message->throttled;
	account->enabled_ns = message->enabled_ns;
	account->running_ns = message->running_ns;
	account->lost_unknown = message->lost_unknown;
	account->overwritten = message->overwritten;
	account->raised_ns = message->raised_ns;
	account->raised_to = message->raised_to;
	account->raises = message->raises;
	account->disarmed_ns = message->disarmed_ns;
	account->stopped = message->stopped;
	account->has_probe = message->has_probe && probe;
	if (!account->has_probe)
		return 0;
	account->probe = (struct kpc_probe_account){
		.entered = probe->entered,
		.no_listener = probe->no_listener,
		.offered = probe->offered,
		.filtered_pred = probe->filtered_pred,
		.filtered_bpf = probe->filtered_bpf,
		.recursion = probe->recursion,
		.self = probe->self,
		.missed_kprobe = probe->missed_kprobe,
		.missed_return = probe->missed_return,
		.in_flight = probe->in_flight,
		.clamped = probe->clamped,
		.truncated = probe->truncated,
		.by_int3 = probe->by_int3,
		.deaf = probe->deaf,
		.gone = probe->gone,
		.bpf_runs = probe->bpf_runs,
		.bpf_busy = probe->bpf_busy,
	};
	/* Of a file that has an account twice, the later holds. */
	kpc_ledger_free_programs(account);
	return unpack_programs(account, message);
}

static int unpack_ring(struct kpc_ring_account *account,
		       const Kprobex__RingAccount *message)
{
	free(account->losses);
	*account = (struct kpc_ring_account){
		.records = message->records,
		.bytes = message->bytes,
		.lost = message->lost,
		.unreadable = message->unreadable,
		.losses = calloc(message->n_loss + 1, sizeof(*account->losses)),
	};
	if (!account->losses)
		return -ENOMEM;
	for (size_t i = 0; i < message->n_loss; i++)
		account->losses[i] = (struct kpc_loss_range){
			.from_ns = message->loss[i]->from_ns,
			.to_ns = message->loss[i]->to_ns,
			.count = message->loss[i]->count,
			.losses = message->loss[i]->losses,
		};
	account->nr_losses = message->n_loss;
	return 0;
}

int kpc_ledger_unpack(struct kpc_ledger *ledger, const Kprobex__Ledger *message,
		      uint32_t nr_events, uint32_t nr_rings)
{
	int err = -EBADMSG;

	*ledger = (struct kpc_ledger){
		.time_ns = message->time_ns,
		.final = message->final,
		.begin = message->begin,
		.side_lost = message->side_lost,
		.threads_missed = message->threads_missed,
		.full_waits = message->full_waits,
		.full_wait_ns = message->full_wait_ns,
		.max_overhead_ppm = message->max_overhead_ppm,
	};
	ledger->events = calloc((size_t)nr_events + 1, sizeof(*ledger->events));
	ledger->rings = calloc((size_t)nr_rings + 1, sizeof(*ledger->rings));
	ledger->cpus = calloc(message->n_cpu + 1, sizeof(*ledger->cpus));
	if (!ledger->events || !ledger->rings || !ledger->cpus) {
		kpc_ledger_uninit(ledger);
		return -ENOMEM;
	}
	ledger->nr_events = nr_events;
	ledger->nr_rings = nr_rings;
	for (size_t i = 0; i < message->n_event; i++) {
		if (message->event[i]->event >= nr_events)
			goto err_uninit;
		if (unpack_event(&ledger->events[message->event[i]->event],
				 message->event[i])) {
			err = -ENOMEM;
			goto err_uninit;
		}
	}
	for (size_t i = 0; i < message->n_ring; i++) {
		const Kprobex__RingAccount *ring = message->ring[i];

		if (ring->ring >= nr_rings)
			goto err_uninit;
		if (unpack_ring(&ledger->rings[ring->ring], ring)) {
			err = -ENOMEM;
			goto err_uninit;
		}
	}
	for (size_t i = 0; i < message->n_cpu; i++) {
		const Kprobex__CpuAccount *cpu = message->cpu[i];

		ledger->cpus[ledger->nr_cpus++] =
			(struct kpc_cpu_account){ cpu->cpu, cpu->came,
						  cpu->went, cpu->blind_ns };
	}
	return 0;

err_uninit:
	kpc_ledger_uninit(ledger);
	return err;
}

static void subtract_probe(struct kpc_probe_account *probe,
			   const struct kpc_probe_account *begin)
{
	probe->entered -= begin->entered;
	probe->no_listener -= begin->no_listener;
	probe->offered -= begin->offered;
	probe->filtered_pred -= begin->filtered_pred;
	probe->filtered_bpf -= begin->filtered_bpf;
	probe->recursion -= begin->recursion;
	probe->self -= begin->self;
	probe->missed_kprobe -= begin->missed_kprobe;
	probe->missed_return -= begin->missed_return;
	probe->clamped -= begin->clamped;
	probe->truncated -= begin->truncated;
	probe->by_int3 -= begin->by_int3;
	probe->bpf_runs -= begin->bpf_runs;
	probe->bpf_busy -= begin->bpf_busy;
}

static void subtract_programs(struct kpc_event_account *account,
			      const struct kpc_event_account *begin)
{
	for (uint32_t i = 0; i < account->nr_programs; i++)
		for (uint32_t j = 0; j < begin->nr_programs; j++) {
			struct kpc_program_account *now = &account->programs[i];

			if (now->id == begin->programs[j].id &&
			    now->runs >= begin->programs[j].runs)
				now->runs -= begin->programs[j].runs;
		}
}

/* Those that were over before. */
static void drop_losses(struct kpc_ring_account *account, uint64_t begin_ns)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < account->nr_losses; i++)
		if (account->losses[i].to_ns > begin_ns)
			account->losses[nr++] = account->losses[i];
	account->nr_losses = nr;
}

/* Only those that came or went since then are left. */
static void subtract_cpus(struct kpc_ledger *ledger,
			  const struct kpc_ledger *begin)
{
	uint32_t nr = ledger->nr_cpus;

	ledger->nr_cpus = 0;
	for (uint32_t i = 0; i < nr; i++) {
		struct kpc_cpu_account cpu = ledger->cpus[i];

		for (uint32_t j = 0; j < begin->nr_cpus; j++) {
			if (begin->cpus[j].cpu != cpu.cpu)
				continue;
			cpu.came -= begin->cpus[j].came;
			cpu.went -= begin->cpus[j].went;
			cpu.blind_ns -= begin->cpus[j].blind_ns;
			break;
		}
		if (cpu.came || cpu.went || cpu.blind_ns)
			ledger->cpus[ledger->nr_cpus++] = cpu;
	}
}

/* What is a state, or is true from some time on, stays. */
void kpc_ledger_subtract(struct kpc_ledger *ledger,
			 const struct kpc_ledger *begin)
{
	for (uint32_t i = 0; i < ledger->nr_events; i++) {
		struct kpc_event_account *e = &ledger->events[i];
		const struct kpc_event_account *b = &begin->events[i];

		e->count -= b->count;
		e->delivered -= b->delivered;
		e->lost -= b->lost;
		e->period_skipped -= b->period_skipped;
		e->own_dropped -= b->own_dropped;
		e->overwritten -= b->overwritten;
		e->stopped -= b->stopped;
		e->throttled -= b->throttled;
		e->enabled_ns -= b->enabled_ns;
		e->running_ns -= b->running_ns;
		if (e->has_probe && b->has_probe)
			subtract_probe(&e->probe, &b->probe);
		subtract_programs(e, b);
	}
	for (uint32_t i = 0; i < ledger->nr_rings; i++) {
		drop_losses(&ledger->rings[i], begin->time_ns);
		ledger->rings[i].unreadable -= begin->rings[i].unreadable;
		ledger->rings[i].records -= begin->rings[i].records;
		ledger->rings[i].bytes -= begin->rings[i].bytes;
		ledger->rings[i].lost -= begin->rings[i].lost;
	}
	subtract_cpus(ledger, begin);
	ledger->side_lost -= begin->side_lost;
	ledger->full_waits -= begin->full_waits;
	ledger->full_wait_ns -= begin->full_wait_ns;
}

void kpc_programs_free(struct kpc_program_account *programs, uint32_t nr)
{
	for (uint32_t i = 0; programs && i < nr; i++)
		free(programs[i].name);
	free(programs);
}

void kpc_ledger_free_programs(struct kpc_event_account *account)
{
	kpc_programs_free(account->programs, account->nr_programs);
	account->programs = NULL;
	account->nr_programs = 0;
}

void kpc_ledger_uninit(struct kpc_ledger *ledger)
{
	for (uint32_t i = 0; ledger->events && i < ledger->nr_events; i++)
		kpc_ledger_free_programs(&ledger->events[i]);
	for (uint32_t i = 0; ledger->rings && i < ledger->nr_rings; i++)
		free(ledger->rings[i].losses);
	free(ledger->events);
	free(ledger->rings);
	free(ledger->cpus);
	*ledger = (struct kpc_ledger){ 0 };
}
