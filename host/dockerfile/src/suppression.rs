//! Comments that silence a tool: facts about the author's wishes, which nobody has to follow.

/// What a comment asks of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// `hadolint`, `trivy`, `checkov`, `polcheck`, `buildkit`
    pub tool: &'static str,
    /// The rules by the tool's names; none: all.
    pub rules: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// The last day, as it is written.
    pub until: Option<String>,
    /// Whether it is meant for the whole file, and not for the instruction below it.
    pub whole_file: bool,
}

impl Suppression {
    fn of(tool: &'static str, rules: &str) -> Self {
        let rules = rules.split(',').map(str::trim);
        Self {
            tool,
            rules: rules
                .filter(|rule| !rule.is_empty() && !rule.eq_ignore_ascii_case("all"))
                .map(ToOwned::to_owned)
                .collect(),
            reason: None,
            until: None,
            whole_file: false,
        }
    }
}

/// What a comment, without its hash, asks for. Trivy takes several in one comment.
///
/// ```
/// let found = dockerfile::suppression::read("hadolint ignore=DL3008,DL3018");
/// assert_eq!(found[0].tool, "hadolint");
/// assert_eq!(found[0].rules, ["DL3008", "DL3018"]);
/// ```
pub fn read(comment: &str) -> Vec<Suppression> {
    let comment = comment.trim();
    let one = hadolint(comment)
        .or_else(|| checkov(comment))
        .or_else(|| polcheck(comment))
        .or_else(|| buildkit(comment));
    match one {
        Some(suppression) => vec![suppression],
        None => trivy(comment),
    }
}

/// `hadolint ignore=DL3008,DL3018 # why`, `hadolint global ignore=DL3008`
fn hadolint(comment: &str) -> Option<Suppression> {
    let rest = comment.strip_prefix("hadolint")?;
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let (whole_file, rest) = global(rest);
    let rules = assigned(rest, "ignore")?;
    let (rules, reason) = rules.split_once('#').unwrap_or((rules, ""));
    // What stands behind the last rule is no rule.
    let rules: Vec<&str> = rules
        .split(',')
        .map_while(|rule| rule.split_whitespace().next())
        .collect();
    Some(Suppression {
        reason: text(reason),
        whole_file,
        ..Suppression::of("hadolint", &rules.join(","))
    })
}

/// `global ignore=…` is meant for the whole file.
fn global(text: &str) -> (bool, &str) {
    match text.strip_prefix("global") {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    }
}

/// `checkov:skip=CKV_DOCKER_3:why`
fn checkov(comment: &str) -> Option<Suppression> {
    let rest = ["checkov", "bridgecrew", "cortex"]
        .iter()
        .find_map(|name| comment.strip_prefix(name)?.strip_prefix(':'))?;
    let (rule, reason) = {
        let rule = assigned(rest, "skip")?;
        rule.split_once(':').unwrap_or((rule, ""))
    };
    let rule = rule.split_whitespace().next()?;
    Some(Suppression {
        reason: text(reason),
        whole_file: true,
        ..Suppression::of("checkov", rule)
    })
}

/// `polcheck: ignore=user.final-root reason="why it has to be" until=2027-01-31`, in any order. Whoever begins so and says
/// something else has asked for nothing, and finds out by that.
fn polcheck(comment: &str) -> Option<Suppression> {
    let rest = comment.strip_prefix("polcheck")?;
    let is_addressed = rest.starts_with(':');
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    if !is_addressed && !rest.trim_start().starts_with("ignore=") {
        return None;
    }
    let mut asked = Suppression::of("polcheck", "");
    for (key, value) in fields(rest, &["ignore", "reason", "until"]) {
        match key {
            "ignore" => {
                let rules = value.split([',', ' ']);
                let named = rules.filter(|rule| !rule.is_empty());
                asked.rules.extend(named.map(ToOwned::to_owned));
            }
            "reason" => asked.reason = text(value),
            _ => asked.until = text(value),
        }
    }
    Some(asked)
}

/// The `KEY=VALUE` and `KEY="VALUE"` of a text. Without quotes a value ends where the next key begins.
fn fields<'t>(text: &'t str, keys: &[&'static str]) -> Vec<(&'static str, &'t str)> {
    let key_of = |word: &'t str| {
        keys.iter()
            .find_map(|key| Some((*key, word.strip_prefix(key)?.strip_prefix('=')?)))
    };
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let Some((key, value)) = key_of(rest) else {
            rest = behind_word(rest);
            continue;
        };
        let (value, behind) = if let Some(quoted) = value.strip_prefix('"') {
            quoted.split_once('"').unwrap_or((quoted, ""))
        } else {
            let mut end = value;
            while !end.is_empty() && key_of(end).is_none() {
                end = behind_word(end);
            }
            let length = value.len() - end.len();
            value.split_at_checked(length).unwrap_or((value, ""))
        };
        found.push((key, value.trim()));
        rest = behind.trim_start();
    }
    found
}

