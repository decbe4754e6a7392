// SPDX-License-Identifier: GPL-2.0-only
/* sessionbpf.c - the BPF programs of a session, and what they write */
#include <errno.h>
#include <stdlib.h>

#include "bpflink.h"
#include "session.h"

static void log_line(void *ctx, const char *line)
{
	kpc_session_log(ctx, KPC_LOG_INFO, "libbpf: %s", line);
}

/* The probes of the events, each once. */
static int list_probes(const struct kpc_session *s,
		       struct kpc_bpf_probe **probes, uint32_t *nr)
{
	*nr = 0;
	*probes = calloc(s->events.nr + 1, sizeof(**probes));
	if (!*probes)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->events.nr; i++) {
		const struct kpc_event *event = &s->events.event[i];
		uint32_t id = s->events.opening[i].probe, j = 0;

		while (j < *nr && (*probes)[j].id != id)
			j++;
		if (!id || j < *nr)
			continue;
		(*probes)[(*nr)++] = (struct kpc_bpf_probe){
			.id = id,
			.is_return = event->definition &&
				     event->definition[0] == 'r',
			.name = event->name,
		};
	}
	return 0;
}

static int attach_bpf(struct kpc_session *s)
{
	struct kpc_bpf_probe *probes;
	uint32_t nr;
	int err = list_probes(s, &probes, &nr);

	if (err)
		return kpc_fail(s->error, sizeof(s->error), err,
				"out of memory");
	err = kpc_bpf_attach(&s->bpf, &s->events.kprobex, probes, nr, s->error,
			     sizeof(s->error));
	free(probes);
	return err;
}

int kpc_session_init_bpf(struct kpc_session *s)
{
	const char *const *texts = s->opts.bpf;
	int err;

	if (!texts || !texts[0])
		return 0;
	if (!s->events.has_kprobex)
		return kpc_fail(s->error, sizeof(s->error), -EINVAL,
				"--bpf puts programs on probes, and no event "
				"here is a probe's: name one with -e, such as "
				"-e kprobex/vfs_write/");
	err = kpc_bpflink_check(&s->events.kprobex, s->error, sizeof(s->error));
	if (err)
		return err;
	s->bpf.log.log = log_line;
	s->bpf.log.ctx = s;
	err = kpc_bpf_load(&s->bpf, texts, s->error, sizeof(s->error));
	if (!err)
		err = attach_bpf(s);
	if (err)
		return err;
	err = kpc_events_add_outputs(&s->events, &s->bpf.maps);
	return err ? kpc_fail(s->error, sizeof(s->error), err,
			      "out of memory") :
		     0;
}

/* What the user should know of a map. */
static void warn_of(struct kpc_session *s, const struct kpc_bpfmap *m,
		    const struct kpc_event *event)
{
	if (m->odd)
		kpc_session_log(s, KPC_LOG_WARNING,
				"%s: the type of its records can't be taken "
				"apart: they are kept as they are",
				event->name);
	if (m->ring && m->lost.fd < 0)
		kpc_session_log(s, KPC_LOG_WARNING,
				"%s: its program doesn't count what the ring "
				"buffer has no room for (%s_lost): losses go "
				"unnoticed",
				event->name, bpf_map__name(m->map));
}

int kpc_session_open_outputs(struct kpc_session *s)
{
	const struct kpc_bpfmaps *maps = &s->bpf.maps;
	struct kpc_outputs_opts opts = {
		.ring_bytes = s->ring_bytes,
		.watermark_bytes = kpc_session_watermark(s),
		.callchain = kpc_session_callchain(s),
		.cgroup = s->opts.all_cgroups,
	};
	int err;

	if (!s->bpf.nr_objects)
		return 0;
	err = kpc_outputs_open(&s->outputs, &s->bpf.maps, &opts, s->error,
			       sizeof(s->error));
	for (uint32_t i = 0; !err && i < maps->nr; i++) {
		uint32_t event = s->events.nr + i;

		warn_of(s, &maps->map[i], &s->events.event[event]);
		if (maps->map[i].ring)
			continue;
		s->events.event[event].callchain = s->opts.callchain;
		s->events.event[event].cgroup = s->opts.all_cgroups;
		err = kpc_events_opened(&s->events, event,
					kpc_outputs_attr(&s->outputs, i));
	}
	return err;
}
