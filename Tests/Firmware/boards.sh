# SPDX-License-Identifier: Apache-2.0
# Builds and runs programs on the emulated boards; sourced. CC=clang builds with clang instead of gcc;
# OPTIMIZATION is the compiler's option, by default -O2.

boards=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../Sources/NNQTargets/Boards" && pwd)
runtime=$(cd "${RUNTIME:-$boards/../../../CRuntime}" && pwd)
warnings=(-std=c99 -pedantic -Wall -Wextra -Wconversion -Wshadow -Wvla -Werror)
cores=$(awk -F'|' '!/^#/ { print $1 }' "$boards/boards.txt" | xargs)

need() {
    command -v "$1" >/dev/null || { echo "$1 is missing: install the package $2" >&2; exit 1; }
}

# board CORE: reads the core's line of boards.txt; stops where there is none or a tool is missing.
board() {
    local line emulator_package compiler_package target
    line=$(grep "^$1 *|" "$boards/boards.txt") || { echo "'$1' is no core; cores are $cores" >&2; exit 2; }
    IFS='|' read -r core machine emulator emulator_package gcc compiler_package target script startup flags \
        < <(sed 's/ *| */|/g' <<<"$line")
    need "$emulator" "$emulator_package"
    need "$gcc" "$compiler_package"
    read -ra flags <<<"$flags"
    compiler=("$gcc" "${flags[@]}")
    [[ ${CC:-gcc} == gcc ]] || compiler=("$CC" "--target=$target" "${flags[@]}")
}

# board_build OUTPUT [FLAG | SOURCE]...: compiles and links a program with the board's startup and console.
# `link` holds further options of the linker.
link=()
board_build() {
    local output=$1 objects="$1.objects" source name options=() sources=()
    shift
    for source in "$@" "$boards"/{board,memory,"${startup%.c}"}.c; do
        case $source in *.[cS]) sources+=("$source") ;; *) options+=("$source") ;; esac
    done
    rm -rf "$objects"
    mkdir -p "$objects"
    for source in "${sources[@]}"; do
        name=${source#"$runtime/"}
        "${compiler[@]}" "${OPTIMIZATION:--O2}" "${warnings[@]}" -ffreestanding -ffunction-sections -fdata-sections \
            -I"$boards" -I"$boards/libc" -I"$runtime/include" -I"$runtime/src" "${options[@]}" -c "$source" -o "$objects/${name//\//_}.o" || return 1
    done
    "$gcc" "${flags[@]}" -nostartfiles -nostdlib -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
        -Wl,--no-warn-execstack -L"$boards" "${link[@]}" -T "$script" "$objects"/*.o -lgcc \
        -o "$output"
}

# board_run PROGRAM [EMULATOR OPTION...]: runs it in the current folder, its text on stdout, its exit code returned.
board_run() {
    local program=$1 bios=()
    shift
    [[ $machine != virt ]] || bios=(-bios none -m 16M)
    timeout "${SECONDS_AT_MOST:-600}" "$emulator" -M "$machine" "${bios[@]}" -nographic -monitor none -serial null \
        -semihosting-config enable=on,target=native "$@" -kernel "$program" </dev/null 2>&1
}
