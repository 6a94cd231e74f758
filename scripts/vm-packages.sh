# Debian's packages, fetched and unpacked in a folder without installing them: sourced by scripts/vm-setup and vm-kernel.
#
# apt works here on lists, caches and a status file of the folder's own, with the proxy and the certificates that this
# machine's apt has, but none of its hooks; so it needs no root, and changes nothing outside. What it fetches is signed
# by Debian: what is not is refused, whatever this machine's apt allows.
#
# Expects: cache (the folder), mirror (Debian's archive), fail (a function that says why and ends).

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

open_archive() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
        fail "there is no apt-get to fetch Debian's packages with (Debian or Ubuntu is needed)"
    [[ -r $keyring ]] || fail "Debian's keys are missing: apt-get install debian-archive-keyring"
    local apt=$cache/apt about="[arch=amd64 signed-by=$keyring]" suite
    mkdir -p "$apt/lists/partial" "$apt/archives/partial"
    : >"$apt/status"
    for suite in trixie trixie-backports; do
        echo "deb $about $mirror $suite main non-free-firmware"
    done >"$apt/sources.list"
    # Read by -c, after this machine's own configuration: what APT_CONFIG names would be read before it.
    cat >"$apt/apt.conf" <<END
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "$apt";
Dir::State::Lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Cache::Archives "$apt/archives";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "";
APT::Install-Recommends "false";
APT::Get::Assume-Yes "true";
APT::Get::AllowUnauthenticated "false";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Retries "3";
Acquire::Languages "none";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
END
    if ! folders_apt -qq update >"$apt/log" 2>&1; then
        tail -n 5 "$apt/log" >&2
        fail "Debian's archive at $mirror does not answer; BAREWIRE_VM_MIRROR names another"
    fi
}

# apt-get with the folder's own configuration: arguments
folders_apt() { apt-get -c "$cache/apt/apt.conf" "$@"; }

# suite, folder, pattern, package ...: unpack into the folder what the packages need, of that only names that match.
unpack() {
    local suite=$1 folder=$2 pattern=$3 wanted=() each size
    shift 3
    while read -r _ each size _; do
        [[ ! $each =~ $pattern ]] || wanted+=("$each")
    done < <(folders_apt -qq --print-uris -t "$suite" install "$@" 2>>"$cache/apt/log")
    ((${#wanted[@]})) || fail "Debian's $suite has no $*"
    local names=() version
    for each in "${wanted[@]}"; do
        version=${each#*_}
        version=${version%_*}
        names+=("${each%%_*}=${version//%3a/:}")
    done
    mkdir -p "$folder"
    (cd "$cache/apt/archives" && folders_apt -qq download "${names[@]}") >>"$cache/apt/log" 2>&1 || {
        tail -n 5 "$cache/apt/log" >&2
        fail "apt could not fetch $*"
    }
    for each in "${wanted[@]}"; do
        dpkg-deb -x "$cache/apt/archives/$each" "$folder" || fail "$each cannot be unpacked"
    done
    rm -f "$cache"/apt/archives/*.deb
}

# A program of an unpacked tree with that tree's own libraries: tree, program, argument ...
in_tree() {
    local tree=$1 program=$2
    shift 2
    "$tree/usr/lib64/ld-linux-x86-64.so.2" --library-path "$tree/usr/lib/x86_64-linux-gnu" "$tree/$program" "$@"
}
