//! The tables.

use super::tools::Peer;
use super::{Ours, Reading, Rule};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The rule about files that cannot be read: the only one that says something about them.
const INVALID: &str = "build.invalid";
/// How many files are named of a kind.
const EXAMPLES: usize = 5;

/// What comes of an alias.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row<'a> {
    alias: &'a str,
    rules: Vec<&'a str>,
    both: usize,
    they: Vec<&'a str>,
    we: Vec<&'a str>,
}

/// Everything about one tool.
pub(super) fn markdown(peer: Peer, version: &str, ours: &Ours, theirs: &Reading) -> String {
    let rows = rows(peer, ours, theirs);
    let mut text = format!(
        "## {} ({version})\n\n{} of the files cannot be read by it. Files that either cannot read count only for \
         `{INVALID}`. *Only we* counts files in which the tool finds nothing that the rule stands for.\n\n\
         | alias | our rule | both | only they | only we | examples |\n| --- | --- | --: | --: | --: | --- |\n",
        peer.program(),
        theirs.unread.len()
    );
    for row in &rows {
        let rules: Vec<String> = row.rules.iter().map(|rule| ours.title(rule)).collect();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            row.alias,
            rules.join(", "),
            row.both,
            row.they.len(),
            row.we.len(),
            row.examples()
        );
    }
    let sum = |count: fn(&Row) -> usize| rows.iter().map(count).sum::<usize>();
    let _ = writeln!(
        text,
        "\nboth {}, only they {}, only we {}\n\nFound, and no rule of ours carries it: {}\n",
        sum(|row| row.both),
        sum(|row| row.they.len()),
        sum(|row| row.we.len()),
        not_carried(peer, ours, theirs)
    );
    text
}

/// One row for each alias of the tool that a rule of ours carries.
fn rows<'a>(peer: Peer, ours: &'a Ours, theirs: &'a Reading) -> Vec<Row<'a>> {
    let aliases: BTreeSet<&str> = ours.aliases().filter(|alias| peer.owns(alias)).collect();
    aliases
        .into_iter()
        .map(|alias| row(peer, alias, ours, theirs))
        .collect()
}

fn row<'a>(peer: Peer, alias: &'a str, ours: &'a Ours, theirs: &'a Reading) -> Row<'a> {
    let rules: Vec<&Rule> = ours
        .rules
        .iter()
        .filter(|rule| rule.aliases.contains(alias))
        .collect();
    let everywhere = rules.iter().any(|rule| rule.id == INVALID);
    let counts = |file: &str| {
        everywhere || !(ours.reading.unread.contains(file) || theirs.unread.contains(file))
    };
    let files = |reading: &'a Reading| -> BTreeSet<&'a str> {
        let mut files = reading.by_alias().remove(alias).unwrap_or_default();
        files.retain(|file| counts(file));
        files
    };
    let (we, they) = (files(&ours.reading), files(theirs));
    let siblings: BTreeSet<&str> = rules
        .iter()
        .flat_map(|rule| rule.aliases.iter().map(String::as_str))
        .filter(|alias| peer.owns(alias))
        .collect();
    let said = |file: &str| {
        let mut siblings = siblings.iter();
        siblings.any(|alias| {
            theirs
                .found
                .contains(&(file.to_owned(), (*alias).to_owned()))
        })
    };
    Row {
        alias,
        rules: rules.iter().map(|rule| rule.id.as_str()).collect(),
        both: we.intersection(&they).count(),
        they: they.difference(&we).copied().collect(),
        we: we.iter().copied().filter(|file| !said(file)).collect(),
    }
}

/// What the tool finds and no rule of ours stands for, with the number of files.
fn not_carried(peer: Peer, ours: &Ours, theirs: &Reading) -> String {
    let carried: BTreeSet<&str> = ours.aliases().collect();
    let by_alias = theirs.by_alias();
    let left = by_alias
        .iter()
        .filter(|(alias, _)| peer.owns(alias) && !carried.contains(*alias))
        .map(|(alias, files)| format!("{alias} ({})", files.len()));
    let left: Vec<String> = left.collect();
    if left.is_empty() {
        "nothing".to_owned()
    } else {
        left.join(", ")
    }
}

impl Ours {
    fn aliases(&self) -> impl Iterator<Item = &str> {
        let rules = self.rules.iter();
        rules.flat_map(|rule| rule.aliases.iter().map(String::as_str))
    }

    /// The rule, and whether it had anything to say at all.
    fn title(&self, rule: &str) -> String {
        if self.ran.contains(rule) {
            format!("`{rule}`")
        } else {
            format!("`{rule}` (did not run)")
        }
    }
}

impl Row<'_> {
    fn examples(&self) -> String {
        let some = |who: &str, files: &[&str]| {
            let names: Vec<&str> = files.iter().take(EXAMPLES).copied().collect();
            (!names.is_empty()).then(|| format!("{who}: {}", names.join(" ")))
        };
        let some = [some("they", &self.they), some("we", &self.we)];
        some.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(found: &[(&str, &str)], unread: &[&str]) -> Reading {
        Reading {
            found: found
                .iter()
                .map(|(file, alias)| ((*file).to_owned(), (*alias).to_owned()))
                .collect(),
            unread: unread.iter().map(|file| (*file).to_owned()).collect(),
        }
    }

    fn ours(rules: &[(&str, &[&str])], reading: Reading) -> Ours {
        let rules = rules.iter().map(|(id, aliases)| Rule {
            id: (*id).to_owned(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        });
        Ours {
            reading,
            rules: rules.collect(),
            ..Ours::default()
        }
    }

    #[test]
    fn files_that_one_of_both_cannot_read_do_not_count() {
        let ours = ours(
            &[("net.ssh-port", &["DS-0004"])],
            reading(&[("a", "DS-0004"), ("b", "DS-0004")], &[]),
        );
        let theirs = reading(&[("c", "DS-0004")], &["b"]);
        let row = row(Peer::Trivy, "DS-0004", &ours, &theirs);
        assert_eq!((row.both, row.they, row.we), (0, vec!["c"], vec!["a"]));
    }

    #[test]
    fn that_a_file_cannot_be_read_is_compared_everywhere() {
        let ours = ours(
            &[(INVALID, &["DL1000"])],
            reading(&[("a", "DL1000")], &["a"]),
        );
        let theirs = reading(&[("a", "DL1000"), ("b", "DL1000")], &["a", "b"]);
        let row = row(Peer::Hadolint, "DL1000", &ours, &theirs);
        assert_eq!((row.both, row.they, row.we), (1, vec!["b"], vec![]));
    }

    #[test]
    fn another_alias_of_the_rule_is_no_difference() {
        let found = [
            ("a", "DL3006"),
            ("a", "DL3007"),
            ("b", "DL3006"),
            ("b", "DL3007"),
        ];
        let ours = ours(
            &[("base.latest-tag", &["DL3006", "DL3007"])],
            reading(&found, &[]),
        );
        let theirs = reading(&[("a", "DL3006")], &[]);
        let row = row(Peer::Hadolint, "DL3007", &ours, &theirs);
        assert_eq!((row.both, row.they, row.we), (0, vec![], vec!["b"]));
    }

    #[test]
    fn what_no_rule_carries_is_named_with_its_files() {
        let ours = ours(&[("net.ssh-port", &["DS-0004"])], Reading::default());
        let theirs = reading(&[("a", "DS-0005"), ("b", "DS-0005"), ("b", "DS-0004")], &[]);
        assert_eq!(not_carried(Peer::Trivy, &ours, &theirs), "DS-0005 (2)");
    }
}
