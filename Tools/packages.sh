# SPDX-License-Identifier: Apache-2.0
# Installs missing Debian packages; sourced by Tools/demo and Tools/test.

# What the toolkit links, and what its tests need beside that.
build_packages=(libdnnl-dev libpng-dev libturbojpeg0-dev zlib1g-dev)
test_packages=(gcc make python3 libcmocka-dev lld gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm gcc-riscv64-unknown-elf qemu-system-misc
    qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-s390x-linux-gnu libc6-dev-s390x-cross gcc-powerpc-linux-gnu
    libc6-dev-powerpc-cross)

# need_swift: stops with a sentence where there is no Swift 6.
need_swift() {
    command -v swift >/dev/null || { echo "Swift 6 is missing: install it from https://www.swift.org/install/linux/" >&2; exit 1; }
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
    read -r major minor <<<"${version:-0 0}"
    (( major > 6 || (major == 6 && minor >= 1) )) || { echo "Swift 6.1 or later is needed; this is Swift $major.$minor" >&2; exit 1; }
}

# need_packages NAME...: installs those that are missing, or names them and stops where there is no apt.
need_packages() {
    local missing=() name
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is neither Debian nor Ubuntu. Needed are what these Debian packages hold: $*." >&2
        echo "Install them in your system's way, then run with NNQ_PACKAGES=present." >&2
        [[ ${NNQ_PACKAGES:-} == present ]] && return
        exit 1
    fi
    for name in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] || missing+=("$name")
    done
    (( ${#missing[@]} )) || return 0
    echo "Installing ${missing[*]}" >&2
    local sudo=()
    (( EUID == 0 )) || sudo=(sudo)
    if ! { "${sudo[@]}" apt-get update -qq && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null; then
        echo "apt could not install ${missing[*]}: install them by hand, then run this again" >&2
        exit 1
    fi
}
