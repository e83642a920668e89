//! `.dockerignore`: which files never reach the build.

mod budget;
mod class;
mod expression;
mod pattern;
mod syntax;

use crate::path::{clean, directory};
use budget::Budget;
use class::Malformed;
use pattern::Pattern;
use std::fmt;

/// How long a line may be, in bytes.
const MAX_LINE: usize = 65_535;

/// A `.dockerignore`.
#[derive(Clone, Debug)]
pub struct Dockerignore {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    /// Whether it takes files back: `!`.
    is_exclusion: bool,
    text: String,
    pattern: Pattern,
}

/// Why BuildKit refuses a `.dockerignore`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidDockerignore {
    /// A line has more than 65,535 bytes.
    LongLine,
    /// A `!` has nothing behind it.
    LoneExclusion,
    /// Brackets or a backslash lack what belongs to them.
    Syntax,
}

impl fmt::Display for InvalidDockerignore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LongLine => "failed parsing .dockerignore: bufio.Scanner: token too long",
            Self::LoneExclusion => "illegal exclusion pattern: \"!\"",
            Self::Syntax => "syntax error in pattern",
        })
    }
}

impl std::error::Error for InvalidDockerignore {}

impl Dockerignore {
    /// Reads a file.
    ///
    /// # Errors
    /// If BuildKit refuses it.
    pub fn parse(text: &str) -> Result<Self, InvalidDockerignore> {
        let rules = lines(text)?
            .iter()
            .filter_map(|line| Rule::parse(line).transpose())
            .collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// Whether it says nothing; BuildKit checks nothing then.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether any line takes files back.
    pub fn has_exclusions(&self) -> bool {
        self.rules.iter().any(|rule| rule.is_exclusion)
    }

    /// Whether a line ignores all that is directly in the context, and so the context itself.
    pub fn ignores_root(&self) -> bool {
        self.rules
            .iter()
            .any(|rule| !rule.is_exclusion && matches!(rule.text.as_str(), "*" | "**" | "**/*"))
    }

    /// Whether a file or directory is ignored: the last line decides that matches it or a directory that it is in.
    ///
    /// BuildKit gives up at a line that is not an expression; nothing is ignored then. The same holds where it takes more than
    /// some milliseconds to find out, which no path and file do that were not made for it.
    pub fn ignores(&self, path: &str) -> bool {
        let directory = directory(path);
        let mut ignored = false;
        let mut budget = Budget::new();
        for rule in &self.rules {
            // A line that would change nothing is not even looked at.
            if rule.is_exclusion != ignored {
                continue;
            }
            let Some(mut matches) = rule.pattern.matches(path, &mut budget) else {
                return false;
            };
            if !matches && directory != "." {
                let Some(parents) = rule.pattern.matches_parents(&directory, &mut budget) else {
                    return false;
                };
                matches = parents;
            }
            if matches {
                ignored = !rule.is_exclusion;
            }
        }
        ignored
    }
}

impl Rule {
    fn parse(line: &str) -> Result<Option<Self>, InvalidDockerignore> {
        let line = line.trim();
        if line.is_empty() {
            return Ok(None);
        }
        // Cleaned twice, the second time with the exclamation mark, which then is a part of a name.
        let cleaned = clean(line);
        let exclusion = cleaned.strip_prefix('!');
        let text = exclusion.unwrap_or(&cleaned);
        if text.is_empty() {
            return Err(InvalidDockerignore::LoneExclusion);
        }
        syntax::check(text).map_err(|Malformed| InvalidDockerignore::Syntax)?;
        Ok(Some(Self {
            is_exclusion: exclusion.is_some(),
            text: text.to_owned(),
            pattern: Pattern::new(text),
        }))
    }
}

/// The patterns, cleaned and relative to the context.
fn lines(text: &str) -> Result<Vec<String>, InvalidDockerignore> {
    let mut patterns = Vec::new();
    let text_without_end = text.strip_suffix('\n').unwrap_or(text);
    for (index, line) in text_without_end.split('\n').enumerate() {
        if line.len() > MAX_LINE {
            return Err(InvalidDockerignore::LongLine);
        }
        let line = if index == 0 {
            line.strip_prefix('\u{feff}').unwrap_or(line)
        } else {
            line
        };
        let pattern = line.trim();
        if line.starts_with('#') || pattern.is_empty() {
            continue;
        }
        patterns.push(match pattern.strip_prefix('!') {
            Some(exclusion) => format!("!{}", relative(exclusion.trim())),
            None => relative(pattern),
        });
    }
    Ok(patterns)
}

fn relative(pattern: &str) -> String {
    if pattern.is_empty() {
        return String::new();
    }
    let cleaned = clean(pattern);
    match cleaned.strip_prefix('/') {
        Some(relative) if !relative.is_empty() => relative.to_owned(),
        _ => cleaned,
    }
}

#[cfg(test)]
mod tests;
