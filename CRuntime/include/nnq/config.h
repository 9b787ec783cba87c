/* SPDX-License-Identifier: Apache-2.0
 * What a port may change: nothing else in the runtime depends on the platform.
 * Define NNQ_CONFIG to the name of a header of your own to replace this file.
 */
#ifndef NNQ_CONFIG_H
#define NNQ_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <string.h> /* memcpy, memmove, memset */

#endif
