//! Paths in the image, for the operating system of the image.

use crate::path::clean;
use std::borrow::Cow;

/// Which way a platform writes paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Unix,
    Windows,
}

impl Style {
    pub(super) fn of(os: &str) -> Self {
        if os == "windows" {
            Self::Windows
        } else {
            Self::Unix
        }
    }

    /// With slashes forward.
    pub(super) fn to_slash(self, path: &str) -> Cow<'_, str> {
        match self {
            Self::Unix => Cow::Borrowed(path),
            Self::Windows => Cow::Owned(path.replace('\\', "/")),
        }
    }

    pub(super) fn is_absolute(self, path: &str) -> bool {
        self.without_drive(path, false)
            .is_ok_and(|path| self.to_slash(&path).starts_with('/'))
    }

    /// Where `WORKDIR` leads: an absolute path is taken as it is written, a relative one is joined and cleaned.
    pub(super) fn work_dir(self, current: &str, next: &str) -> Result<String, String> {
        let path = self.normalized(current, next, false).map_err(|error| {
            format!("normalizing workdir: normalizing working directory: {error}")
        })?;
        Ok(match self {
            Self::Unix => path,
            Self::Windows => path.replace('/', "\\"),
        })
    }

    /// Where `COPY` copies to: a slash at the end means a directory, and stays.
    pub(super) fn destination(self, dir: &str, path: &str) -> Result<String, String> {
        let path = self
            .without_drive(path, true)
            .map_err(|error| format!("removing drive letter: {error}"))?;
        if self.is_absolute(&path) {
            return self.normalized("/", &path, true);
        }
        let path = if path == "." || path.is_empty() {
            "./"
        } else {
            &path
        };
        self.normalized(dir, path, true)
    }

    /// An absolute path from a parent and a path.
    pub(super) fn normalized(
        self,
        parent: &str,
        path: &str,
        keep_slash: bool,
    ) -> Result<String, String> {
        let wrapped = |error| format!("removing drive letter: {error}");
        let original = self.to_slash(path);
        let parent = self.to_slash(if parent.is_empty() { "/" } else { parent });
        let mut parent = self.without_drive(&parent, keep_slash).map_err(wrapped)?;
        if !self.is_absolute(&parent) {
            parent = Cow::Owned(join("/", &parent));
        }
        let path = if original.is_empty() {
            &parent
        } else {
            &original
        };
        let path = self.without_drive(path, keep_slash).map_err(wrapped)?;
        let mut path = if self.is_absolute(&path) {
            path.into_owned()
        } else {
            join(&parent, &path)
        };
        if keep_slash {
            if original.ends_with('/') && !path.ends_with('/') {
                path.push('/');
            } else if original.ends_with("/.") {
                path.push_str(if path == "/" { "." } else { "/." });
            }
        }
        Ok(match self {
            Self::Unix => path,
            Self::Windows => self.to_slash(&path).into_owned(),
        })
    }

    /// On Windows only `C:` is a drive an image has.
    fn without_drive(self, path: &str, keep_slash: bool) -> Result<Cow<'_, str>, String> {
        if self == Self::Unix {
            return Ok(Cow::Borrowed(path));
        }
        if path.len() == 2 && path.ends_with(':') {
            return Err(format!(
                "No relative path specified in {}",
                crate::quote::quoted(path)
            ));
        }
        let slashed = self.to_slash(path);
        if slashed.starts_with("//") {
            return Err("UNC paths are not supported".to_owned());
        }
        match slashed.split_once(':') {
            None => Ok(Cow::Owned(cleaned(&slashed, keep_slash))),
            Some((drive, rest)) if drive.eq_ignore_ascii_case("c") => {
                Ok(Cow::Owned(cleaned(rest, keep_slash)))
            }
            Some(_) => Err("The specified path is not on the system drive (C:)".to_owned()),
        }
    }
}

fn cleaned(path: &str, keep_slash: bool) -> String {
    let mut cleaned = clean(path);
    if keep_slash && cleaned.len() > 1 && path.ends_with('/') {
        cleaned.push('/');
    }
    cleaned
}

/// Two paths as one, cleaned.
pub(super) fn join(parent: &str, path: &str) -> String {
    match (parent, path) {
        ("", "") => String::new(),
        ("", path) | (path, "") => clean(path),
        (parent, path) => clean(&format!("{parent}/{path}")),
    }
}

/// The last part of a path.
pub(super) fn base(path: &str) -> &str {
    let part = path.trim_end_matches('/').rsplit('/').next();
    match (path, part) {
        ("", _) => ".",
        (_, None | Some("")) => "/",
        (_, Some(part)) => part,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/app", "src", Ok("/app/src"))]
    #[case("", "app", Ok("/app"))]
    #[case("/app", "/a/../b/", Ok("/a/../b/"))]
    #[case("/app", "", Ok("/app"))]
    #[case("/app", "../..", Ok("/"))]
    #[case("app", "app", Ok("/app/app"))]
    fn keeps_an_absolute_workdir_and_cleans_a_relative_one(
        #[case] current: &str,
        #[case] next: &str,
        #[case] expected: Result<&str, String>,
    ) {
        assert_eq!(
            Style::Unix.work_dir(current, next),
            expected.map(str::to_owned)
        );
    }

    #[rstest]
    #[case("\\app", "c:\\src\\x", Ok("\\src\\x"))]
    #[case("\\app", "src", Ok("\\app\\src"))]
    #[case("", "C:\\", Ok("\\"))]
    #[case("", "d:\\", Err("The specified path is not on the system drive (C:)"))]
    #[case("", "c:", Err("No relative path specified in \"c:\""))]
    #[case("", "\\\\server\\share", Err("UNC paths are not supported"))]
    fn knows_one_drive_on_windows(
        #[case] current: &str,
        #[case] next: &str,
        #[case] expected: Result<&str, &str>,
    ) {
        let expected = expected.map(str::to_owned).map_err(|error| {
            format!(
                "normalizing workdir: normalizing working directory: removing drive letter: {error}"
            )
        });
        assert_eq!(Style::Windows.work_dir(current, next), expected);
    }

    #[rstest]
    #[case("/app", ".", "/app/")]
    #[case("/app", "", "/app/")]
    #[case("/app", "x/", "/app/x/")]
    #[case("/app", "/y/.", "/y/./.")]
    #[case("/app", "/y", "/y")]
    #[case("/", "./z", "/z")]
    fn keeps_the_slash_of_a_destination(
        #[case] dir: &str,
        #[case] path: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(Style::Unix.destination(dir, path), Ok(expected.to_owned()));
    }

    #[rstest]
    #[case("", ".")]
    #[case("/..", "/")]
    #[case("../a/..", "..")]
    #[case("a//./b/../c/", "a/c")]
    fn cleans_as_go_does(#[case] path: &str, #[case] expected: &str) {
        assert_eq!(clean(path), expected);
    }
}