/// What stands behind the first word.
fn behind_word(text: &str) -> &str {
    text.split_once([' ', '\t'])
        .map_or("", |(_, rest)| rest.trim_start())
}

/// `check=skip=UndefinedVar,JSONArgsRecommended;error=true`
fn buildkit(comment: &str) -> Option<Suppression> {
    let options = assigned(comment, "check")?;
    let skipped = options
        .split(';')
        .find_map(|option| assigned(option.trim_start(), "skip"))?;
    Some(Suppression::of("buildkit", skipped))
}

/// `trivy:ignore:DS-0002 trivy:ignore:AVD-DS-0026:exp:2027-01-31`
fn trivy(comment: &str) -> Vec<Suppression> {
    let words = comment.split_whitespace();
    let asked = words.map_while(|word| {
        word.strip_prefix("trivy:ignore:")
            .or_else(|| word.strip_prefix("tfsec:ignore:"))
    });
    let one = |asked: &str| {
        let (rule, options) = asked.split_once(':').unwrap_or((asked, ""));
        let rule = rule.split('[').next().unwrap_or(rule);
        let rule = if rule == "*" { "" } else { rule };
        let until = options.strip_prefix("exp:");
        Suppression {
            until: until.and_then(|until| text(until.split(':').next().unwrap_or(until))),
            ..Suppression::of("trivy", rule)
        }
    };
    asked.map(one).collect()
}

/// What stands behind `KEY=`, with blanks around the equals sign.
fn assigned<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(key)?.trim_start();
    Some(rest.strip_prefix('=')?.trim_start())
}

fn text(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("hadolint ignore=DL3008", "hadolint", "DL3008", None, None)]
    #[case(
        "hadolint ignore=DL3008, SC2086 # on purpose",
        "hadolint",
        "DL3008 SC2086",
        Some("on purpose"),
        None
    )]
    #[case("hadolint global ignore=DL3059", "hadolint", "DL3059", None, None)]
    #[case("trivy:ignore:DS-0002", "trivy", "DS-0002", None, None)]
    #[case(
        "trivy:ignore:AVD-DS-0002:exp:2027-01-31",
        "trivy",
        "AVD-DS-0002",
        None,
        Some("2027-01-31")
    )]
    #[case("trivy:ignore:*", "trivy", "", None, None)]
    #[case(
        "checkov:skip=CKV_DOCKER_3:root is wanted",
        "checkov",
        "CKV_DOCKER_3",
        Some("root is wanted"),
        None
    )]
    #[case(
        "polcheck: ignore=user.final-root,net.ssh-port until=2027-01-31 reason=a jump host",
        "polcheck",
        "user.final-root net.ssh-port",
        Some("a jump host"),
        Some("2027-01-31")
    )]
    #[case(
        "polcheck: ignore=user.final-root, user.sudo reason=\"it says until=now\" until=2027-01-31",
        "polcheck",
        "user.final-root user.sudo",
        Some("it says until=now"),
        Some("2027-01-31")
    )]
    #[case(
        "polcheck ignore=user.final-root",
        "polcheck",
        "user.final-root",
        None,
        None
    )]
    #[case(
        "polcheck: ignore= reason=\"no end",
        "polcheck",
        "",
        Some("no end"),
        None
    )]
    #[case("polcheck: ignroe=user.final-root", "polcheck", "", None, None)]
    #[case(
        "check=skip=UndefinedVar;error=true",
        "buildkit",
        "UndefinedVar",
        None,
        None
    )]
    #[case("check=error=true;skip=all", "buildkit", "", None, None)]
    fn a_comment_can_silence_a_tool(
        #[case] comment: &str,
        #[case] tool: &str,
        #[case] rules: &str,
        #[case] reason: Option<&str>,
        #[case] until: Option<&str>,
    ) {
        let found = read(comment);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].tool, tool);
        assert_eq!(found[0].rules.join(" "), rules);
        assert_eq!(found[0].reason.as_deref(), reason);
        assert_eq!(found[0].until.as_deref(), until);
    }

    #[test]
    fn trivy_is_asked_several_times_in_one_comment() {
        let rules = read("trivy:ignore:DS-0001 trivy:ignore:DS-0002 and this is why");
        let rules: Vec<String> = rules.into_iter().flat_map(|asked| asked.rules).collect();
        assert_eq!(rules, ["DS-0001", "DS-0002"]);
    }

    #[rstest]
    #[case("")]
    #[case("we ignore hadolint here")]
    #[case("hadolint")]
    #[case("hadolintignore=DL3008")]
    #[case("trivy:ignored")]
    #[case("checkov:skip")]
    #[case("polcheck is good")]
    #[case("check=error=true")]
    fn other_comments_silence_nobody(#[case] comment: &str) {
        assert_eq!(read(comment), []);
    }
}
