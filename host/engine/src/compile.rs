//! Turning a component into machine code. A hostile component could keep a compiler busy or fill its memory, so it runs
//! in a process of its own, which is stopped when it takes too long.

use crate::config::compiler_config;
use crate::error::LoadError;
use crate::limits::MAX_COMPONENT_BYTES;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use wasmtime::Engine;

/// The address space of the compiler process; the largest component that was tried needs a tenth.
const MAX_COMPILER_BYTES: u64 = 4 << 30;
/// The processor time of the compiler process.
const MAX_COMPILER_SECONDS: u64 = 120;
/// The largest machine code that is read back.
const MAX_CODE_BYTES: u64 = 256 << 20;
/// What the compiler process may say about a failure.
const MAX_REASON_BYTES: u64 = 4 << 10;
const POLL: Duration = Duration::from_millis(2);

/// The program that compiles: it must call [`compile_stdin_to_stdout`].
#[derive(Clone, Debug)]
pub struct Compiler {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Wall clock of one compilation.
    pub timeout: Duration,
}

impl Compiler {
    /// Compiles a component.
    ///
    /// # Errors
    /// If the component cannot be compiled, takes too long, or the process cannot be run.
    pub(crate) fn compile(&self, component: &[u8]) -> Result<Vec<u8>, LoadError> {
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(LoadError::Compiler)?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            // A process that stops reading or writing is noticed below; these threads end with its pipes.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(component)));
            let code = scope.spawn(move || read(stdout, MAX_CODE_BYTES));
            let reason = scope.spawn(move || read(stderr, MAX_REASON_BYTES));
            let succeeded = self.wait(&mut child)?;
            let code = code
                .join()
                .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
                .map_err(LoadError::Compiler)?;
            if succeeded {
                return Ok(code);
            }
            let reason = reason
                .join()
                .unwrap_or_else(|_| Ok(Vec::new()))
                .unwrap_or_default();
            let reason = String::from_utf8_lossy(&reason).trim().to_owned();
            let reason = if reason.is_empty() {
                "it needs more memory or time than allowed".to_owned()
            } else {
                reason
            };
            Err(LoadError::Compile { reason })
        })
    }

    fn wait(&self, child: &mut Child) -> Result<bool, LoadError> {
        let end = Instant::now() + self.timeout;
        loop {
            if let Some(status) = child.try_wait().map_err(LoadError::Compiler)? {
                return Ok(status.success());
            }
            if Instant::now() > end {
                child
                    .kill()
                    .and_then(|()| child.wait())
                    .map_err(LoadError::Compiler)?;
                return Err(LoadError::CompileTimeout {
                    limit: self.timeout,
                });
            }
            thread::sleep(POLL);
        }
    }
}

fn read(pipe: Option<impl Read>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The whole work of a compiler process: a component on standard input, machine code on standard output. It limits its
/// own memory and processor time first.
///
/// `target` is a triple: the code then needs no feature that only some machines of it have. Without one it is for this
/// machine.
///
/// # Errors
/// If the component cannot be read or compiled; the message is for a person.
pub fn compile_stdin_to_stdout(target: Option<&str>) -> Result<(), String> {
    confine().map_err(|error| error.to_string())?;
    let mut component = Vec::new();
    let limit = u64::try_from(MAX_COMPONENT_BYTES).unwrap_or(u64::MAX);
    io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut component)
        .map_err(|error| error.to_string())?;
    let code =
        compile(&component, target).map_err(|error| format!("{error:#}").replace('\n', " "))?;
    io::stdout()
        .lock()
        .write_all(&code)
        .map_err(|error| error.to_string())
}

fn confine() -> rustix::io::Result<()> {
    let limit = |value| Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    setrlimit(Resource::As, limit(MAX_COMPILER_BYTES))?;
    setrlimit(Resource::Cpu, limit(MAX_COMPILER_SECONDS))
}

fn compile(component: &[u8], target: Option<&str>) -> wasmtime::Result<Vec<u8>> {
    let mut config = compiler_config();
    if let Some(target) = target {
        config.target(target)?;
    }
    Engine::new(&config)?.precompile_component(component)
}
