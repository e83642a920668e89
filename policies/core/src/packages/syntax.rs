//! How package managers are told what to do.

use super::{Action, Manager};
use crate::options::Syntax;

const fn syntax(short: &'static str, long: &'static [&'static str]) -> Syntax {
    Syntax {
        short,
        long,
        one_dash: false,
    }
}

#[rustfmt::skip]
const APT: Syntax = syntax("toacPwFO", &[
    "target-release", "default-release", "option", "config-file", "host-architecture", "build-profiles",
]);
#[rustfmt::skip]
const APK: Syntax = syntax("Xtp", &[
    "repository", "virtual", "root", "keys-dir", "repositories-file", "wait", "arch", "cache-dir", "cache-max-age",
    "progress-fd", "timeout",
]);
#[rustfmt::skip]
const DNF: Syntax = syntax("cdeRx", &[
    "config", "debuglevel", "errorlevel", "randomwait", "exclude", "excludepkgs", "enablerepo", "disablerepo", "repo",
    "repoid", "installroot", "releasever", "setopt", "forcearch", "repofrompath", "disableplugin", "enableplugin",
    "advisory", "destdir", "downloaddir", "add-repo", "comment",
]);
#[rustfmt::skip]
const ZYPPER: Syntax = syntax("RcrtpC", &[
    "root", "config", "reposd-dir", "cache-dir", "repo", "from", "type", "plus-repo", "capability", "installroot",
    "releasever",
]);
#[rustfmt::skip]
const PIP: Syntax = syntax("ifrcetbCpd", &[
    "index-url", "extra-index-url", "find-links", "requirement", "constraint", "editable", "target", "platform",
    "python-version", "implementation", "abi", "root", "prefix", "build", "src", "upgrade-strategy", "install-option",
    "global-option", "config-settings", "no-binary", "only-binary", "progress-bar", "report", "log", "proxy", "retries",
    "timeout", "default-timeout", "exists-action", "trusted-host", "cert", "client-cert", "cache-dir",
    "root-user-action", "python", "use-deprecated", "use-feature", "keyring-provider", "extra", "group", "index",
    "default-index", "index-strategy", "link-mode", "download", "build-option",
]);
#[rustfmt::skip]
const PIPX: Syntax = syntax("ip", &[
    "python", "pip-args", "index-url", "suffix", "spec", "preinstall", "with", "index", "default-index",
]);
#[rustfmt::skip]
const NPM: Syntax = syntax("wC", &[
    "registry", "loglevel", "prefix", "cache", "userconfig", "globalconfig", "tag", "omit", "include", "only",
    "fetch-retries", "fetch-timeout", "fetch-retry-mintimeout", "fetch-retry-maxtimeout", "workspace", "maxsockets",
    "jobs", "cafile", "proxy", "https-proxy", "noproxy", "filter", "dir", "store-dir", "network-timeout",
    "network-concurrency", "cache-folder", "modules-folder", "cwd", "mutex", "install-strategy", "before",
]);
#[rustfmt::skip]
const GEM: Syntax = syntax("vinPs", &[
    "version", "install-dir", "bindir", "trust-policy", "source", "platform", "build-root", "document", "without",
    "http-proxy", "use-system-libraries",
]);
#[rustfmt::skip]
const GO: Syntax = Syntax {
    short: "",
    long: &[
        "ldflags", "gcflags", "asmflags", "tags", "o", "mod", "modfile", "p", "C", "buildmode", "toolexec", "pkgdir",
        "overlay", "installsuffix", "compiler", "gccgoflags", "exec", "covermode", "coverpkg", "pgo",
    ],
    one_dash: true,
};

/// The options of a package manager.
pub(super) fn of(manager: Manager) -> &'static Syntax {
    match manager {
        Manager::Apt => &APT,
        Manager::Apk => &APK,
        Manager::Dnf => &DNF,
        Manager::Zypper => &ZYPPER,
        Manager::Pip => &PIP,
        Manager::Pipx => &PIPX,
        Manager::Npm | Manager::Yarn | Manager::Pnpm => &NPM,
        Manager::Gem => &GEM,
        Manager::Go => &GO,
    }
}

