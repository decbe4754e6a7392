// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a program, in which functions and USDT probes are looked for.
 *
 * Input: a byte of flags, then the file; or, with the flag NOTES, the section
 * .note.stapsdt of a file that is otherwise right.
 */
#include <stdbool.h>

#include "elffile.h"
#include "elfsyms.h"
#include "fuzz.h"
#include "usdt.h"
#include "usdtarg.h"
#include "userprobe.h"

#define NOTES  0x80 /* flag */
#define NARROW 0x40 /* flag: the notes are of 32 bits */

static volatile uint64_t sum;

/* Each text ends within the notes, and arguments are taken to their end. */
static int take_note(void *ctx, const struct kpc_usdt_note *note)
{
	const char *at = note->arguments;
	struct kpc_usdtarg arg;

	(void)ctx;
	sum += strlen(note->provider) + strlen(note->name);
	while (kpc_usdtarg_next(&at, &arg)) {
		CHECK(arg.text_bytes);
		CHECK(arg.place != KPC_USDTARG_OTHER || arg.reason);
		CHECK(arg.bytes == 1 || arg.bytes == 2 || arg.bytes == 4 ||
		      arg.bytes == 8);
	}
	CHECK(!*at);
	return 0;
}

static int take_symbol(void *ctx, const struct kpc_elfsym *symbol)
{
	(void)ctx;
	CHECK(symbol->name_bytes <= strlen(symbol->name));
	sum += symbol->address;
	return 0;
}

/* What was found is where the file has code. */
static void look_for(const struct kpc_elffile *file, const char *event)
{
	struct kpc_userprobes probes = { 0 };
	struct kpc_eventmistake mistake;
	struct kpc_userspec spec;
	struct kpc_buf line = { 0 };
	char error[256];

	CHECK(!kpc_userspec_parse(&spec, event, event + strlen(event),
				  &mistake));
	probes.path = strdup("/x");
	if (kpc_userprobes_of_file(&probes, &spec, NULL, file, error,
				   sizeof(error)))
		CHECK(*error);
	for (uint32_t i = 0; i < probes.nr; i++) {
		CHECK(probes.probe[i].nr <= KPC_USERPROBE_PLACES);
		for (uint32_t j = 0; j < probes.probe[i].nr; j++) {
			CHECK(probes.probe[i].place[j].offset < file->bytes);
			CHECK(probes.probe[i].place[j].semaphore < file->bytes);
			kpc_userprobe_line(&probes.probe[i], "/x", j, "g/e",
					   &line);
		}
	}
	sum += fuzz_sum(line.data, line.used);
	kpc_buf_uninit(&line);
	kpc_userprobes_uninit(&probes);
	kpc_userspec_uninit(&spec);
}

static void look_into(void *image, size_t bytes)
{
	struct kpc_elffile file;
	char error[256];

	if (kpc_elffile_open_memory(&file, image, bytes, error,
				    sizeof(error))) {
		CHECK(*error);
	} else {
		kpc_elfsyms_walk(&file, take_symbol, NULL);
		kpc_usdt_walk(&file, take_note, NULL);
		look_for(&file, "u:x:main");
		look_for(&file, "u:x:0x201");
		look_for(&file, "usdt:x:*:*");
	}
	kpc_elffile_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	uint8_t *copy;

	if (!size)
		return 0;
	/* Of its own size, so that the sanitizers see where it ends. */
	copy = malloc(size > 1 ? size - 1 : 1);
	CHECK(copy);
	memcpy(copy, input + 1, size - 1);
	if (*input & NOTES)
		kpc_usdt_parse(copy, size - 1, !(*input & NARROW), take_note,
			       NULL);
	else
		look_into(copy, size - 1);
	free(copy);
	return 0;
}
