// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpflink.h"
#include "fail.h"
#include "ledger.h"

int kpc_bpflink_check(const struct kpc_kprobex *k, char *error,
		      size_t error_size)
{
	if (k->features & KPX_FEATURE_BPF)
		return 0;
	return kpc_fail(error, error_size, -EOPNOTSUPP,
			"the module kprobex that is loaded is older than this "
			"program, and has no BPF programs on a probe (--bpf)");
}

static int refused(const struct kpc_bpflink_request *r,
		   const struct kpx_bpf_attach *attach, int err, char *error,
		   size_t error_size)
{
	if (attach->error[0])
		return kpc_fail(error, error_size, err,
				"cannot attach the BPF program %s to %s: %.*s",
				r->program_name, r->probe_name,
				(int)sizeof(attach->error), attach->error);
	if (err == -EACCES || err == -EPERM || err == -EBADF)
		return kpc_fail(error, error_size, err,
				"no permission to attach the BPF program %s to "
				"%s: it takes root, or CAP_BPF and CAP_PERFMON "
				"(kernel lockdown forbids it to all)",
				r->program_name, r->probe_name);
	return kpc_fail(error, error_size, err,
			"cannot attach the BPF program %s to %s: %s",
			r->program_name, r->probe_name, strerror(-err));
}

int kpc_bpflink_open(const struct kpc_kprobex *k,
		     const struct kpc_bpflink_request *r, uint32_t *program_id,
		     char *error, size_t error_size)
{
	struct kpx_bpf_attach attach = {
		.size = sizeof(attach),
		.id = r->probe,
		.flags = KPX_BPF_LINK,
		.prog_fd = r->program_fd,
		.cookie = r->cookie,
		.link_fd = -1,
	};

	if (ioctl(k->fd, KPX_IOC_BPF_ATTACH, &attach) < 0)
		return refused(r, &attach, -errno, error, error_size);
	*program_id = attach.prog_id;
	return attach.link_fd;
}

/* The name of its function; "" if we may not know. */
static char *program_name(uint32_t id)
{
	struct bpf_prog_info info = { 0 };
	uint32_t bytes = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0) {
		if (bpf_obj_get_info_by_fd(fd, &info, &bytes))
			info.name[0] = '\0';
		close(fd);
	}
	return strndup(info.name, sizeof(info.name));
}

static int list(const struct kpx_bpf_program *from, uint32_t nr,
		struct kpc_program_account **out)
{
	struct kpc_program_account *programs =
		calloc(nr + 1, sizeof(*programs));
	int err = programs ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < nr; i++) {
		programs[i] = (struct kpc_program_account){
			.id = from[i].id,
			.name = program_name(from[i].id),
			.cookie = from[i].cookie,
			.runs = from[i].runs,
		};
		err = programs[i].name ? 0 : -ENOMEM;
	}
	if (err) {
		kpc_programs_free(programs, nr);
		return err;
	}
	*out = programs;
	return 0;
}

int kpc_bpflink_list(const struct kpc_kprobex *k, uint32_t id,
		     struct kpc_program_account **programs, uint32_t *nr)
{
	struct kpx_bpf_program found[KPX_PROGRAMS_MAX] = { 0 };
	struct kpx_bpf_query query = {
		.size = sizeof(query),
		.id = id,
		.programs = (uintptr_t)found,
		.programs_max = KPX_PROGRAMS_MAX,
		.program_size = sizeof(found[0]),
	};

	*programs = NULL;
	*nr = 0;
	if (!(k->features & KPX_FEATURE_BPF))
		return 0;
	if (ioctl(k->fd, KPX_IOC_BPF_QUERY, &query) < 0)
		return -errno;
	if (query.nr_programs > KPX_PROGRAMS_MAX)
		return -EBADMSG;
	*nr = query.nr_programs;
	return list(found, query.nr_programs, programs);
}
