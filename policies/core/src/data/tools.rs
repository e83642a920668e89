//! Programs that a running service does not need, by the names of packages of Debian, Alpine, Fedora and openSUSE, of
//! Python packages, and of the programs themselves. `*` is any text.

/// The day on which the tables were written.
pub(crate) const AS_OF: &str = "2026-11-23";

/// Programs that look into other processes, or at the network of others.
#[rustfmt::skip]
pub(crate) const DEBUGGERS: &[&str] = &[
    "dlv", "delve", "gdb", "gdb-minimal", "gdb-multiarch", "gdbserver", "gdb-gdbserver", "lldb", "strace", "ltrace",
    "tcpdump", "nmap", "nmap-full", "tshark", "wireshark", "wireshark-cli", "termshark", "ngrep", "ettercap*", "perf",
    "linux-perf", "linux-tools-*", "bpftrace", "bpfcc-tools", "bcc-tools", "sysdig", "valgrind", "radare2", "masscan",
    "zmap", "hping3", "hping", "mitmproxy", "sqlmap", "hydra", "john", "hashcat", "metasploit*", "debugpy", "pudb",
    "remote-pdb", "py-spy", "gcore",
];

/// Programs with honest uses that an intruder needs as well.
#[rustfmt::skip]
pub(crate) const DUAL_USE: &[&str] = &[
    "curl", "curl-minimal", "wget", "wget2", "aria2", "nc", "netcat", "netcat-traditional", "netcat-openbsd", "nmap-ncat",
    "ncat", "socat", "bash", "zsh", "openssl", "jq", "yq", "vim", "vim-tiny", "vim-nox", "vim-minimal", "vim-enhanced",
    "neovim", "nano", "emacs*", "telnet", "inetutils-telnet", "busybox-extras", "bind-tools", "bind-utils", "dnsutils",
    "bind9-dnsutils", "bind9-host", "iputils", "iputils-ping", "net-tools", "iproute2", "iproute", "traceroute", "mtr",
    "mtr-tiny", "procps", "procps-ng", "psmisc", "htop", "lsof", "iftop", "iotop", "screen", "tmux", "rsync",
    "python3", "python3-pip", "python3-minimal", "py3-pip", "python2", "python", "python-pip",
];

/// Programs that only make sense on a running system, or with somebody at the keyboard.
#[rustfmt::skip]
pub(crate) const OUT_OF_PLACE: &[&str] = &[
    "ssh", "vim", "shutdown", "service", "ps", "free", "top", "kill", "mount", "ifconfig",
];

/// Programs that make programs.
#[rustfmt::skip]
pub(crate) const COMPILERS: &[&str] = &[
    "gcc", "gcc-*", "g++", "g++-*", "clang", "clang-*", "llvm", "gfortran", "gfortran-*", "tcc", "cpp", "make", "gmake",
    "cmake", "ninja-build", "ninja", "samurai", "meson", "scons", "bazel*", "autoconf", "automake", "libtool",
    "build-essential", "build-base", "base-devel", "alpine-sdk", "devel_basis", "patterns-devel*", "nasm", "yasm",
    "golang", "golang-*", "go", "rust", "rustc", "cargo", "rustup", "openjdk-*-jdk", "openjdk-*-jdk-headless",
    "default-jdk", "default-jdk-headless", "openjdk*-jdk", "java-*-openjdk-devel", "maven", "gradle", "ant", "ghc",
    "ocaml", "fpc", "gnat*", "mono-devel", "mono-complete", "dotnet-sdk-*", "dotnet*-sdk", "crystal", "nim", "zig",
];

/// Packages that the table of compilers means only by accident.
#[rustfmt::skip]
pub(crate) const NO_COMPILERS: &[&str] = &[
    "gcc-*-base", "gcc-libs", "gcc-*-locales", "clang-*-doc", "golang-*-doc", "gcc-*-doc", "clang-format*", "clang-libs",
    "gcc-runtime",
];

/// Whether a name is in a table.
pub(crate) fn is_one_of(table: &[impl AsRef<str>], name: &str) -> bool {
    let first = name.as_bytes().first();
    // Most differ in the first letter already.
    let may_match = |pattern: &&str| {
        let begins = pattern.as_bytes().first();
        begins == first || begins == Some(&b'*')
    };
    let mut patterns = table.iter().map(AsRef::as_ref).filter(may_match);
    patterns.any(|pattern| matches(pattern, name))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => {
            let rest = name.strip_prefix(before);
            rest.is_some_and(|rest| rest.ends_with(after))
        }
    }
}
