# SPDX-License-Identifier: Apache-2.0
# Turns `nm -S` of the runtime's objects into a table: bytes of code and constants for each object, the verifier apart.
# Input: for each object a line "object NAME", then its nm lines "address size type symbol".

$1 == "object" { object = $2; order[++objects] = object; next }
NF == 4 {
    bytes = number($2)
    if ($3 ~ /^[tT]$/) {
        # In ops/<op>.c the functions that check a file belong to the verifier.
        if (object !~ /^(open|verify|crc32)/ && $4 ~ /^(check|is_uniform)/) checks += bytes
        else code[object] += bytes
    }
    if ($3 ~ /^[rR]$/) constants[object] += bytes
    if ($3 ~ /^[bBdD]$/) ram += bytes
}

function number(hex,    i, value) {
    for (i = 1; i <= length(hex); i++) value = value * 16 + index("0123456789abcdef", tolower(substr(hex, i, 1))) - 1
    return value
}

function row(name, text, data) { printf "  %-22s %6d %10d\n", name, text, data }

function group(title, pattern, exclude,    i, text, data) {
    for (i = 1; i <= objects; i++) {
        if (order[i] !~ pattern || order[i] ~ exclude) continue
        row(order[i], code[order[i]], constants[order[i]])
        text += code[order[i]]; data += constants[order[i]]
    }
    if (title == "verifier") { row("checks in ops", checks, 0); text += checks }
    row("= " title, text, data)
    if (title != "tools") { total_code += text; total_data += data }
}

END {
    tools = "^(encode|error|pack|packed_portable|steps)$"
    verifier = "^(open|crc32|verify)"
    printf "  %-22s %6s %10s\n", "bytes", "code", "constants"
    group("verifier", verifier, "^$")
    group("interpreter, kernels", ".", verifier "|" tools)
    row("= device total", total_code, total_data)
    group("tools", tools, "^$")
    printf "  static RAM %d\n", ram
}
