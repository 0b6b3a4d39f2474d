# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by packaging/start, tests/run and .ci/run: install packages, configure, build.
# The caller has set `root` (the checkout) and `me` (its own name, for messages).
# shellcheck shell=bash

# A bare system has no locale, and Qt warns about every start in one that is not UTF-8.
[[ $(locale charmap 2>/dev/null) == UTF-8 ]] || export LC_ALL=C.UTF-8

# The presets build into folders of their own from the same source: one's objects serve the others
# when no path below the checkout is part of what ccache compares.
export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$root

progress_shown=-1 progress_at=0

say() { printf '%s\n' "$*"; }

# die WHAT HAPPENED [WHAT TO DO]: the end, with status 1.
die()
{
    printf '%s: %s\n' "$me" "$1" >&2
    [[ -z ${2-} ]] || printf '    %s\n' "$2" >&2
    exit 1
}

# failed LOG WHAT HAPPENED: the last lines of a log and where all of it is.
failed()
{
    printf '\n' >&2
    tail -n 30 "$1" >&2
    printf '%s: %s. All of its output is in %s\n' "$me" "$2" "$1" >&2
}

# progress PERCENT TEXT: one line that is overwritten on a terminal, else a line every tenth part or
# half minute.
progress()
{
    local percent=$1 text=$2
    if [[ -t 1 ]]; then
        printf '\r    %3d %%  %.60s\033[K' "$percent" "$text"
    elif ((percent / 10 > progress_shown || SECONDS >= progress_at + 30)); then
        printf '    %3d %%  %s\n' "$percent" "$text"
        progress_shown=$((percent / 10)) progress_at=$SECONDS
    fi
}

progress_end()
{
    [[ ! -t 1 ]] || printf '\r\033[K'
}

packages_of()
{
    local use package rest
    while read -r use package rest; do
        [[ " $* " != *" $use "* ]] || printf '%s\n' "$package"
    done <"$root/packaging/packages"
}

missing_packages()
{
    local package status
    for package in $(packages_of "$@"); do
        status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || status=
        [[ $status == *' installed' ]] || printf '%s\n' "$package"
    done
}

# apt_get ARGUMENT…: apt-get as root, asking nothing; its output goes to $apt_log, its progress is
# shown. The progress has a channel of its own: apt makes that one non-blocking, and a maintainer
# script that shares it fails with an I/O error when the reader is slow.
apt_get()
{
    local kind percent text phase=
    local -a as_root=()
    ((EUID == 0)) || as_root=(sudo)
    progress_shown=-1
    # shellcheck disable=SC2016
    { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        sh -c 'log=$1; shift; exec 3>&1 >>"$log" 2>&1 </dev/null; exec apt-get "$@"' sh "$apt_log" \
        -q -y -o APT::Status-Fd=3 -o DPkg::Lock::Timeout=600 -o Acquire::Retries=2 \
        -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold "$@" 2>>"$apt_log" ||
        : >"$apt_log.failed"; } |
        while IFS=: read -r kind _ percent text; do
            [[ $kind == "$phase" ]] || progress_shown=-1
            phase=$kind
            [[ ! $percent =~ ^[0-9]+ ]] || progress "${BASH_REMATCH[0]}" "$text"
        done
    progress_end
    [[ -e $apt_log.failed ]] || return 0
    rm -f "$apt_log.failed"
    return 1
}

