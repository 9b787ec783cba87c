// SPDX-License-Identifier: Apache-2.0
// Threads: OpenMP's, which oneDNN uses, so that the two never compete for processors.
#define _GNU_SOURCE
#include "train_kernels.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

// GCC's OpenMP library, which oneDNN brings into the process; without it everything here runs on the calling thread.
static struct {
    void (*set_num_threads)(int);
    int (*get_max_threads)(void);
    int (*get_thread_num)(void);
    void (*parallel)(void (*)(void *), void *, unsigned, unsigned);
} omp;

static void load(void) {
    *(void **)&omp.set_num_threads = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    *(void **)&omp.get_max_threads = dlsym(RTLD_DEFAULT, "omp_get_max_threads");
    *(void **)&omp.get_thread_num = dlsym(RTLD_DEFAULT, "omp_get_thread_num");
    *(void **)&omp.parallel = dlsym(RTLD_DEFAULT, "GOMP_parallel");
    if (!omp.get_max_threads || !omp.get_thread_num) omp.parallel = NULL;
}

static void load_once(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
}

int32_t nnq_processor_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    const int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

void nnq_set_threads(int32_t count) {
    load_once();
    if (omp.set_num_threads) omp.set_num_threads(count);
}

// GCC's OpenMP library reads its environment when it is loaded, so setting it needs a new start.
void nnq_share_processors(char *const *arguments) {
    if (getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT")) return;
    // Some 40 microseconds: longer than the gaps between two steps of work.
    if (setenv("GOMP_SPINCOUNT", "2000", 1) == 0) execv("/proc/self/exe", arguments);
}

struct job {
    nnq_range_body body;
    void *context;
    size_t count, parts;
};

static void run_part(void *argument) {
    const struct job *job = argument;
    const size_t part = (size_t)omp.get_thread_num();
    if (part >= job->parts) return;
    const size_t first = job->count * part / job->parts;
    const size_t last = job->count * (part + 1) / job->parts;
    job->body(job->context, part, first, last);
}

size_t nnq_part_count(size_t count, size_t grain) {
    load_once();
    const size_t threads = omp.parallel ? (size_t)omp.get_max_threads() : 1;
    const size_t most = grain > 0 ? count / grain : count;
    const size_t parts = threads < most ? threads : most;
    return parts > 1 ? parts : 1;
}

void nnq_parallel_for(size_t count, size_t grain, nnq_range_body body, void *context) {
    const size_t parts = nnq_part_count(count, grain);
    if (parts == 1) {
        body(context, 0, 0, count);
        return;
    }
    struct job job = {body, context, count, parts};
    omp.parallel(run_part, &job, (unsigned)parts, 0);
}
