// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <sys/utsname.h>

#include "host.h"
#include "kallsyms.h"
#include "lookup.h"
#include "perfkernel.h"
#include "symbols.h"

/* A symbol begins there. Where it is is drawn at each boot. */
static bool begins_symbol(uint64_t address)
{
	struct kpc_lookup lookup;
	bool begins = false;
	int ret = kpc_lookup_begin(&lookup, KPC_KALLSYMS, &address, 1);

	if (!ret)
		while ((ret = kpc_lookup_step(&lookup)) > 0)
			;
	if (!ret)
		begins = lookup.nr && lookup.hits[0].start == address;
	kpc_lookup_uninit(&lookup);
	return begins;
}

bool kpc_perfkernel_is_ours(const struct kpc_perfmeta *meta, uint64_t text)
{
	const struct kpc_perfmeta_build_id *id =
		kpc_perfmeta_build_id(meta, "[kernel.kallsyms]");
	struct kpc_host host;
	struct utsname uts;

	if (!text || uname(&uts) || strcmp(uts.release, meta->uts.release))
		return false;
	kpc_host_read(&host, "");
	if (id && (host.facts.kernel_build_id.len != id->bytes ||
		   memcmp(host.build_id, id->id, id->bytes)))
		return false;
	return begins_symbol(text);
}

int kpc_perfkernel_write(struct kpc_writer *writer,
			 struct kpc_addresses *addresses, uint64_t time_ns)
{
	struct kpc_modules modules;
	struct kpc_symbols symbols;
	int ret;

	kpc_modules_init(&modules);
	kpc_symbols_init(&symbols);
	/* All of them are wanted at once: reading kallsyms is the quicker way. */
	symbols.tried_namer = true;
	ret = kpc_modules_look(&modules, NULL);
	if (!ret)
		ret = kpc_symbols_begin(&symbols, addresses, time_ns);
	while (!ret && (ret = kpc_symbols_step(&symbols, &modules)) > 0)
		ret = 0;
	/* Without them it is a trace nevertheless. */
	ret = kpc_symbols_write(&symbols, writer, kpc_addresses_lost(addresses),
				true);
	kpc_symbols_uninit(&symbols);
	kpc_modules_uninit(&modules);
	return ret;
}
