//! What package managers keep for another time.

use crate::options::text;
use crate::packages::{Action, Call, Manager, manager_of};
use crate::parts::has;
use polcheck_sdk::dockerfile::Command;

/// What a package manager leaves behind.
#[derive(Debug)]
pub(crate) struct Cache {
    /// Parts of the paths of its folders.
    pub(crate) folders: &'static [&'static str],
    /// What fills it, besides installing.
    pub(crate) is_filled_by: fn(Action) -> bool,
    /// Where it is only filled if some `RUN` writes this.
    pub(crate) only_where: Option<&'static str>,
    /// What to do about it.
    pub(crate) help: &'static str,
}

const APT: Cache = Cache {
    folders: &["/var/lib/apt", "lib/{apt", "lists"],
    is_filled_by: |action| action == Action::Update,
    only_where: None,
    help: "end the `RUN` with `rm -rf /var/lib/apt/lists/*`, or keep the lists in a cache mount",
};
const ARCHIVES: Cache = Cache {
    folders: &["/var/cache/apt"],
    is_filled_by: |action| {
        matches!(
            action,
            Action::Install | Action::Upgrade | Action::DistUpgrade
        )
    },
    // The images of Debian empty it on their own, as long as nobody removes the file that does it.
    only_where: Some("docker-clean"),
    help: "keep the archives in a cache mount: `RUN --mount=type=cache,target=/var/cache/apt …`",
};
const APK: Cache = Cache {
    folders: &["/var/cache/apk", "/etc/apk/cache"],
    is_filled_by: |action| matches!(action, Action::Install | Action::Update | Action::Upgrade),
    only_where: None,
    help: "add `--no-cache`",
};
const RPM: Cache = Cache {
    folders: &["/var/cache"],
    is_filled_by: |action| !matches!(action, Action::Clean | Action::Remove | Action::Other),
    only_where: None,
    help: "end the `RUN` with `dnf clean all`, or the same of the package manager at hand",
};
const PIP: Cache = Cache {
    folders: &[".cache", "pip-cache", "pip_cache", "cache/pip"],
    is_filled_by: |action| action == Action::Install,
    only_where: None,
    help: "add `--no-cache-dir`, or keep the cache in a cache mount",
};
const YARN: Cache = Cache {
    folders: &[".cache", "yarn", ".yarn"],
    is_filled_by: |action| action == Action::Install,
    only_where: None,
    help: "end the `RUN` with `yarn cache clean`, or keep the cache in a cache mount",
};

/// The caches that a call may fill.
pub(crate) fn caches(call: &Call<'_>) -> &'static [&'static Cache] {
    match call.manager {
        Manager::Apt => &[&APT, &ARCHIVES],
        Manager::Apk => &[&APK],
        Manager::Dnf | Manager::Zypper => &[&RPM],
        Manager::Pip if !call.program.starts_with("uv") => &[&PIP],
        Manager::Yarn => &[&YARN],
        _ => &[],
    }
}

impl Cache {
    /// Whether a command empties the cache, or is a script that says so.
    pub(crate) fn is_emptied_by(&self, command: &Command, of: &Call<'_>) -> bool {
        if let Some(manager) = manager_of(command) {
            let is_all = |word: &str| matches!(word, "all" | "--all");
            let call = Call::read(command).filter(|_| manager == of.manager);
            return call.is_some_and(|call| {
                call.action == Action::Clean
                    && (call.program == "microdnf") == (of.program == "microdnf")
                    && (of.manager != Manager::Dnf || call.known().any(is_all))
            });
        }
        let mut words = command.words.iter().skip(1).map(text);
        match command.name() {
            Some("rm" | "find" | "rmdir") => words
                .any(|word| word == "apt" || self.folders.iter().any(|folder| has(word, folder))),
            Some(name) => has(name, "clean"),
            None => false,
        }
    }
}
