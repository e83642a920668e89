//! Where the demo plays: a registry, a folder, and polcheck.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;
use test_registry::{Options, TestRegistry};

pub(crate) type Result<T = ()> = std::result::Result<T, String>;

/// How a command has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    Passed = 0,
    Failed = 1,
}

pub(crate) struct Stage {
    pub(crate) registry: TestRegistry,
    binary: PathBuf,
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new(binary: PathBuf) -> Result<Self> {
        let folder = TempDir::new().map_err(|error| format!("no folder to play in: {error}"))?;
        Ok(Self {
            registry: TestRegistry::start(Options::default()),
            binary,
            folder,
        })
    }

    /// Calls polcheck, shows what it says, and makes sure that it says what it should.
    pub(crate) fn polcheck(&self, args: &[impl AsRef<str>], expect: Expect, says: &str) -> Result {
        let args: Vec<&str> = args.iter().map(AsRef::as_ref).collect();
        say(&format!("$ polcheck {}", args.join(" ")));
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(&self.binary)
            .args(&args)
            .current_dir(self.folder.path())
            // Neither a configuration nor a login of whoever plays this.
            .env_clear()
            .env("HOME", self.folder.path())
            .env("POLCHECK_KEY_PASSWORD", "only for this demo")
            .output()
            .map_err(|error| format!("cannot run `{}`: {error}", self.binary.display()))?;
        let said =
            String::from_utf8_lossy(&stderr).into_owned() + &String::from_utf8_lossy(&stdout);
        say(said.trim_end());
        if status.code() != Some(expect as i32) {
            return Err(format!(
                "`polcheck {}` ended with {status}, expected {}",
                args.join(" "),
                expect as i32
            ));
        }
        if said.contains(says) {
            Ok(())
        } else {
            Err(format!(
                "`polcheck {}` does not say `{says}`",
                args.join(" ")
            ))
        }
    }

    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        fs::read(self.folder.path().join(name))
            .map_err(|error| format!("cannot read `{name}`: {error}"))
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result {
        fs::write(self.folder.path().join(name), bytes)
            .map_err(|error| format!("cannot write `{name}`: {error}"))
    }
}

/// Tells what comes.
pub(crate) fn scene(text: &str) {
    say(&format!("\n# {text}"));
}

/// Shows a line.
pub(crate) fn say(text: &str) {
    // Nobody is left to show it to when standard output is gone.
    let _ = writeln!(std::io::stdout(), "{text}");
}
