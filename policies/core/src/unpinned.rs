//! Packages that are installed without a version.

use crate::options::text;
use crate::packages::{Action, Call, Manager, calls};
use crate::reports::{Reports, list};
use crate::runs::Runs;
use polcheck_sdk::{Facts, Finding, Judgement, Severity};

/// What a rule wants to know.
#[derive(Debug)]
pub(crate) struct Unpinned {
    /// Of these package managers.
    pub(crate) managers: &'static [Manager],
    /// Whether an operand, which is known, names a package and no version.
    pub(crate) is_loose: fn(&Call<'_>, &str) -> bool,
    /// How bad it is for these packages.
    pub(crate) severity: fn(&[&str]) -> Severity,
    /// What to do.
    pub(crate) help: &'static str,
}

impl Unpinned {
    /// One finding for each command that installs such a package.
    pub(crate) fn check(&self, facts: &Facts) -> Judgement {
        let file = facts.dockerfile();
        let mut reports = Reports::default();
        for call in calls(file)?.filter(|call| self.managers.contains(&call.manager)) {
            if !matches!(call.action, Action::Install | Action::InstallGroup) {
                continue;
            }
            let operands = call.arguments.operands.iter();
            let known = operands
                .filter(|word| word.value.is_some())
                .map(|word| text(word));
            let loose: Vec<&str> = known
                .filter(|it| !it.is_empty() && (self.is_loose)(&call, it))
                .collect();
            if loose.is_empty() {
                continue;
            }
            let stage = Runs::of(file)?.stage_name(call.command.stage);
            let message = format!(
                "`{}` takes whatever version of {} there is on the day",
                call.name(),
                list(&loose)
            );
            let finding = Finding::new(message)
                .severity((self.severity)(&loose))
                .help(self.help);
            let key = format!("{stage} {} {}", call.program, loose.join(" "));
            reports.add_at(key, call.command.span, finding);
        }
        file.commands()?.conclude(reports.finish())
    }
}
