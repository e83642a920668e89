//! Sources of `ADD` that are not files of the build context.

use crate::quote::quoted;

/// What a source of `ADD` or `COPY` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Local,
    Http,
    Git(Repository),
}

/// What a reference to a repository asks for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Repository {
    pub(super) checksum: Option<String>,
    pub(super) keep_git_dir: Option<bool>,
}

/// Tells what a source is; the error is what BuildKit says about the query of a repository.
pub(super) fn classify(source: &str) -> Result<Source, String> {
    if let Some(reference) = Reference::parse(source) {
        return Repository::read(&reference).map(Source::Git);
    }
    Ok(if is_http(source) {
        Source::Http
    } else {
        Source::Local
    })
}

/// Whether `--checksum` can be used: for anything remote, and for what is called like a repository on GitHub.
pub(super) fn takes_checksum(source: &str) -> bool {
    let repository =
        Reference::parse(source).is_some_and(|reference| Repository::read(&reference).is_ok());
    repository || is_http(source) || (source.starts_with("github.com/") && is_url(source))
}

pub(super) fn is_http(source: &str) -> bool {
    source.starts_with("http://") || source.starts_with("https://")
}

/// A reference to a repository, split.
struct Reference<'s> {
    query: &'s str,
    fragment: &'s str,
}

impl<'s> Reference<'s> {
    fn parse(source: &'s str) -> Option<Self> {
        // `github.com/owner/name` cannot be told from a path, and is one here.
        if ["./", "../", "github.com/"]
            .iter()
            .any(|prefix| source.starts_with(prefix))
        {
            return None;
        }
        let Some((scheme, rest)) = split_scheme(source) else {
            return Self::parse_scp(source);
        };
        let http = match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => true,
            "ssh" | "git" => false,
            _ => return None,
        };
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let valid = is_url(source) && is_authority(authority);
        let path = unescaped(path).filter(|_| valid)?;
        (!http || path.strip_suffix(".git").is_some()).then_some(Self { query, fragment })
    }

    /// `git@github.com:owner/name.git`
    fn parse_scp(source: &'s str) -> Option<Self> {
        let (user, rest) = source.split_once('@')?;
        let (host, rest) = rest.split_once(':')?;
        let named = |text: &str, also: &[char]| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || also.contains(&c))
        };
        if !named(user, &['-', '_']) || !named(host, &['-', '.']) || source.contains('\n') {
            return None;
        }
        let (path, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let query = path.split_once('?').map_or("", |(_, query)| query);
        query
            .split('&')
            .all(|part| part.is_empty() || pair(part).is_some())
            .then_some(Self { query, fragment })
    }
}

/// What BuildKit says about a checksum of a file that is none: Go's digests.
pub(super) fn digest_problem(checksum: &str) -> Option<String> {
    if checksum.is_empty() {
        return None;
    }
    let format = || Some("invalid checksum digest format".to_owned());
    let Some((algorithm, encoded)) = checksum
        .split_once(':')
        .filter(|(algorithm, encoded)| !algorithm.is_empty() && !encoded.is_empty())
    else {
        return format();
    };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => {
            let lower = |part: &str| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            };
            let valid = algorithm.split(['+', '.', '_', '-']).all(lower)
                && encoded
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"=_-".contains(&b));
            return if valid {
                Some("unsupported digest algorithm".to_owned())
            } else {
                format()
            };
        }
    };
    if encoded.len() != length {
        return Some("invalid checksum digest length".to_owned());
    }
    let hexadecimal = encoded
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if hexadecimal { None } else { format() }
}

impl Repository {
    /// What does not fit the options of the instruction.
    pub(super) fn problem(&self, checksum: &str, keep_git_dir: Option<bool>) -> Option<String> {
        if keep_git_dir
            .zip(self.keep_git_dir)
            .is_some_and(|(one, other)| one != other)
        {
            return Some("inconsistent keep-git-dir configuration".to_owned());
        }
        let other = self
            .checksum
            .as_deref()
            .filter(|other| !checksum.is_empty() && *other != checksum)?;
        Some(format!(
            "checksum mismatch {} != {}",
            quoted(checksum),
            quoted(other)
        ))
    }

