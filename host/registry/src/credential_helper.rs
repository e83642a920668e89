//! Programs that keep logins: `docker-credential-NAME get`, with the registry on standard input and the login, as JSON,
//! on standard output.

use crate::credentials::{Credential, UnusableLogin};
use crate::limits::MAX_HELPER_BYTES;
use serde::Deserialize;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// What a helper prints where it has nothing. Part of the protocol with these programs.
const HAS_NONE: &str = "credentials not found";
/// The user of a login that is an identity token. Part of the protocol too.
const IDENTITY_TOKEN: &str = "<token>";

/// What a helper prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// The name of the program, if it can only be one that is found by its name.
pub(crate) fn program(helper: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_good = !helper.is_empty() && helper.bytes().all(is_plain);
    is_good.then(|| format!("docker-credential-{helper}"))
}

/// Asks a program for the login to a server. It is ended when it takes longer than that, and when nobody waits for it
/// any more.
pub(crate) async fn ask(
    program: &str,
    server: &str,
    timeout: Duration,
) -> Result<Option<Credential>, UnusableLogin> {
    let named = || program.to_owned();
    let (status, printed) = match tokio::time::timeout(timeout, run(program, server)).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
            return Err(UnusableLogin::HelperMissing { program: named() });
        }
        Ok(Err(_)) => return Err(UnusableLogin::HelperFailed { program: named() }),
        Err(_) => return Err(UnusableLogin::HelperSlow { program: named() }),
    };
    if !status.success() {
        let has_none = String::from_utf8_lossy(&printed).contains(HAS_NONE);
        let failed = UnusableLogin::HelperFailed { program: named() };
        return if has_none { Ok(None) } else { Err(failed) };
    }
    let answer = serde_json::from_slice(&printed).ok().and_then(credential);
    match answer {
        Some(answer) => Ok(Some(answer)),
        None => Err(UnusableLogin::HelperGarbage { program: named() }),
    }
}

async fn run(program: &str, server: &str) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Some print what they were asked for, or what they found.
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        // A helper that does not read has nothing to say either.
        let _ = input.write_all(server.as_bytes()).await;
    }
    let mut printed = Vec::new();
    if let Some(output) = child.stdout.take() {
        let mut output = output.take(MAX_HELPER_BYTES + 1);
        output.read_to_end(&mut printed).await?;
    }
    // What prints more than that is no login, and may wait for ever for somebody who reads on.
    if printed.len() as u64 > MAX_HELPER_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok((child.wait().await?, printed))
}

fn credential(answer: Answer) -> Option<Credential> {
    let Answer { username, secret } = answer;
    if secret.is_empty() || username.is_empty() {
        return None;
    }
    Some(if username == IDENTITY_TOKEN {
        Credential {
            identity_token: Some(secret),
            ..Credential::default()
        }
    } else {
        Credential::of_user(&username, &secret)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::fs;

    const PATIENCE: Duration = Duration::from_secs(20);

    /// Asks a shell script in place of a helper.
    async fn ask_script(
        script: &str,
        timeout: Duration,
    ) -> Result<Option<Credential>, UnusableLogin> {
        let directory = tempfile::tempdir().unwrap();
        let (text, path) = (
            directory.path().join("text"),
            directory.path().join("helper"),
        );
        fs::write(&text, format!("#!/bin/sh\n{script}\n")).unwrap();
        // Written by another process: a file that another thread's child has open for writing cannot be run.
        let mut install = std::process::Command::new("install");
        assert!(
            install
                .args(["-m", "755"])
                .args([&text, &path])
                .status()
                .unwrap()
                .success()
        );
        let program = path.display().to_string();
        let result = ask(&program, "r.io", timeout).await;
        result.map_err(|error| match error {
            UnusableLogin::HelperFailed { .. } => UnusableLogin::HelperFailed {
                program: "it".into(),
            },
            UnusableLogin::HelperSlow { .. } => UnusableLogin::HelperSlow {
                program: "it".into(),
            },
            UnusableLogin::HelperGarbage { .. } => UnusableLogin::HelperGarbage {
                program: "it".into(),
            },
            other => other,
        })
    }

    #[tokio::test]
    async fn a_helper_is_told_the_registry_and_gives_the_login() {
        let script = r#"read server; test "$1" = get && printf '{"ServerURL":"%s","Username":"user of %s","Secret":"s"}' "$server" "$server""#;
        let found = ask_script(script, PATIENCE).await.unwrap().unwrap();
        assert!(found == Credential::of_user("user of r.io", "s"));
        let script = r#"echo '{"Username":"<token>","Secret":"s"}'"#;
        let found = ask_script(script, PATIENCE).await.unwrap().unwrap();
        assert_eq!(found.identity_token.as_deref(), Some("s"));
        assert_eq!(found.user, None);
    }

    #[tokio::test]
    async fn a_helper_that_has_none_is_no_failure() {
        let script = "echo 'credentials not found in native keychain'; exit 1";
        assert_eq!(ask_script(script, PATIENCE).await, Ok(None));
    }

    #[rstest]
    #[case("echo secret; echo secret >&2; exit 3", UnusableLogin::HelperFailed { program: "it".into() })]
    #[case("kill -9 $$", UnusableLogin::HelperFailed { program: "it".into() })]
    #[case("exec cat /dev/zero", UnusableLogin::HelperFailed { program: "it".into() })]
    #[case("echo secret", UnusableLogin::HelperGarbage { program: "it".into() })]
    #[case("", UnusableLogin::HelperGarbage { program: "it".into() })]
    #[case("echo []", UnusableLogin::HelperGarbage { program: "it".into() })]
    #[case(r#"echo '{"Username":"","Secret":""}'"#, UnusableLogin::HelperGarbage { program: "it".into() })]
    #[case(r#"echo '{"Username":"u","Secret":7}'"#, UnusableLogin::HelperGarbage { program: "it".into() })]
    #[tokio::test]
    async fn a_helper_that_fails_is_named_and_not_repeated(
        #[case] script: &str,
        #[case] expected: UnusableLogin,
    ) {
        assert_eq!(ask_script(script, PATIENCE).await, Err(expected.clone()));
        assert!(!expected.to_string().contains("secret"));
    }

    #[rstest]
    #[case("sleep 600")]
    // Its child keeps the pipe open when it is gone.
    #[case("sleep 600 & echo '{}'")]
    #[tokio::test]
    async fn a_helper_that_hangs_is_ended(#[case] script: &str) {
        let result = ask_script(script, Duration::from_millis(200)).await;
        assert_eq!(
            result,
            Err(UnusableLogin::HelperSlow {
                program: "it".into()
            })
        );
    }

    #[rstest]
    #[case("pass", Some("docker-credential-pass"))]
    #[case("desktop.exe", Some("docker-credential-desktop.exe"))]
    #[case("", None)]
    #[case("/../../tmp/evil", None)]
    #[case("a b", None)]
    fn a_helper_is_found_by_its_name_alone(#[case] helper: &str, #[case] expected: Option<&str>) {
        assert_eq!(program(helper).as_deref(), expected);
    }

    #[tokio::test]
    async fn a_helper_that_is_not_there_is_named() {
        let program = "docker-credential-polcheck-no-such-helper";
        assert_eq!(
            ask(program, "r.io", PATIENCE).await,
            Err(UnusableLogin::HelperMissing {
                program: program.into()
            })
        );
    }
}
