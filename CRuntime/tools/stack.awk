# SPDX-License-Identifier: Apache-2.0
# Worst-case stack of nnq_open and nnq_run from the call graphs that gcc writes with -fcallgraph-info=su, for files whose
# stages all hold one op in one band, and for others. A call through an nnq_op counts as the deepest function that it can
# reach: in run.c and bands.c any op's kernel, in verify_records.c any op's check, elsewhere any op's rows. Fails on
# recursion and on frames without a static bound.

/^node:/ {
    name = quoted("title"); label = quoted("label")
    if (match(label, /[0-9]+ bytes \([a-z,]*\)/)) {
        split(substr(label, RSTART, RLENGTH), part, " ")
        frame[name] = part[1]
        if (part[3] !~ /static/) fail(name " has a frame without a static bound")
        if (name ~ /ops\/[a-z0-9_]*\.c:check$/) checks[name]
        if (name ~ /:rows$/ || name ~ /^nnq_rows_/) rows[name]
        if (name ~ /^nnq_.*_s8_portable$/) kernels[name]
    }
}
/^edge:/ {
    target = quoted("targetname")
    if (target == "__indirect_call") target = "through " quoted("label")
    calls[quoted("sourcename")] = calls[quoted("sourcename")] SUBSEP target
}

function quoted(key,    rest) {
    rest = substr($0, index($0, key ": \"") + length(key) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
}

function fail(text) { print "stack: " text > "/dev/stderr"; failed = 1; exit 1 }

function deepest(set,    name, bytes, best) {
    for (name in set) { bytes = depth(name); if (bytes > best) best = bytes }
    return best + 0
}

function depth(name,    list, count, i, bytes, best) {
    if (name in known) return known[name]
    if (name in active) fail("recursion through " name)
    active[name]
    count = split(substr(calls[name], 2), list, SUBSEP)
    for (i = 1; i <= count; i++) {
        if (list[i] ~ /_bands$/ && plain) bytes = 0
        else if (list[i] !~ /^through /) bytes = depth(list[i])
        else if (list[i] ~ /\/(run|bands)\.c:/) bytes = deepest(kernels)
        else if (list[i] ~ /\/verify_records\.c:/) bytes = deepest(checks)
        else bytes = deepest(rows)
        if (bytes > best) best = bytes
    }
    delete active[name]
    return known[name] = best + frame[name]
}

END {
    if (failed) exit 1
    plain = 1
    printf "  worst-case stack: nnq_open %d, nnq_run %d", depth("nnq_open"), depth("nnq_run")
    plain = 0
    for (name in known) delete known[name]
    printf "; with bands %d, %d\n", depth("nnq_open"), depth("nnq_run")
}
