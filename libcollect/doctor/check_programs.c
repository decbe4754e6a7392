// SPDX-License-Identifier: GPL-2.0-only
/* check_programs.c - versions: of perf, and of what we were made of */
#define _GNU_SOURCE /* dladdr() */
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <limits.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>
#include <zstd.h>

#include "checkup.h"
#include "version.h"

static void look_at_perf(struct kpc_checkup *c)
{
	char line[128] = "", version[64] = "";
	FILE *perf;

	if (!c->facts->is_live)
		return;
	perf = popen("perf version 2> /dev/null", "re");
	if (perf && !fgets(line, sizeof(line), perf))
		line[0] = '\0';
	if (perf)
		pclose(perf);
	sscanf(line, "perf version %63s", version);
	kpc_checkup_found(c, "perf", "%s", *version ? version : "not there");
	if (*version)
		return;
	kpc_checkup_note(c,
			 "collect doesn't need it; perf record and perf stat "
			 "take kprobex' events, too");
	kpc_checkup_mend(c, "%sapt-get install linux-perf", c->facts->sudo);
}

/* libtraceevent has no version to ask for but in its file's name. */
static void name_traceevent(char *text, size_t size)
{
	char path[PATH_MAX], *at;
	Dl_info info;

	if (!dladdr((void *)(uintptr_t)tep_alloc, &info) ||
	    !realpath(info.dli_fname, path))
		at = NULL;
	else
		at = strstr(path, ".so.");
	snprintf(text, size, "%s", at ? at + 4 : "linked in");
}

static void look_at_libraries(struct kpc_checkup *c)
{
	char traceevent[32];

	name_traceevent(traceevent, sizeof(traceevent));
	kpc_checkup_found(c, "libcollect", "%s, with libperf of Linux 6.1",
			  KPC_VERSION);
	kpc_checkup_found(c, "libbpf", "%u.%u, built with %d.%d",
			  libbpf_major_version(), libbpf_minor_version(),
			  LIBBPF_MAJOR_VERSION, LIBBPF_MINOR_VERSION);
	kpc_checkup_found(c, "libtraceevent", "%s", traceevent);
	kpc_checkup_found(c, "zstd", "%s, built with %s", ZSTD_versionString(),
			  ZSTD_VERSION_STRING);
	if (ZSTD_versionNumber() < ZSTD_VERSION_NUMBER)
		kpc_checkup_warn(c,
				 "it's older than what collect was built with");
	kpc_checkup_found(c, "protobuf-c", "%s, built with %s",
			  protobuf_c_version(), PROTOBUF_C_VERSION);
	if (protobuf_c_version_number() < PROTOBUF_C_VERSION_NUMBER)
		kpc_checkup_warn(c,
				 "it's older than what collect was built with");
}

const kpc_check_look kpc_checks_programs[] = {
	look_at_perf,
	look_at_libraries,
	NULL,
};
