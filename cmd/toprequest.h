/* SPDX-License-Identifier: GPL-2.0-only */
/* toprequest - what collect top was asked for */
#ifndef TOPREQUEST_H
#define TOPREQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "option.h"
#include "preset.h"

struct top_request {
	struct options options; /* the first: see option_desc.at */
	const struct preset *preset;
	const char *by;
	const char *sum;
	const char *latency;
	const char *sort_word;
	uint64_t interval_ns;
	uint64_t frames; /* 0: no limit */
	uint64_t rows;
	bool batch;
	bool upward;
	enum frame_column sort;
};

/* As options_parse(). Zeroed before. */
int top_request_parse(struct top_request *request, int argc, char **argv);

#endif /* TOPREQUEST_H */