    fn read(reference: &Reference<'_>) -> Result<Self, String> {
        let mut repository = Self::default();
        let (mut wanted, subdir) = reference
            .fragment
            .split_once(':')
            .unwrap_or((reference.fragment, ""));
        let wanted_subdir = super::paths::join("/", subdir);
        let wanted_subdir = wanted_subdir.trim_start_matches('/').to_owned();
        let all = pairs(reference.query);
        let (mut tag, mut branch) = (None, None);
        for (key, value) in &all {
            if all.iter().filter(|(other, _)| other == key).count() > 1 {
                return Err(format!("query {} has multiple values", quoted(key)));
            }
            if value.is_empty()
                && !["submodules", "keep-git-dir", "fetch-by-commit"].contains(&key.as_str())
            {
                return Err(format!("query {} has no value", quoted(key)));
            }
            let conflict = |what: &str, old: &str| {
                let message = format!("{what} conflicts: {} vs {}", quoted(old), quoted(value));
                if old.is_empty() || old == value {
                    Ok(())
                } else {
                    Err(message)
                }
            };
            match key.as_str() {
                "ref" => {
                    conflict("ref", wanted)?;
                    wanted = value;
                }
                "tag" => tag = Some(value),
                "branch" => branch = Some(value),
                "subdir" => conflict("subdir", &wanted_subdir)?,
                "checksum" | "commit" => repository.checksum = Some(value.clone()),
                "keep-git-dir" => repository.keep_git_dir = Some(switch(key, value)?),
                "submodules" | "fetch-by-commit" => drop(switch(key, value)?),
                "mtime" if value == "checkout" || value == "commit" => {}
                "mtime" => {
                    return Err(format!(
                        "invalid mtime value: {} (must be \"checkout\" or \"commit\")",
                        quoted(value)
                    ));
                }
                _ => return Err(format!("unexpected query {}", quoted(key))),
            }
        }
        agree(wanted, tag.map(String::as_str), branch.map(String::as_str))?;
        Ok(repository)
    }
}

/// A branch, a tag and a reference must be one and the same.
fn agree(wanted: &str, tag: Option<&str>, branch: Option<&str>) -> Result<(), String> {
    let full = |prefix: &str, name: &str| match name.strip_prefix(prefix) {
        Some(_) => name.to_owned(),
        None => format!("{prefix}{name}"),
    };
    let name = match (tag, branch) {
        (Some(_), Some(_)) => return Err("branch conflicts with tag".to_owned()),
        (Some(tag), None) => full("refs/tags/", tag),
        (None, Some(branch)) => full("refs/heads/", branch),
        (None, None) => return Ok(()),
    };
    if wanted.is_empty() || wanted == name {
        return Ok(());
    }
    Err(format!(
        "ref conflicts: {} vs {}",
        quoted(wanted),
        quoted(&name)
    ))
}

fn switch(key: &str, value: &str) -> Result<bool, String> {
    if value.is_empty() {
        return Ok(true);
    }
    crate::checks::read_bool(value).ok_or_else(|| format!("invalid {key} value: {}", quoted(value)))
}

fn split_scheme(source: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = source.split_once("://")?;
    let letters = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric());
    letters.then_some((scheme, rest))
}

/// Go reads no address with control characters, or with a scheme that begins with a number.
fn is_url(source: &str) -> bool {
    !source.bytes().any(|byte| byte < b' ' || byte == 0x7f)
        && !source.starts_with(|c: char| c.is_ascii_digit())
}

fn is_authority(authority: &str) -> bool {
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let port = match host.rsplit_once(']') {
        Some((_, rest)) => rest,
        None => host.find(':').and_then(|at| host.get(at..)).unwrap_or(""),
    };
    let port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    let closed = !host.starts_with('[') || host.contains(']');
    port && closed && !host.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}', '%'])
}

/// The pairs of a query; those that cannot be read are left out, as Go does.
fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.filter_map(pair).collect()
}

fn pair(part: &str) -> Option<(String, String)> {
    let (key, value) = part.split_once('=').unwrap_or((part, ""));
    let text = |text: &str| unescaped(&text.replace('+', " "));
    if part.contains(';') {
        None
    } else {
        text(key).zip(text(value))
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = rest.get(2..)?;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
