//! Finds the rules of a pack: every file `src/<group>/<rule>.rs` of a crate is the rule `<group>.<rule>`, and its module
//! documentation is the rule's documentation. Called from `build.rs`, it writes `rules.rs` for `polcheck_sdk::pack!`,
//! so that adding a rule means adding a file and nothing else. A folder beside a file of its name, `src/data/` beside
//! `src/data.rs`, is a module and no group.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why the rules of a crate could not be found. The fault of the pack's author.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// Not called from a build script.
    #[error("`{0}` is not set: call this from `build.rs`")]
    NotABuildScript(&'static str),
    /// A file or folder that cannot be read or written.
    #[error("cannot use `{}`", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A rule without documentation has no title.
    #[error("`{}` must begin with its documentation: `//! The image …`", path.display())]
    NoTitle {
        /// The rule's file.
        path: PathBuf,
    },
    /// A name that cannot be part of a rule id.
    #[error("`{}` is not named like a rule: lower case, words joined by `_`", path.display())]
    Name {
        /// The file or folder.
        path: PathBuf,
    },
}

/// A rule's file.
struct RuleFile {
    path: PathBuf,
    title: String,
    description: String,
}

/// Finds the rules under `src/` and writes `rules.rs` into the build folder.
///
/// # Errors
/// If a file is not a rule, or cannot be read.
pub fn rules() -> Result<(), RulesError> {
    let variable = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .ok_or(RulesError::NotABuildScript(name))
    };
    let source = variable("CARGO_MANIFEST_DIR")?.join("src");
    let target = variable("OUT_DIR")?.join("rules.rs");
    let mut groups = BTreeMap::new();
    for group in entries(&source)?
        .into_iter()
        .filter(|path| path.is_dir() && !path.with_extension("rs").exists())
    {
        let mut rules = BTreeMap::new();
        for path in entries(&group)?
            .into_iter()
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        {
            rules.insert(name(&path)?, read(path)?);
        }
        groups.insert(name(&group)?, rules);
    }
    println_rerun(&source);
    fs::write(&target, generate(&groups)).map_err(|source| RulesError::Io {
        path: target,
        source,
    })
}

#[expect(
    clippy::print_stdout,
    reason = "this is how a build script talks to cargo"
)]
fn println_rerun(source: &Path) {
    println!("cargo::rerun-if-changed={}", source.display());
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, RulesError> {
    let failed = |source| RulesError::Io {
        path: dir.to_owned(),
        source,
    };
    let entries = fs::read_dir(dir).map_err(failed)?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}

/// `final_root` of `src/user/final_root.rs`.
fn name(path: &Path) -> Result<String, RulesError> {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    match path.file_stem().and_then(|stem| stem.to_str()) {
        Some(stem)
            if stem.starts_with(|first: char| first.is_ascii_lowercase())
                && stem.split('_').all(is_word) =>
        {
            Ok(stem.to_owned())
        }
        _ => Err(RulesError::Name {
            path: path.to_owned(),
        }),
    }
}

fn read(path: PathBuf) -> Result<RuleFile, RulesError> {
    let text = fs::read_to_string(&path).map_err(|source| RulesError::Io {
        path: path.clone(),
        source,
    })?;
    let documentation: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    match documentation.split_first() {
        Some((title, description)) if !title.is_empty() => {
            let (title, description) = (
                (*title).to_owned(),
                description.join("\n").trim().to_owned(),
            );
            Ok(RuleFile {
                path,
                title,
                description,
            })
        }
        _ => Err(RulesError::NoTitle { path }),
    }
}

fn generate(groups: &BTreeMap<String, BTreeMap<String, RuleFile>>) -> String {
    let (mut modules, mut registered, mut calls) = (String::new(), String::new(), String::new());
    let mut place = 0_usize;
    for (group, rules) in groups {
        let _ = writeln!(
            modules,
            "/// The rules of the group `{group}`.\npub mod {group} {{"
        );
        for (rule, file) in rules {
            let RuleFile {
                path,
                title,
                description,
            } = file;
            let id = format!("{group}.{rule}").replace('_', "-");
            let path = path.display().to_string();
            let _ = writeln!(modules, "    #[path = {path:?}]\n    pub mod {rule};");
            let _ = writeln!(
                registered,
                "    polcheck_sdk::RegisteredRule {{ id: {id:?}, title: {title:?}, description: {description:?}, rule: {group}::{rule}::RULE }},"
            );
            let _ = write!(
                calls,
                "{place} => ({group}::{rule}::RULE.check)(facts, settings), "
            );
            place += 1;
        }
        modules.push_str("}\n");
    }
    format!(
        "{modules}
/// All rules, sorted by id.
pub static RULES: &[polcheck_sdk::RegisteredRule] = &[
{registered}];

/// What a rule says, by its place among them; nothing: there is no such rule.
pub fn check(
    place: usize,
    facts: &polcheck_sdk::Facts,
    settings: &polcheck_sdk::Settings<'_>,
) -> Option<polcheck_sdk::Judgement> {{
    Some(match place {{
        {calls}
        _ => return None,
    }})
}}
"
    )
}