/// What the first operands mean, and how many of them say so.
pub(super) fn action(manager: Manager, verb: &str, second: &str) -> (Action, usize) {
    if let Some(action) = of_two(manager, verb, second) {
        return (action, 2);
    }
    let action = match manager {
        Manager::Apt => apt(verb),
        Manager::Apk => apk(verb),
        Manager::Dnf => dnf(verb),
        Manager::Zypper => zypper(verb),
        Manager::Npm | Manager::Pnpm => npm(verb),
        Manager::Yarn if verb.is_empty() => Action::Install,
        Manager::Pip | Manager::Pipx | Manager::Gem | Manager::Yarn | Manager::Go => {
            language(manager, verb)
        }
    };
    (action, 1)
}

/// `dnf module install`
fn of_two(manager: Manager, verb: &str, second: &str) -> Option<Action> {
    match (manager, verb, second) {
        (Manager::Dnf, "module" | "group" | "groups", "install") => Some(Action::InstallGroup),
        (Manager::Yarn, "global", "add") => Some(Action::Install),
        (Manager::Yarn, "cache", "clean") | (Manager::Pip, "cache", "purge") => Some(Action::Clean),
        _ => None,
    }
}

fn apt(verb: &str) -> Action {
    match verb {
        "install" | "reinstall" => Action::Install,
        "update" => Action::Update,
        "upgrade" | "safe-upgrade" => Action::Upgrade,
        "dist-upgrade" | "full-upgrade" => Action::DistUpgrade,
        "remove" | "purge" | "autoremove" | "autopurge" => Action::Remove,
        "distclean" | "dist-clean" => Action::Clean,
        _ => Action::Other,
    }
}

fn apk(verb: &str) -> Action {
    match verb {
        "add" => Action::Install,
        "update" => Action::Update,
        "upgrade" => Action::Upgrade,
        "del" => Action::Remove,
        _ => Action::Other,
    }
}

fn dnf(verb: &str) -> Action {
    match verb {
        "install" | "in" | "localinstall" | "reinstall" | "rei" => Action::Install,
        "groupinstall" => Action::InstallGroup,
        "check-update" | "makecache" => Action::Update,
        "update" | "upgrade" | "up" | "update-minimal" | "upgrade-minimal" | "up-min" => {
            Action::Upgrade
        }
        "remove" | "erase" | "autoremove" | "rm" => Action::Remove,
        "clean" => Action::Clean,
        _ => Action::Other,
    }
}

fn zypper(verb: &str) -> Action {
    match verb {
        "install" | "in" => Action::Install,
        "refresh" | "ref" => Action::Update,
        "update" | "up" | "patch" => Action::Upgrade,
        "dist-upgrade" | "dup" => Action::DistUpgrade,
        "remove" | "rm" => Action::Remove,
        "clean" | "cc" => Action::Clean,
        _ => Action::Other,
    }
}

fn npm(verb: &str) -> Action {
    match verb {
        "install" | "i" | "add" | "in" | "ins" | "inst" | "insta" | "instal" | "isnt"
        | "isntall" => Action::Install,
        "uninstall" | "remove" | "rm" => Action::Remove,
        _ => Action::Other,
    }
}

/// Of the package managers of languages.
fn language(manager: Manager, verb: &str) -> Action {
    match (manager, verb) {
        (_, "install")
        | (Manager::Gem, "i")
        | (Manager::Yarn, "add")
        | (Manager::Pipx, "inject")
        | (Manager::Go, "get" | "run") => Action::Install,
        (_, "uninstall" | "remove") => Action::Remove,
        _ => Action::Other,
    }
}
