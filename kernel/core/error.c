// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "error.h"

/* A quoted subject takes at most this many bytes of the message. */
#define SUBJECT_MAX 40

const char *kpx_error_text(enum kpx_error_code code)
{
	switch (code) {
	case KPX_ERR_NONE:
		return "no error in the text";
#define KPX_ERROR_TEXT(name, code, text) \
	case KPX_ERR_##name:             \
		return text;
		KPX_ERRORS(KPX_ERROR_TEXT)
#undef KPX_ERROR_TEXT
	}
	return "unknown error";
}

const char *kpx_error_name(enum kpx_error_code code)
{
	switch (code) {
	case KPX_ERR_NONE:
		return "NONE";
#define KPX_ERROR_NAME(name, code, text) \
	case KPX_ERR_##name:             \
		return #name;
		KPX_ERRORS(KPX_ERROR_NAME)
#undef KPX_ERROR_NAME
	}
	return "UNKNOWN";
}

void kpx_error_set(struct kpx_error *err, enum kpx_error_code code,
		   size_t offset, const char *subject, size_t subject_len)
{
	char quoted[SUBJECT_MAX + 1];
	bool cut = subject_len > SUBJECT_MAX;
	size_t i, n = cut ? SUBJECT_MAX - 3 : subject_len;

	err->code = code;
	err->offset = (u32)offset;
	if (!subject || !n) {
		snprintf(err->text, sizeof(err->text), "%s",
			 kpx_error_text(code));
		return;
	}
	for (i = 0; i < n; i++)
		quoted[i] = subject[i] >= 0x20 && subject[i] < 0x7f ?
				    subject[i] :
				    '?';
	if (cut) {
		memcpy(quoted + n, "...", 3);
		n += 3;
	}
	quoted[n] = '\0';
	snprintf(err->text, sizeof(err->text), "'%s': %s", quoted,
		 kpx_error_text(code));
}

int kpx_error_at(struct kpx_error *err, enum kpx_error_code code,
		 struct kpx_slice text, struct kpx_slice at)
{
	kpx_error_set(err, code, at.s - text.s, at.s, at.len);
	return -EINVAL;
}
