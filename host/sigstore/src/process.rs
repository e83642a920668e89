//! Programs of others: started, fed, and ended when they take too long.

use crate::error::ProgramError;
use futures_util::future::join3;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use zeroize::Zeroizing;

/// The longest that a program may take; some wait for hardware, or for somebody to touch it.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(1);
/// The most that is read of standard output.
const MAX_OUTPUT_BYTES: usize = 1024 * 1024;
/// The most that is kept of standard error; the rest is thrown away.
const MAX_ERROR_BYTES: usize = 4096;

/// How a program ended, and what it said. It may have said a token, so that this is not printed.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// Overwritten when it is dropped.
    pub(crate) stdout: Zeroizing<Vec<u8>>,
    pub(crate) stderr: String,
}

/// Runs a program that is on PATH, with the environment of polcheck. It is ended when it takes longer than it may, and when
/// nobody waits for it any more.
pub(crate) async fn run(
    program: &str,
    args: &[&str],
    stdin: &[u8],
    timeout: Duration,
) -> Result<Ended, ProgramError> {
    let cannot_run = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ProgramError::NotFound {
            program: program.to_owned(),
        },
        _ => ProgramError::CannotRun {
            program: program.to_owned(),
            source,
        },
    };
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(cannot_run)?;
    let (mut input, output, errors) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let talk = async {
        let feed = async {
            if let Some(input) = &mut input {
                // Whoever needs no input does not read it.
                let _ = input.write_all(stdin).await;
            }
            drop(input.take());
        };
        let ((), stdout, stderr) = join3(
            feed,
            read(output, MAX_OUTPUT_BYTES),
            read(errors, MAX_ERROR_BYTES),
        )
        .await;
        let (stdout, is_all) = stdout.map_err(cannot_run)?;
        if !is_all {
            return Err(ProgramError::TooMuch {
                program: program.to_owned(),
                limit: MAX_OUTPUT_BYTES,
            });
        }
        let (stderr, _) = stderr.map_err(cannot_run)?;
        Ok(Ended {
            status: child.wait().await.map_err(cannot_run)?,
            stdout,
            stderr: String::from_utf8_lossy(&stderr).into_owned(),
        })
    };
    let slow = |_| ProgramError::Slow {
        program: program.to_owned(),
        seconds: timeout.as_secs(),
    };
    tokio::time::timeout(timeout, talk).await.map_err(slow)?
}

/// Reads up to a limit and throws away the rest; and whether there was no rest.
async fn read(
    from: Option<impl AsyncRead + Unpin>,
    limit: usize,
) -> io::Result<(Zeroizing<Vec<u8>>, bool)> {
    let mut kept = Zeroizing::new(Vec::new());
    let Some(mut from) = from else {
        return Ok((kept, true));
    };
    let mut is_all = true;
    let mut piece = Zeroizing::new(vec![0; 8192]);
    loop {
        let length = from.read(&mut piece).await?;
        let read = piece.get(..length).unwrap_or_default();
        if read.is_empty() {
            return Ok((kept, is_all));
        }
        let room = limit - kept.len();
        is_all &= read.len() <= room;
        kept.extend(read.iter().take(room));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_script(script: &str, stdin: &[u8], timeout: Duration) -> Result<Ended, ProgramError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(run("sh", &["-c", script], stdin, timeout))
    }

    #[test]
    fn a_program_gets_its_input_and_says_how_it_ended() {
        let ended = run_script("cat; echo why >&2; exit 3", b"in", TIMEOUT).unwrap();
        assert_eq!(ended.stdout.as_slice(), b"in");
        assert_eq!(ended.stderr, "why\n");
        assert_eq!(ended.status.code(), Some(3));
    }

    #[test]
    fn a_program_that_hangs_floods_or_is_not_there_is_an_error_of_its_own() {
        let slow = run_script("exec sleep 60", b"", Duration::from_millis(50));
        assert!(matches!(slow, Err(ProgramError::Slow { .. })));
        let flood = run_script("head -c 2000000 /dev/zero", b"", TIMEOUT);
        assert!(matches!(flood, Err(ProgramError::TooMuch { .. })));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let missing = runtime.block_on(run("sigstore-kms-no-such", &[], b"", TIMEOUT));
        assert!(matches!(missing, Err(ProgramError::NotFound { .. })));
    }
}
