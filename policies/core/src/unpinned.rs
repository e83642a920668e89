//! Packages that are installed without a version.

use crate::options::text;
use crate::packages::{Action, Call, Manager, calls_of};
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
        for call in calls_of(
            file,
            self.managers,
            &[Action::Install, Action::InstallGroup],
        )? {
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

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    /// The message of the finding, if there is one.
    fn found(rule: &str, script: &str) -> String {
        let file = format!("FROM debian:13\nARG V=1\nRUN {script}\n");
        messages(&PACK, rule, Given::dockerfile(&file)).join(" ")
    }

    #[rstest]
    #[case(
        "apt",
        "sudo /usr/bin/apt-get -yt trixie-backports -o Dpkg::Use-Pty=0 install a b=1 c=$V $D",
        "`a`"
    )]
    #[case(
        "apt",
        "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install --yes -- a",
        "`a`"
    )]
    #[case("apt", "sh -c 'apt-get install -yq a'", "`a`")]
    #[case(
        "apk",
        "apk -X https://e.org/m --virtual=.d add a 'b>1' c@edge",
        "`a`, `c@edge`"
    )]
    #[case(
        "rpm",
        "dnf --enablerepo crb --setopt tsflags=nodocs -y in java-21-openjdk a-1.2 @g b-$V",
        "`java-21-openjdk`"
    )]
    #[case("rpm", "yum install -y python3.x86_64", "`python3.x86_64`")]
    #[case(
        "pip",
        "python3 -m pip --no-cache-dir install -i https://e.org -t /a -r b.txt a[x]",
        "`a[x]`"
    )]
    #[case(
        "pip",
        "pip install 'a @ git+https://e.org/a' -e . ./b --find-links c",
        "`a @ git+https://e.org/a`"
    )]
    #[case(
        "npm",
        "npm i -g --registry https://e.org a@latest b@1 ./c",
        "`a@latest`"
    )]
    #[case("npm", "yarn --network-timeout 1 global add a", "`a`")]
    fn what_options_take_is_no_package(
        #[case] rule: &str,
        #[case] script: &str,
        #[case] packages: &str,
    ) {
        let message = found(&format!("pkg.unpinned-{rule}"), script);
        assert!(
            message.contains(&format!("version of {packages} there")),
            "{message}"
        );
    }

    #[rstest]
    #[case("apt", "apt-get -s install a")]
    #[case("apt", "apt-get remove a && echo apt-get install b")]
    #[case("apt", "apt-get install -y $A ./b.deb c/trixie")]
    #[case("apk", "apk add .build-deps !a")]
    #[case("rpm", "dnf install -y https://e.org/a.rpm a-1.2-3.fc43.noarch")]
    #[case("pip", "pip install -c constraints.txt a")]
    #[case("pip", "pip install a==$V b~=1 git+ssh://git@e.org/b@v1")]
    #[case("npm", "npm ci && npm install && npm run install a && yarn install")]
    #[case("npm", "gem install a:1 -- --with-b c")]
    fn what_has_a_version_or_is_unknown_is_not_found(#[case] rule: &str, #[case] script: &str) {
        assert_eq!(found(&format!("pkg.unpinned-{rule}"), script), "");
    }
}
