//! The options of checks: `skip=JSONArgsRecommended,StageNameCasing;error=true`.

use crate::quote::quoted;
use std::collections::BTreeSet;

/// Which checks are heeded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) skip: Rules,
    pub(crate) experimental: Rules,
    /// Whether warnings are errors.
    pub(crate) error: bool,
}

/// Some of the checks, or all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    all: bool,
    names: BTreeSet<String>,
}

impl Rules {
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.all || self.names.contains(name)
    }

    fn read(&mut self, text: &str) {
        match text.trim() {
            "all" => self.all = true,
            names => {
                self.names = names
                    .split(',')
                    .map(|name| name.trim().to_owned())
                    .collect();
            }
        }
    }
}

impl Options {
    /// Reads options; the error is BuildKit's.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut options = Self::default();
        let text = text.trim();
        if text.is_empty() {
            return Ok(options);
        }
        for part in text.splitn(3, ';') {
            let Some((key, value)) = part.split_once('=') else {
                return Err(format!("invalid check option {}", quoted(part)));
            };
            match key.trim() {
                "skip" => options.skip.read(value),
                "experimental" => options.experimental.read(value),
                "error" => {
                    options.error = read_bool(value.trim()).ok_or_else(|| {
                        format!(
                            "failed to parse check option {}: strconv.ParseBool: parsing {}: invalid syntax",
                            quoted(part),
                            quoted(value.trim()),
                        )
                    })?;
                }
                key => return Err(format!("invalid check option {}", quoted(key))),
            }
        }
        Ok(options)
    }
}

/// What Go takes for a truth value.
pub(crate) fn read_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// The options in a comment, if it is a check directive. BuildKit reads them up to the first blank.
pub(super) fn directive(comment: &str) -> Option<&str> {
    const BLANK: [char; 5] = ['\t', '\n', '\u{c}', '\r', ' '];
    let (name, value) = comment.trim_start().split_once('=')?;
    let value = value.trim_matches(BLANK);
    let is_check = name.trim_end_matches(BLANK).eq_ignore_ascii_case("check");
    (is_check && !value.is_empty()).then(|| value.split_once(' ').map_or(value, |(first, _)| first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("check=skip=all", Some("skip=all"))]
    #[case("  Check = skip=A,B more", Some("skip=A,B"))]
    #[case("check=", None)]
    #[case("check skip=all", None)]
    #[case("syntax=check=skip=all", None)]
    fn finds_directives(#[case] comment: &str, #[case] expected: Option<&str>) {
        assert_eq!(directive(comment), expected);
    }

    #[rstest]
    #[case("ignore=all", "invalid check option \"ignore\"")]
    #[case("skip=A;", "invalid check option \"\"")]
    #[case(
        "error=yes",
        "failed to parse check option \"error=yes\": strconv.ParseBool: parsing \"yes\": invalid syntax"
    )]
    fn refuses_other_options(#[case] text: &str, #[case] message: &str) {
        assert_eq!(Options::read(text).err(), Some(message.to_owned()));
    }

    #[test]
    fn reads_three_options() {
        let options = Options::read("skip= A , B;experimental=all;error=1").unwrap();
        assert!(options.skip.contains("B") && !options.skip.contains("C"));
        assert!(options.experimental.contains("C") && options.error);
    }
}
