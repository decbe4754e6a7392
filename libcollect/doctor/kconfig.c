// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "kconfig.h"

#define CONFIG_MAX (4u << 20) /* of Debian's it is a fourteenth */

/* The kernel's own, and where distributions and the headers have it. */
static const char *const places[] = {
	"/proc/config.gz",
	"/boot/config-@",
	"/lib/modules/@/config",
	"/lib/modules/@/build/.config",
};

/* zlib reads what isn't compressed as it is. NULL: nothing of the kind is there. */
static char *load(const char *path)
{
	gzFile file = gzopen(path, "re");
	char *text = file ? malloc(CONFIG_MAX) : NULL;
	int got = text ? gzread(file, text, CONFIG_MAX - 1) : 0;

	/* one that is cut would lack what it doesn't lack */
	if (file && gzclose(file) != Z_OK)
		got = 0;
	if (got > 0) {
		text[got] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

/* With the release in the place of '@'. */
static void name_place(const char *place, char *path, size_t size,
		       const char *release)
{
	int before = strcspn(place, "@");

	snprintf(path, size, "%.*s%s%s", before, place,
		 place[before] ? release : "",
		 place + before + !!place[before]);
}

void kpc_kconfig_read(struct kpc_kconfig *config, const struct kpc_facts *facts)
{
	size_t nr = sizeof(places) / sizeof(*places);
	char full[PATH_MAX];

	*config = (struct kpc_kconfig){ 0 };
	for (size_t i = 0; !config->text && i < nr; i++) {
		name_place(places[i], config->path, sizeof(config->path),
			   facts->release);
		config->text = load(kpc_facts_path(facts, config->path, full));
	}
}

void kpc_kconfig_uninit(struct kpc_kconfig *config)
{
	free(config->text);
	config->text = NULL;
}

bool kpc_kconfig_has(const struct kpc_kconfig *config, const char *option)
{
	char line[80];
	size_t bytes;
	const char *at = config->text;

	bytes = snprintf(line, sizeof(line), "CONFIG_%s=", option);
	for (; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, line, bytes))
			return at[bytes] == 'y' || at[bytes] == 'm';
	}
	return false;
}
