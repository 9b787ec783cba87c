/* SPDX-License-Identifier: Apache-2.0
 * Names and sentences of the errors.
 */
#include "nnq/nnq.h"

const char *nnq_error_name(int32_t error) {
    switch (error) {
    case NNQ_OK: return "NNQ_OK";
#define NNQ_ERROR_NAME(name, value, text)                                                                              \
    case name: return #name;
        NNQ_ERRORS(NNQ_ERROR_NAME)
#undef NNQ_ERROR_NAME
    default: return "NNQ_ERROR_UNKNOWN";
    }
}

const char *nnq_error_text(int32_t error) {
    switch (error) {
    case NNQ_OK: return "no error";
#define NNQ_ERROR_TEXT(name, value, text)                                                                              \
    case name: return text;
        NNQ_ERRORS(NNQ_ERROR_TEXT)
#undef NNQ_ERROR_TEXT
    default: return "an unknown error";
    }
}
