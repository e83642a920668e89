//! Commands of package managers, read as what they do to which packages.

mod names;
mod syntax;

pub(crate) use names::{bare, ending};

use crate::options::{Arguments, text};
use crate::runs::Runs;
use polcheck_sdk::FactError;
use polcheck_sdk::dockerfile::{Command, Dockerfile, Word};

/// Which kind of package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manager {
    /// `apt-get`, `apt`, `aptitude`
    Apt,
    /// `apk`
    Apk,
    /// `dnf`, `yum`, `microdnf`, `tdnf`
    Dnf,
    /// `zypper`
    Zypper,
    /// `pip`, `python -m pip`, `uv pip`
    Pip,
    /// `pipx`, `uv tool`
    Pipx,
    /// `npm`
    Npm,
    /// `yarn`
    Yarn,
    /// `pnpm`
    Pnpm,
    /// `gem`
    Gem,
    /// `go`
    Go,
}

/// What it is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Bring packages in.
    Install,
    /// Bring groups or streams of packages in.
    InstallGroup,
    /// Learn which packages there are.
    Update,
    /// Renew the packages that are there.
    Upgrade,
    /// Become the next release.
    DistUpgrade,
    /// Take packages away.
    Remove,
    /// Empty the cache.
    Clean,
    /// Something else.
    Other,
}

/// One command of a package manager.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The command.
    pub(crate) command: &'a Command,
    /// Which package manager.
    pub(crate) manager: Manager,
    /// As it is called: `apt-get`.
    pub(crate) program: &'a str,
    /// As it is written: `install`. Empty where there is none.
    pub(crate) verb: &'a str,
    /// The word that it is.
    pub(crate) verb_word: Option<&'a Word>,
    /// What the verb means.
    pub(crate) action: Action,
    /// Options, and the operands behind the verb.
    pub(crate) arguments: Arguments<'a>,
}

impl<'a> Call<'a> {
    /// Reads a command, if it is one of a package manager.
    pub(crate) fn read(command: &'a Command) -> Option<Self> {
        let (manager, program, skipped) = manager(command)?;
        let words = command.words.get(skipped..)?;
        let mut arguments = Arguments::read(words, syntax::of(manager));
        let operand = |at: usize| {
            let word = arguments.operands.get(at);
            word.and_then(|word| word.value.as_deref())
                .unwrap_or_default()
        };
        let (verb, second) = (operand(0), operand(1));
        let (mut action, verbs) = syntax::action(manager, verb, second);
        let verb_word = arguments.operands.first().copied();
        let is_unknown = verb_word.is_some_and(|word| word.value.is_none());
        if is_unknown || is_dry(manager, &arguments) {
            action = Action::Other;
        }
        let verbs = verbs.min(arguments.operands.len());
        arguments.operands.drain(..verbs);
        Some(Self {
            command,
            manager,
            program,
            verb,
            verb_word,
            action,
            arguments,
        })
    }

    /// What it is to install, remove …: the operands whose value is known.
    pub(crate) fn known(&self) -> impl Iterator<Item = &'a str> {
        let operands = self.arguments.operands.iter();
        operands.filter_map(|word| word.value.as_deref())
    }

    /// `apt-get install`
    pub(crate) fn name(&self) -> String {
        let space = if self.verb.is_empty() { "" } else { " " };
        let rest = match (self.verb, self.action) {
            ("global", Action::Install) => " add",
            ("module" | "group" | "groups", Action::InstallGroup) => " install",
            _ => "",
        };
        [self.program, space, self.verb, rest].concat()
    }
}

/// Whether a call only says what it would do.
fn is_dry(manager: Manager, arguments: &Arguments<'_>) -> bool {
    match manager {
        Manager::Apt => {
            let names = [
                "simulate",
                "just-print",
                "dry-run",
                "no-act",
                "print-uris",
                "help",
            ];
            arguments.has(&["s", "h"]) || arguments.has(&names)
        }
        Manager::Apk => arguments.has(&["s", "simulate", "h", "help"]),
        Manager::Yarn => arguments.has(&["v", "version", "h", "help"]),
        _ => arguments.has(&["dry-run", "help"]),
    }
}

/// Which commands of `RUN` are those of package managers, by their index, and what they do. Most are not, and most rules want
/// some of these.
struct OfManagers(Vec<(u32, Manager, Action)>);

/// The calls of package managers in `RUN`.
pub(crate) fn calls(file: Dockerfile<'_>) -> Result<impl Iterator<Item = Call<'_>>, FactError> {
    calls_of(file, &[], &[])
}

/// Those of these package managers that do one of these things; of none: of all.
pub(crate) fn calls_of<'a>(
    file: Dockerfile<'a>,
    managers: &'static [Manager],
    actions: &'static [Action],
) -> Result<impl Iterator<Item = Call<'a>>, FactError> {
    let runs = Runs::of(file)?;
    let of_managers = file.derived(|| {
        let calls = runs.iter().filter_map(Call::read);
        let known = calls.map(|call| (call.command.index, call.manager, call.action));
        OfManagers(known.collect())
    });
    let all = (0..of_managers.0.len()).filter_map(move |at| of_managers.0.get(at).copied());
    let wanted = all.filter(move |(_, manager, action)| {
        (managers.is_empty() || managers.contains(manager))
            && (actions.is_empty() || actions.contains(action))
    });
    Ok(wanted.filter_map(move |(index, ..)| Call::read(runs.command(index)?)))
}

/// Which package manager a command calls, if it does.
pub(crate) fn manager_of(command: &Command) -> Option<Manager> {
    manager(command).map(|(manager, _, _)| manager)
}

/// The package manager, what it is called here, and how many words that takes.
fn manager(command: &Command) -> Option<(Manager, &str, usize)> {
    let name = command.name()?;
    let word = |at: usize| command.words.get(at).map(text);
    Some(match name {
        "apt-get" | "apt" | "aptitude" => (Manager::Apt, name, 1),
        "apk" => (Manager::Apk, name, 1),
        "yum" | "dnf" | "dnf5" | "microdnf" | "tdnf" => (Manager::Dnf, name, 1),
        "zypper" => (Manager::Zypper, name, 1),
        "pipx" => (Manager::Pipx, name, 1),
        "npm" => (Manager::Npm, name, 1),
        "yarn" | "yarnpkg" => (Manager::Yarn, name, 1),
        "pnpm" => (Manager::Pnpm, name, 1),
        "gem" => (Manager::Gem, name, 1),
        "go" => (Manager::Go, name, 1),
        "uv" if word(1) == Some("pip") => (Manager::Pip, "uv pip", 2),
        "uv" if word(1) == Some("tool") => (Manager::Pipx, "uv tool", 2),
        _ if is_version_of("pip", name) => (Manager::Pip, name, 1),
        _ if is_version_of("python", name) => {
            let module = (1..=4).find(|at| word(*at) == Some("-m"))?;
            (word(module + 1) == Some("pip")).then_some((Manager::Pip, "pip", module + 2))?
        }
        _ => return None,
    })
}

/// Whether a program is this one, or one version of it: `pip3.11`.
pub(crate) fn is_version_of(program: &str, name: &str) -> bool {
    let version = name.strip_prefix(program);
    version.is_some_and(|it| it.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}
