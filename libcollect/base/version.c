// SPDX-License-Identifier: GPL-2.0-only
#include "collect.h"
#include "version.h"

const char *kpc_version(void)
{
	return KPC_VERSION;
}
