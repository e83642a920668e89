//! The login that the command line gives, for one registry. Its password is never a word of the command line.

use crate::args::LoginArgs;
use crate::failure::Failure;
use registry::{ArchiveFile, GivenLogin, Place, Source};
use std::io::{IsTerminal, Read};

/// The longest password. Tokens are passwords too.
const MAX_PASSWORD_BYTES: u64 = 64 << 10;

impl LoginArgs {
    /// The login, for the one registry in which all of these images are.
    pub(crate) fn login(&self, sources: &[Source]) -> Result<Option<GivenLogin>, Failure> {
        let Some(user) = &self.username else {
            return Ok(None);
        };
        if user.is_empty() || user.contains(':') {
            return Err(Failure::say(format!("`{user}` is not a user"))
                .help("a user has a name, and no colon in it; the password is asked for"));
        }
        let registry = registry_of(sources)?;
        let password = if self.password_stdin {
            if sources.iter().any(reads_stdin) {
                return Err(Failure::say(
                    "standard input cannot be both the password and an image",
                )
                .help("write the image to a file first"));
            }
            read(std::io::stdin().lock())?
        } else {
            ask(user, registry)?
        };
        Ok(Some(GivenLogin::new(registry, user, &password)))
    }
}

fn registry_of(sources: &[Source]) -> Result<&str, Failure> {
    let references = sources.iter().filter_map(Source::reference);
    let mut registries: Vec<_> = references.map(model::Reference::registry).collect();
    registries.sort_unstable();
    registries.dedup();
    match registries.as_slice() {
        [one] => Ok(one),
        [] => Err(
            Failure::say("`--username` is for a registry, and no image is in one")
                .help("name an image in a registry, or leave out `--username`"),
        ),
        several => Err(Failure::say(format!(
            "`--username` is for one registry, and the images are in {}: {}",
            several.len(),
            several.join(", ")
        ))
        .help("take one registry at a time, or log in to each with `docker login`")),
    }
}

fn reads_stdin(source: &Source) -> bool {
    matches!(
        source.place(),
        Place::OciArchive {
            file: ArchiveFile::StandardInput,
            ..
        } | Place::DockerArchive {
            file: ArchiveFile::StandardInput,
            ..
        }
    )
}

/// All of the input but the end of its line.
fn read(input: impl Read) -> Result<String, Failure> {
    let mut password = String::new();
    let read = input
        .take(MAX_PASSWORD_BYTES + 1)
        .read_to_string(&mut password);
    // What could not be read is not shown: it is the password.
    let is_good = read.is_ok_and(|length| length as u64 <= MAX_PASSWORD_BYTES);
    if !is_good {
        return Err(
            Failure::say("what standard input has is not a password").help(format!(
                "a password is UTF-8, and at most {MAX_PASSWORD_BYTES} bytes long"
            )),
        );
    }
    let line = password.strip_suffix('\n').unwrap_or(&password);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(Failure::say("no password on standard input")
            .help("write it there: `printf %s \"$PASSWORD\" | polcheck … --password-stdin`"));
    }
    Ok(line.to_owned())
}

fn ask(user: &str, registry: &str) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::say(format!("no password for `{user}`"))
            .help("give it with `--password-stdin`, or start polcheck on a terminal"));
    }
    let prompt = format!("Password of {user} at {registry}: ");
    rpassword::prompt_password(prompt).map_err(|error| Failure::new(&error, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(b"secret", Some("secret"))]
    #[case(b"secret\n", Some("secret"))]
    #[case(b"secret\r\n", Some("secret"))]
    #[case(b"two\nlines\n\n", Some("two\nlines\n"))]
    #[case(b" blanks ", Some(" blanks "))]
    #[case(b"", None)]
    #[case(b"\n", None)]
    #[case(b"\xff", None)]
    fn one_end_of_a_line_is_no_part_of_the_password(
        #[case] input: &[u8],
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(read(input).ok().as_deref(), expected);
    }

    #[test]
    fn an_endless_input_is_no_password() {
        let failure = read(std::io::repeat(b'a')).unwrap_err();
        assert_eq!(failure.message, "what standard input has is not a password");
    }
}
