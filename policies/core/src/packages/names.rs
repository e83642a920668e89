//! The name of a package, without what else a package manager is told about it.

use super::Manager;

const ARCHITECTURES: [&str; 7] = [
    ".x86_64", ".noarch", ".i686", ".aarch64", ".ppc64le", ".s390x", ".armv7hl",
];

/// The name of the package that an operand means.
pub(crate) fn bare(manager: Manager, operand: &str) -> &str {
    match manager {
        Manager::Dnf | Manager::Zypper => without_release(operand),
        Manager::Go => of_module(operand),
        Manager::Npm | Manager::Yarn | Manager::Pnpm => {
            let at = operand.rfind('@').filter(|at| *at > 0);
            at.and_then(|at| operand.get(..at)).unwrap_or(operand)
        }
        _ => until(operand, |byte| {
            matches!(
                byte,
                b'=' | b'<' | b'>' | b'~' | b'!' | b'@' | b'/' | b':' | b'[' | b';' | b' '
            )
        }),
    }
}

/// The ending of a file's name.
pub(crate) fn ending(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn until(operand: &str, is_end: fn(u8) -> bool) -> &str {
    let end = operand.bytes().position(is_end);
    end.and_then(|end| operand.get(..end)).unwrap_or(operand)
}

/// The program that Go makes of a module: `dlv` of `github.com/go-delve/delve/cmd/dlv@latest`.
fn of_module(operand: &str) -> &str {
    let path = until(operand, |byte| byte == b'@');
    let is_major = |part: &str| {
        let major = part.strip_prefix('v');
        major.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut parts = path.rsplit('/');
    parts.find(|part| !is_major(part)).unwrap_or(path)
}

/// Without the version of `NAME-VERSION`, `NAME-VERSION-RELEASE.ARCHITECTURE` or `NAME=VERSION`.
fn without_release(operand: &str) -> &str {
    let operand = until(operand, |byte| matches!(byte, b'=' | b'<' | b'>' | b' '));
    let operand = ARCHITECTURES
        .iter()
        .find_map(|architecture| operand.strip_suffix(architecture))
        .unwrap_or(operand);
    let begins_with_digit = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
    let Some((before, last)) = operand.rsplit_once('-') else {
        return operand;
    };
    match before.rsplit_once('-') {
        // A version, and a release: also `1.0-beta1.el9`, but not `java-1.8.0-openjdk`.
        Some((name, version))
            if begins_with_digit(version) && (begins_with_digit(last) || last.contains('.')) =>
        {
            name
        }
        _ if begins_with_digit(last) => before,
        _ => operand,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Manager::Apt, "python=1.2*", "python")]
    #[case(Manager::Apt, "libc6:i386", "libc6")]
    #[case(Manager::Apk, "git~=2.52", "git")]
    #[case(Manager::Dnf, "java-1.8.0-openjdk", "java-1.8.0-openjdk")]
    #[case(Manager::Dnf, "java-11-openjdk-11.0.2", "java-11-openjdk")]
    #[case(Manager::Dnf, "gcc-c++", "gcc-c++")]
    #[case(Manager::Dnf, "openssl-1:1.1.1k-4.el8.x86_64", "openssl")]
    #[case(Manager::Pip, "uvicorn[standard]==0.3", "uvicorn")]
    #[case(Manager::Npm, "@scope/name@1.2", "@scope/name")]
    #[case(Manager::Npm, "@scope/name", "@scope/name")]
    #[case(Manager::Go, "github.com/go-delve/delve/cmd/dlv@latest", "dlv")]
    #[case(Manager::Go, "example.com/tool/v2@v2.1.0", "tool")]
    fn a_name_stands_alone(#[case] manager: Manager, #[case] operand: &str, #[case] name: &str) {
        assert_eq!(bare(manager, operand), name);
    }
}
