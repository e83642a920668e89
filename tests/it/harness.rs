//! Calling polcheck: in a folder of its own, with nothing of the machine's environment.

use serde_json::Value;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use test_registry::{Options, TestRegistry};

/// The address space of the one memory of a policy, and what guards it, in KiB.
const SANDBOX: u64 = 0x1_0400_0000 >> 10;

/// A registry, a folder, and polcheck.
pub(crate) struct World {
    pub(crate) registry: TestRegistry,
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// How polcheck ended, and what it said. It prints as one text, for snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        Self {
            registry: TestRegistry::start(options),
            folder: tempfile::tempdir().unwrap(),
            variables: vec![],
        }
    }

    /// With a variable of the environment.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// `HOST/REPOSITORY:TAG`
    pub(crate) fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.host())
    }

    /// A path in the folder polcheck runs in.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Calls polcheck.
    pub(crate) fn polcheck(&self, args: &[impl AsRef<str>]) -> Said {
        self.polcheck_with_stdin(args, b"")
    }

    pub(crate) fn polcheck_with_stdin(&self, args: &[impl AsRef<str>], stdin: &[u8]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_polcheck"));
        command.args(args.iter().map(AsRef::as_ref));
        self.call(command, stdin, |_| ())
    }

    /// Calls polcheck with so many KiB of data, and address space for little more than the sandbox reserves without ever
    /// using it; says how many KiB it had in memory at most.
    pub(crate) fn polcheck_within(&self, data: u64, args: &[impl AsRef<str>]) -> (Said, u64) {
        let mut command = Command::new("sh");
        let address_space = SANDBOX + 4 * data;
        let script = format!("ulimit -d {data} && ulimit -v {address_space} && exec \"$0\" \"$@\"");
        command
            .args(["-c", &script, env!("CARGO_BIN_EXE_polcheck")])
            .args(args.iter().map(AsRef::as_ref));
        let mut peak = 0;
        let said = self.call(command, b"", |id| {
            // What the kernel noted as the most so far, until the process is gone.
            while let Some(now) = resident(id) {
                peak = peak.max(now);
                thread::sleep(Duration::from_millis(2));
            }
        });
        (said, peak)
    }

    fn call(&self, mut command: Command, stdin: &[u8], watch: impl FnOnce(u32)) -> Said {
        let mut child = command
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path().join("home"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Whoever needs no input does not read it.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        watch(child.id());
        let output = child.wait_with_output().unwrap();
        Said {
            code: output.status.code().unwrap_or(-1),
            stdout: self.hide(&output.stdout),
            stderr: self.hide(&output.stderr),
        }
    }

    /// What differs from run to run.
    fn hide(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).replace(self.registry.host(), "registry.test");
        text.replace(&*self.folder.path().to_string_lossy(), "[FOLDER]")
    }

    /// Calls polcheck and reads the one JSON document it prints.
    pub(crate) fn json(&self, args: &[impl AsRef<str>]) -> Value {
        let said = self.polcheck(args);
        serde_json::from_str(&said.stdout)
            .unwrap_or_else(|error| panic!("no JSON: {error}\n{said}"))
    }

    /// Makes `polcheck.key` and `polcheck.pub`, unencrypted.
    pub(crate) fn make_key(&self) {
        self.make_key_called("polcheck");
    }

    pub(crate) fn make_key_called(&self, prefix: &str) {
        let said = self.polcheck(&[
            "key",
            "generate",
            "--no-password",
            "--output-key-prefix",
            prefix,
        ]);
        assert_eq!(said.code, 0, "{said}");
    }
}

/// The largest resident memory of a process so far, in KiB; none of one that has ended.
fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit code: {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "--- {name}\n{}", text.trim_end())?;
            }
        }
        Ok(())
    }
}

/// Compares what polcheck said with a snapshot in which digests and times are left out.
#[macro_export]
macro_rules! assert_said {
    ($said:expr, @$snapshot:literal) => {
        insta::with_settings!({ filters => vec![
            (r"sha(256|512):[0-9a-f]{64,128}", "sha$1:[DIGEST]"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[TIME]"),
        ] }, {
            insta::assert_snapshot!($said, @$snapshot);
        });
    };
}

/// A file of the test data that lies beside the checkout: in `$POLCHECK_SHARED`, or else in `../shared`. Where neither is
/// there, the test is written down as not run.
pub(crate) fn shared(file: &str, test: &str) -> Option<PathBuf> {
    let asked_for = std::env::var_os("POLCHECK_SHARED").map(PathBuf::from);
    let path = asked_for
        .clone()
        .unwrap_or_else(|| root().join("../shared"))
        .join(file);
    if path.exists() {
        return Some(path);
    }
    assert_eq!(asked_for, None, "POLCHECK_SHARED has no `{file}`");
    let line = format!("{test}: there is no `../shared/{file}`\n");
    // Whoever runs all tests counts them from this list.
    if let Some(list) = std::env::var_os("POLCHECK_NOT_RUN") {
        let mut list = fs::OpenOptions::new().append(true).open(list).unwrap();
        list.write_all(line.as_bytes()).unwrap();
    }
    None
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
