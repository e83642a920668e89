//! Programs that a stage is given.

use crate::data::tools::AS_OF;
use crate::options::text;
use crate::packages::{Action, Call, Manager, bare, calls_of};
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::{Dockerfile, Flow};
use polcheck_sdk::{FactError, Finding, Span};
use std::rc::Rc;

/// The programs that one command, or one `COPY`, brings into a stage.
#[derive(Debug)]
pub(crate) struct Brought {
    /// The stage.
    pub(crate) stage: u32,
    /// Whether it is a `COPY`.
    pub(crate) is_copy: bool,
    /// The command, or the `COPY`.
    pub(crate) place: Span,
    /// Names of packages or files.
    pub(crate) names: Vec<String>,
}

impl Brought {
    /// Those of its names that are wanted.
    pub(crate) fn those(&self, is_wanted: impl Fn(&&str) -> bool) -> Vec<&str> {
        let names = self.names.iter().map(String::as_str);
        names.filter(is_wanted).collect()
    }

    /// Reports what is wrong with some of its names.
    pub(crate) fn report(
        &self,
        runs: Runs<'_>,
        names: &[&str],
        finding: Finding,
        reports: &mut Reports,
    ) {
        let key = format!("{} {}", runs.stage_name(self.stage), names.join(" "));
        let finding = finding.evidence("list of tools", AS_OF);
        reports.add_at(key, self.place, finding);
    }
}

/// Everything that stages are given and that the same `RUN` does not take away again; worked out once for all rules.
pub(crate) fn brought(file: Dockerfile<'_>) -> Result<Rc<Vec<Brought>>, FactError> {
    let all = file.derived(|| look(file));
    match &*all {
        Ok(brought) => Ok(Rc::clone(brought)),
        Err(error) => Err(error.clone()),
    }
}

fn look(file: Dockerfile<'_>) -> Result<Rc<Vec<Brought>>, FactError> {
    let runs = Runs::of(file)?;
    let mut all = Vec::new();
    let calls = calls_of(file, &[], &[Action::Install, Action::Remove])?;
    let calls: Vec<Call<'_>> = calls.collect();
    let installing = calls.iter().filter(|call| call.action == Action::Install);
    for call in installing.filter(|call| installs(call)) {
        let is_later = |it: &&Call<'_>| {
            it.action == Action::Remove
                && it.manager == call.manager
                && it.command.instruction == call.command.instruction
                && it.command.index > call.command.index
        };
        let removals: Vec<&Call<'_>> = calls.iter().filter(is_later).collect();
        let marks = runs.behind(call.command).iter();
        let is_marked = marks.filter(|it| it.name() == Some("apt-mark")).any(|it| {
            let mut words = it.words.iter().map(text);
            words.any(|word| word == "auto")
        });
        let is_kept = |name: &&str| !removals.iter().any(|it| removes(it, call, name, is_marked));
        let names = call.known().map(|operand| bare(call.manager, operand));
        all.push(Brought {
            stage: call.command.stage,
            is_copy: false,
            place: call.command.span,
            names: names.filter(is_kept).map(ToOwned::to_owned).collect(),
        });
    }
    for copy in file.flows()?.iter().filter_map(copied) {
        let is_before = |it: &Brought| it.place.start_line < copy.place.start_line;
        all.insert(all.partition_point(is_before), copy);
    }
    Ok(Rc::new(all))
}

/// Whether what a call installs are programs.
fn installs(call: &Call<'_>) -> bool {
    match call.manager {
        Manager::Npm | Manager::Yarn | Manager::Pnpm | Manager::Gem => false,
        Manager::Go => call.verb == "install",
        _ => true,
    }
}

/// Whether a call takes a package away that another call brought, as far as that is known.
fn removes(removal: &Call<'_>, install: &Call<'_>, name: &str, is_marked: bool) -> bool {
    let operands = || removal.arguments.operands.iter();
    let is_open = operands().any(|word| word.value.is_none());
    let is_named = operands()
        .map(|word| text(word))
        .any(|word| match word.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => bare(removal.manager, word) == name,
        });
    let mut group = install.arguments.values(&["t", "virtual"]);
    let is_of_group = group.any(|group| operands().any(|word| text(word) == group));
    is_open || is_named || is_of_group || is_marked
}

/// Programs that come from another stage or image.
fn copied(flow: &Flow) -> Option<Brought> {
    if flow.from_stage.is_none() && flow.from_image.is_none() {
        return None;
    }
    let is_folder = |path: &str| path.split('/').any(|part| matches!(part, "bin" | "sbin"));
    let into_folder = is_folder(&flow.destination);
    let sources = flow
        .sources
        .iter()
        .filter(|source| into_folder || is_folder(source));
    Some(Brought {
        stage: flow.to_stage,
        is_copy: true,
        place: flow.span,
        names: sources
            .filter_map(|source| Some(source.rsplit('/').next()?.to_owned()))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case(
        "apt-get install -y gcc libc6-dev && make && apt-get purge -y --auto-remove gcc",
        0
    )]
    #[case("apt-get install -y gcc && apt-get purge -y $BUILD", 0)]
    #[case(
        "apt-get install -y gcc && apt-mark auto '.*' && apt-get autoremove -y",
        0
    )]
    #[case("apk add -t .build gcc && apk del .build", 0)]
    #[case("apk add gcc && apk del .build", 1)]
    #[case("apt-get install -y gcc-14-base clang-format", 0)]
    #[case("apt-get install -y gcc-14=14.2.0-19", 1)]
    #[case("apt-get install -y openjdk-21-jdk-headless", 1)]
    #[case("dnf install -y gcc-c++-15.2.1-1.fc43", 1)]
    #[case("dnf install -y libgcc java-21-openjdk-headless", 0)]
    fn what_the_same_run_removes_is_not_there(#[case] script: &str, #[case] count: usize) {
        let file = format!("FROM debian:13\nRUN {script}\n");
        let found = messages(&PACK, "pkg.compiler-in-final", Given::dockerfile(&file));
        assert_eq!(found.len(), count, "{found:?}");
    }
}
