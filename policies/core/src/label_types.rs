//! What the value of a label can be asked to be.

use crate::parts::{cut, has};

/// A kind of values, and what is one.
type Type = (&'static str, fn(&str) -> bool);

/// The kinds of values, as settings call them.
pub(crate) const TYPES: [Type; 7] = [
    ("url", is_url),
    ("rfc3339", is_time),
    ("semver", is_version),
    ("spdx", is_license),
    ("hash", is_hash),
    ("email", is_email),
    ("text", |_| true),
];

/// Licenses of the SPDX list that are common; from the list as of 2026-11-23.
const LICENSES: &[&str] = &[
    "0BSD",
    "AFL-3.0",
    "AGPL-3.0",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-1.1",
    "Apache-2.0",
    "APSL-2.0",
    "Artistic-1.0",
    "Artistic-2.0",
    "BlueOak-1.0.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-2-Clause-Patent",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSD-4-Clause",
    "BSL-1.0",
    "BUSL-1.1",
    "bzip2-1.0.6",
    "CC0-1.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CDDL-1.0",
    "CDDL-1.1",
    "CECILL-2.1",
    "CPL-1.0",
    "curl",
    "ECL-2.0",
    "Elastic-2.0",
    "EPL-1.0",
    "EPL-2.0",
    "EUPL-1.1",
    "EUPL-1.2",
    "FTL",
    "GFDL-1.3",
    "GPL-2.0",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-2.0+",
    "GPL-3.0",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "GPL-3.0+",
    "HPND",
    "ICU",
    "IJG",
    "IPL-1.0",
    "ISC",
    "LGPL-2.0-only",
    "LGPL-2.0-or-later",
    "LGPL-2.1",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "Libpng",
    "LPL-1.02",
    "LPPL-1.3c",
    "MIT",
    "MIT-0",
    "MPL-1.1",
    "MPL-2.0",
    "MPL-2.0-no-copyleft-exception",
    "MS-PL",
    "MS-RL",
    "MulanPSL-2.0",
    "NCSA",
    "ODbL-1.0",
    "OFL-1.1",
    "OLDAP-2.8",
    "OpenSSL",
    "OSL-3.0",
    "PHP-3.01",
    "PostgreSQL",
    "PSF-2.0",
    "Python-2.0",
    "Ruby",
    "Sleepycat",
    "SSPL-1.0",
    "TCL",
    "Unicode-3.0",
    "Unlicense",
    "UPL-1.0",
    "Vim",
    "W3C",
    "WTFPL",
    "X11",
    "Xnet",
    "Zlib",
    "ZPL-2.1",
];

/// Whether a key is one that Docker's guidelines allow: lower case, one divider at a time, and no name space of Docker.
pub(crate) fn is_key(key: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_reserved = ["com.docker.", "io.docker.", "org.dockerproject."]
        .iter()
        .any(|space| key.starts_with(space));
    key.bytes()
        .all(|byte| is_word(byte) || matches!(byte, b'.' | b'-' | b'_'))
        && key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.bytes().next_back().is_some_and(is_word)
        && !has(key, "..")
        && !has(key, "--")
        && !is_reserved
}

fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = cut(text, "://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    is_scheme && !host.is_empty() && is_visible && !text.contains(['<', '>', '"', '`', '{', '}'])
}

/// `2026-11-23T10:26:33.56+01:00`
fn is_time(text: &str) -> bool {
    let Some((date, rest)) = text.split_once(['T', 't', ' ']) else {
        return false;
    };
    let Some(zone) = rest.find(['Z', 'z', '+', '-']) else {
        return false;
    };
    let (time, zone) = rest.split_at_checked(zone).unwrap_or_default();
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let is_zone = matches!(zone, "Z" | "z")
        || zone
            .get(1..)
            .is_some_and(|zone| numbers(zone, ':', &[(2, 0, 23), (2, 0, 59)]));
    numbers(date, '-', &[(4, 0, 9999), (2, 1, 12), (2, 1, 31)])
        && numbers(time, ':', &[(2, 0, 23), (2, 0, 59), (2, 0, 60)])
        && is_digits(fraction)
        && is_zone
}

/// Whether numbers of these lengths, between these bounds, stand between separators.
fn numbers(text: &str, separator: char, wanted: &[(usize, u32, u32)]) -> bool {
    let is_number = |(part, (length, least, most)): (&str, &(usize, u32, u32))| {
        part.len() == *length
            && is_digits(part)
            && part
                .parse()
                .is_ok_and(|number: u32| (*least..=*most).contains(&number))
    };
    text.split(separator).count() == wanted.len()
        && text.split(separator).zip(wanted).all(is_number)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `1.4.2-rc.1+build.5`
fn is_version(text: &str) -> bool {
    let (text, build) = text.split_once('+').unwrap_or((text, "0"));
    let (core, before) = text.split_once('-').unwrap_or((text, "0"));
    let is_number = |part: &str| is_digits(part) && (part.len() == 1 || !part.starts_with('0'));
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_before = |part: &str| is_part(part) && (!is_digits(part) || is_number(part));
    core.split('.').count() == 3
        && core.split('.').all(is_number)
        && before.split('.').all(is_before)
        && build.split('.').all(is_part)
}

/// `(MIT OR Apache-2.0) AND LicenseRef-Ours`; what stands behind `WITH` is not looked up.
fn is_license(text: &str) -> bool {
    let separators = [' ', '(', ')'];
    let words: Vec<&str> = text
        .split(separators)
        .filter(|word| !word.is_empty())
        .collect();
    let is_one = |(at, word): (usize, &&str)| {
        if at % 2 == 1 {
            return matches!(*word, "AND" | "OR" | "WITH");
        }
        let is_exception = at.checked_sub(1).and_then(|at| words.get(at)) == Some(&"WITH");
        let is_known = LICENSES
            .iter()
            .any(|license| license.eq_ignore_ascii_case(word));
        is_known
            || is_exception
            || word.starts_with("LicenseRef-")
            || word.starts_with("DocumentRef-")
    };
    words.len() % 2 == 1 && words.iter().enumerate().all(is_one)
}

fn is_hash(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.rsplit_once('@') else {
        return false;
    };
    let is_user =
        |byte: u8| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    !user.is_empty()
        && user.bytes().all(is_user)
        && host.contains('.')
        && host.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("url", "https://example.com/x", true)]
    #[case("url", "not-url", false)]
    #[case("url", "https://", false)]
    #[case("rfc3339", "2021-03-10T10:26:33.564595127+01:00", true)]
    #[case("rfc3339", "2021-03-10T10:26:33Z", true)]
    #[case("rfc3339", "2021-13-10T10:26:33Z", false)]
    #[case("rfc3339", "2021-03-10", false)]
    #[case("semver", "2.0.1-rc1", true)]
    #[case("semver", "1.0.0-alpha.1+5", true)]
    #[case("semver", "1.0", false)]
    #[case("semver", "v1.0.0", false)]
    #[case("semver", "01.0.0", false)]
    #[case("spdx", "BSD-3-Clause", true)]
    #[case("spdx", "(MIT OR Apache-2.0) AND LicenseRef-Ours", true)]
    #[case("spdx", "GPL-2.0-only WITH Classpath-exception-2.0", true)]
    #[case("spdx", "not-spdx", false)]
    #[case("spdx", "MIT Apache-2.0", false)]
    #[case("hash", "2dbfae9", true)]
    #[case("hash", "43c572f1272b6b3171dd1db9e41b7027128ce080", true)]
    #[case("hash", "not-git-hash", false)]
    #[case("email", "abcd@example.com", true)]
    #[case("email", "not-email", false)]
    #[case("email", "a b@example.com", false)]
    #[case("text", "", true)]
    fn values_are_of_their_types(#[case] name: &str, #[case] text: &str, #[case] is_one: bool) {
        let (_, is_it) = TYPES.iter().find(|(other, _)| *other == name).unwrap();
        assert_eq!(is_it(text), is_one);
    }

    #[rstest]
    #[case("org.valid-key.label3", true)]
    #[case("validlabel", true)]
    #[case("com.docker.label", false)]
    #[case("invalid$character", false)]
    #[case(".invalid", false)]
    #[case("1invalid", false)]
    #[case("invalid..character", false)]
    #[case("invalid--character", false)]
    #[case("Upper", false)]
    fn keys_follow_the_guidelines(#[case] key: &str, #[case] is_one: bool) {
        assert_eq!(is_key(key), is_one);
    }
}
