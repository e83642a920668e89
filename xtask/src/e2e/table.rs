//! What the end-to-end tests have shown, as a table for people, which the documentation holds.

use crate::run::{Failure, Outcome, root};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The page that has the tables, and what they stand between.
const PAGE: &str = "docs/reference/interop.md";
const BEGIN: &str = "<!-- Written by `cargo xtask e2e --write`. -->\n";
const END: &str = "<!-- end -->\n";

/// What was shown, and with which registries.
pub(super) fn markdown(shown: &str) -> String {
    let mut runs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (what, against) in shown.lines().filter_map(|line| line.split_once('\t')) {
        runs.entry(what).or_default().insert(against);
    }
    let mut text = String::from("\n| what | with |\n|---|---|\n");
    for (what, against) in runs {
        let against: Vec<&str> = against.into_iter().collect();
        text.extend(["| ", what, " | ", &against.join(", "), " |\n"]);
    }
    text + "\n"
}

/// Holds the page against the tables, or writes them into it.
pub(super) fn hold(tables: &str, write: bool) -> Outcome {
    let path = root().join(PAGE);
    let page = fs::read_to_string(&path)?;
    let new = with_tables(&page, tables)
        .ok_or_else(|| Failure(format!("`{PAGE}` has no place for the tables")))?;
    if page == new {
        return Ok(());
    }
    if write {
        return Ok(fs::write(&path, new)?);
    }
    Err(Failure(format!(
        "`{PAGE}` says something else than what was shown; `cargo xtask e2e --write` writes it\n{tables}"
    )))
}

fn with_tables(page: &str, tables: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{tables}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_several_times_is_one_row() {
        let text = markdown("a\tTLS\nb\topen\na\topen\n");
        assert!(text.ends_with("|---|---|\n| a | TLS, open |\n| b | open |\n\n"));
    }

    #[test]
    fn the_page_names_the_versions_that_are_installed() {
        let page = fs::read_to_string(root().join(PAGE)).unwrap();
        let script = fs::read_to_string(root().join("tests/e2e/tools/install.sh")).unwrap();
        let is_released = |kind: &str| ["go", "wrapped", "pip"].contains(&kind);
        let rows = script
            .lines()
            .filter(|line| line.split('|').nth(1).is_some_and(is_released));
        let versions: Vec<String> = rows
            .map(|row| row.split('|').collect::<Vec<_>>())
            .map(|row| format!("| `{}` | {} |", row[0], row[2].trim_start_matches('v')))
            .collect();
        assert!(!versions.is_empty());
        for version in versions {
            assert!(page.contains(&version), "{PAGE} has no `{version}`");
        }
    }

    #[test]
    fn the_rest_of_the_page_stays() {
        let page = format!("# A\n{BEGIN}old\n{END}\n## B\n");
        let new = with_tables(&page, "new\n").unwrap();
        assert_eq!(new, format!("# A\n{BEGIN}new\n{END}\n## B\n"));
        assert_eq!(with_tables("# A\n", "new"), None);
    }
}