# install_packages USE…: what is missing of these lists; does nothing when nothing is.
install_packages()
{
    local -a missing
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} == 0)); then
        say "Packages: all there"
        return
    fi
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
        die "these packages are missing, and this system has no apt-get to install them with" \
            "${missing[*]}"
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            die "packages must be installed, but you are not root and there is no sudo" \
                "As root: apt-get install ${missing[*]}"
        if ! sudo -n true 2>/dev/null; then
            [[ -t 0 ]] || die "packages must be installed, but sudo asks for a password" \
                "Run it on a terminal, or as root: apt-get install ${missing[*]}"
            say "Packages must be installed; sudo may ask for your password."
            sudo -v || die "sudo refused" "As root: apt-get install ${missing[*]}"
        fi
    fi
    apt_log=$(log_file packages)
    say "Packages: installing ${#missing[@]} (${missing[*]})"
    # An installation that was cut off has to be finished first.
    if [[ -n $(dpkg --audit 2>/dev/null) ]]; then
        say "    finishing an installation that was interrupted"
        apt_get --fix-broken install || :
    fi
    # The server is for clusters of our own: the package must not make and start one for the machine.
    local own=/etc/postgresql-common/createcluster.d
    local -a as_root=()
    ((EUID == 0)) || as_root=(sudo)
    if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common ]]; then
        "${as_root[@]}" mkdir -p "$own"
        echo 'create_main_cluster = false' | "${as_root[@]}" tee "$own/lifeboat.conf" >/dev/null
    fi
    # A list that cannot be refreshed (no network, one bad source) may still be good enough.
    apt_get update || say "    the package list could not be refreshed; going on with the old one"
    if ! apt_get install --no-install-recommends "${missing[@]}"; then
        failed "$apt_log" "the packages could not be installed"
        die "Lifeboat needs ${missing[*]}" \
            "Is there a network, and are the package sources in /etc/apt right?"
    fi
}

# log_file NAME: an empty log under .build, outside what CMake may wipe.
log_file()
{
    { mkdir -p "$root/.build/log" && : >"$root/.build/log/$1.log"; } 2>/dev/null ||
        die "cannot write into $root/.build" "Does this checkout belong to another user?"
    printf '%s\n' "$root/.build/log/$1.log"
}

build_folder()
{
    case $1 in
    release) printf '%s\n' "$root/build" ;;
    *) printf '%s\n' "$root/.build/$1" ;;
    esac
}

# Compiling takes up to about a gigabyte each; a small machine must not run out of memory.
jobs_for_machine()
{
    local jobs memory
    jobs=$(nproc)
    memory=$(awk '/^MemAvailable:/ {print int($2 / 1000000)}' /proc/meminfo)
    ((memory >= jobs)) || jobs=$memory
    ((jobs > 0)) || jobs=1
    printf '%s\n' "$jobs"
}

# build PRESET [CMAKE -D OPTION…]: configures where needed and builds, showing how far it is.
build()
{
    local preset=$1 folder log line options_file percent text fresh=
    folder=$(build_folder "$preset") && shift
    log=$(log_file "build-$preset")
    options_file=$folder/.configured
    say "Build: preset $preset, into ${folder#"$root"/}"
    if [[ ! -e $folder/build.ninja || $root/CMakePresets.json -nt $options_file ||
        $(cat "$options_file" 2>/dev/null) != "$root $*" ]]; then
        # A checkout that was moved has a cache that CMake refuses.
        [[ $(cat "$options_file" 2>/dev/null) == "$root "* ]] || fresh=--fresh
        (cd "$root" && cmake $fresh --preset "$preset" "$@") >>"$log" 2>&1 || {
            failed "$log" "the build could not be configured"
            exit 1
        }
        printf '%s\n' "$root $*" >"$options_file" || die "cannot write into $folder"
    fi
    progress_shown=-1
    { NINJA_STATUS='[%f/%t] ' cmake --build "$folder" -j "$(jobs_for_machine)" 2>&1 </dev/null ||
        : >"$log.failed"; } |
        while IFS= read -r line; do
            printf '%s\n' "$line" >>"$log"
            [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (.*) ]] || continue
            percent=$((BASH_REMATCH[1] * 100 / BASH_REMATCH[2])) text=${BASH_REMATCH[3]}
            [[ ! $text =~ object\ (.*/)CMakeFiles/.*/([^/]+)\.o$ ]] ||
                text=${BASH_REMATCH[1]}${BASH_REMATCH[2]}
            progress "$percent" "$text"
        done
    progress_end
    if [[ -e $log.failed ]]; then
        rm -f "$log.failed"
        failed "$log" "the build failed"
        exit 1
    fi
}
