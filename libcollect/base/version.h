/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KPC_VERSION_H
#define KPC_VERSION_H

#define KPC_VERSION "0.1.0"

#endif /* KPC_VERSION_H */
