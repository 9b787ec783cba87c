/* SPDX-License-Identifier: Apache-2.0
 * What a port may change: the headers that declare the fixed-width integers, size_t, memcpy, memmove and memset.
 * Nothing else in the runtime depends on the platform. Compile with -DNNQ_CONFIG='"my_config.h"' to include my_config.h
 * instead.
 */
#ifndef NNQ_CONFIG_H
#define NNQ_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#endif
