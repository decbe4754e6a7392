// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>

#include "pfhead.h"

enum pf_clock kpc_pf_clock(const struct kpc_trace_info *info)
{
	switch (info->clock_id) {
	case CLOCK_MONOTONIC_RAW:
		return PF_CLOCK_MONOTONIC_RAW;
	case CLOCK_BOOTTIME:
		return PF_CLOCK_BOOTTIME;
	case CLOCK_REALTIME:
		return PF_CLOCK_REALTIME;
	default:
		return PF_CLOCK_MONOTONIC;
	}
}

static void add_clock(struct kpc_pf *pf, enum pf_clock clock, uint64_t time_ns)
{
	size_t begin;

	if (!time_ns)
		return;
	begin = kpc_wire_begin(&pf->body, PF_SNAPSHOT_CLOCK);
	kpc_wire_add_varint(&pf->body, PF_CLOCK_ID, clock);
	kpc_wire_add_varint(&pf->body, PF_CLOCK_TIMESTAMP, time_ns);
	kpc_wire_end(&pf->body, begin);
}

/* The trace's own is exact; what others showed was read just beside it. */
static void put_clock(struct kpc_pf *pf, enum pf_clock own,
		      const struct kpc_clock_point *point)
{
	const struct {
		enum pf_clock clock;
		uint64_t time_ns;
	} others[] = {
		{ PF_CLOCK_REALTIME, point->trace_ns + point->offset_ns },
		{ PF_CLOCK_MONOTONIC, point->monotonic_ns },
		{ PF_CLOCK_MONOTONIC_RAW, point->monotonic_raw_ns },
		{ PF_CLOCK_BOOTTIME, point->boottime_ns },
	};

	kpc_pf_begin(pf, KPC_PF_NO_TIME);
	add_clock(pf, own, point->trace_ns);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (others[i].clock != own)
			add_clock(pf, others[i].clock, others[i].time_ns);
	kpc_wire_add_varint(&pf->body, PF_SNAPSHOT_PRIMARY, own);
	kpc_pf_end(pf, PF_PACKET_CLOCK_SNAPSHOT);
}

void kpc_pf_put_clocks(struct kpc_pf *pf, const struct kpc_trace_info *info,
		       const struct kpc_clockmap *clocks)
{
	enum pf_clock own = kpc_pf_clock(info);

	for (uint32_t i = 0; i < clocks->nr; i++)
		put_clock(pf, own, &clocks->points[i]);
	if (clocks->nr)
		return;
	/* It says at least which clock the times are of. */
	kpc_pf_begin(pf, KPC_PF_NO_TIME);
	add_clock(pf, own, info->start_ns);
	kpc_wire_add_varint(&pf->body, PF_SNAPSHOT_PRIMARY, own);
	kpc_pf_end(pf, PF_PACKET_CLOCK_SNAPSHOT);
}

static uint64_t half_of(const uint8_t *uuid)
{
	uint64_t half = 0;

	for (int i = 0; i < 8; i++)
		half = half << 8 | uuid[i];
	return half;
}

static void put_uuid(struct kpc_pf *pf, const uint8_t uuid[16])
{
	kpc_pf_begin(pf, KPC_PF_NO_TIME);
	kpc_wire_add_varint(&pf->body, PF_UUID_HIGH, half_of(uuid));
	kpc_wire_add_varint(&pf->body, PF_UUID_LOW, half_of(uuid + 8));
	kpc_pf_end(pf, PF_PACKET_TRACE_UUID);
}

void kpc_pf_put_system(struct kpc_pf *pf, const struct kpc_trace_info *info)
{
	struct kpc_buf *body = &pf->body;
	size_t begin;

	put_uuid(pf, info->uuid);
	kpc_pf_begin(pf, KPC_PF_NO_TIME);
	begin = kpc_wire_begin(body, PF_SYSTEM_UTSNAME);
	kpc_pf_add_string(pf, body, PF_UTSNAME_SYSNAME, "Linux");
	kpc_pf_add_string(pf, body, PF_UTSNAME_VERSION, info->kernel_version);
	kpc_pf_add_string(pf, body, PF_UTSNAME_RELEASE, info->kernel_release);
	kpc_pf_add_string(pf, body, PF_UTSNAME_MACHINE, info->machine);
	kpc_wire_end(body, begin);
	kpc_pf_add_string(pf, body, PF_SYSTEM_WRITER, info->writer);
	kpc_wire_add_varint(body, PF_SYSTEM_PAGE_SIZE, info->page_bytes);
	kpc_wire_add_varint(body, PF_SYSTEM_CPUS, info->cpus_online);
	kpc_pf_end(pf, PF_PACKET_SYSTEM_INFO);
}
