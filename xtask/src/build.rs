//! The built-in packs, and the binary they lie in.

use crate::run::{Failure, Outcome, cargo, command, output, root, run, say};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use wasmparser::{BinaryReader, BinaryReaderError};

const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// The packs that lie in the binary: their folder under `policies/`, which is the end of their package's name.
const PACKS: [&str; 2] = ["core", "supply"];
/// The policy that the tests of the sandbox are made of.
const HOSTILE: &str = "polcheck-test-hostile";

/// What makes components small that are compiled to be quick (`docs/decisions/0010`): the linker leaves room behind every address
/// unless it is told not to, only functions that cost next to nothing are built into their callers, and no loop is unrolled.
const SMALL: [&str; 3] = [
    "-Clink-arg=--compress-relocations",
    "-Cllvm-args=--inline-threshold=20",
    "-Cllvm-args=--unroll-threshold=0",
];

/// How the binary is built. Packs are always built small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &[],
            Self::Release => &["--release"],
        }
    }

    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Builds everything and answers where the binary lies.
pub(crate) fn all(profile: Profile) -> Outcome<PathBuf> {
    packs(profile)?;
    let args = [
        &["build", "--locked", "--package", "polcheck"],
        profile.flags(),
    ]
    .concat();
    run(&mut cargo(&args))?;
    let binary = target_dir()?.join(profile.folder()).join("polcheck");
    say(&format!("built {}", binary.display()));
    Ok(binary)
}

/// Builds the packs and the binary as the tests are built, so that nothing is built twice, and answers where the binary lies.
pub(crate) fn for_tests() -> Outcome<PathBuf> {
    packs(Profile::Dev)?;
    let tests = ["--test", "it", "--test", "e2e"];
    let build = ["test", "--locked", "--workspace", "--no-run"];
    run(&mut cargo(&[&build[..], &tests].concat()))?;
    Ok(target_dir()?.join(Profile::Dev.folder()).join("polcheck"))
}

/// Builds the packs: components, the machine code that polcheck carries, and what they say of themselves.
pub(crate) fn packs(profile: Profile) -> Outcome {
    add_target()?;
    let args = [
        &[
            "build",
            "--locked",
            "--package",
            "polcheck-engine",
            "--bin",
            "polcheck-compile",
        ],
        profile.flags(),
    ];
    run(&mut cargo(&args.concat()))?;
    let compiler = target_dir()?
        .join(profile.folder())
        .join("polcheck-compile");
    let built = root().join("policies/built");
    fs::create_dir_all(&built)?;
    let host = host()?;
    for pack in PACKS {
        let component = component(&format!("polcheck-policy-{pack}"))?;
        let digest = format!("sha256:{}", hex(&Sha256::digest(&component)));
        let code = through(&compiler, &["compile", &host], &component)?;
        let description = through(&compiler, &["describe", &digest], &code)?;
        say(&format!(
            "pack {pack}: {} bytes, compiled {}, {digest}",
            component.len(),
            code.len()
        ));
        write(&built.join(format!("{pack}.wasm")), &component)?;
        write(&built.join(format!("{pack}.cwasm")), &code)?;
        write(&built.join(format!("{pack}.json")), &description)?;
    }
    Ok(())
}

/// Builds the components that only tests load.
pub(crate) fn test_components() -> Outcome {
    add_target()?;
    let built = root().join("tests/built");
    fs::create_dir_all(&built)?;
    write(&built.join("hostile.wasm"), &component(HOSTILE)?)
}

/// Targets are not installed by themselves.
pub(crate) fn add_target() -> Outcome {
    let installed = output(&mut command("rustup", &["target", "list", "--installed"]))?;
    if installed.lines().any(|target| target == WASM_TARGET) {
        return Ok(());
    }
    run(&mut command("rustup", &["target", "add", WASM_TARGET]))
}

/// Builds a component. The same sources give the same bytes on every machine, since the digest of the pack
/// is what statements name: no path of this machine may lie in it.
fn component(package: &str) -> Outcome<Vec<u8>> {
    let target_dir = target_dir()?;
    let remapped = [
        (root(), "polcheck"),
        (cargo_home()?, "cargo"),
        (target_dir.clone(), "target"),
    ];
    let flags = remapped
        .iter()
        .map(|(from, to)| format!("'--remap-path-prefix={}={to}'", from.display()));
    let flags = flags.chain(SMALL.map(|flag| format!("'{flag}'")));
    let flags = format!(
        "target.{WASM_TARGET}.rustflags=[{}]",
        flags.collect::<Vec<_>>().join(",")
    );
    run(&mut cargo(&[
        "build",
        "--locked",
        "--package",
        package,
        "--lib",
        "--profile",
        "pack",
        "--target",
        WASM_TARGET,
        "--config",
        &flags,
    ]))?;
    let module = target_dir
        .join(WASM_TARGET)
        .join("pack")
        .join(format!("{}.wasm", package.replace('-', "_")));
    let module = fs::read(&module)
        .map_err(|error| Failure(format!("cannot read `{}`: {error}", module.display())))?;
    let component = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| Failure(format!("`{package}` is no component: {error:#}")))?;
    without_names(&component).map_err(|error| {
        Failure(format!(
            "the component of `{package}` cannot be read: {error}"
        ))
    })
}

/// A component without the names of its parts, which only who debugs it reads.
fn without_names(component: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    const HEADER: usize = 8;
    const CUSTOM_SECTION: u8 = 0;
    let mut reader = BinaryReader::new(component, 0);
    let mut kept = reader.read_bytes(HEADER)?.to_vec();
    while !reader.eof() {
        let start = reader.original_position();
        let section = reader.read_u8()?;
        let size = reader.read_var_u32()?;
        let content = reader.read_bytes(usize::try_from(size).unwrap_or(usize::MAX))?;
        let is_names = section == CUSTOM_SECTION
            && BinaryReader::new(content, 0).read_string()? == "component-name";
        if !is_names {
            let whole = component.get(start..reader.original_position());
            kept.extend_from_slice(whole.unwrap_or_default());
        }
    }
    Ok(kept)
}

fn cargo_home() -> Outcome<PathBuf> {
    let home = |name, below| std::env::var_os(name).map(|home| Path::new(&home).join(below));
    home("CARGO_HOME", "")
        .or_else(|| home("HOME", ".cargo"))
        .ok_or_else(|| Failure("`HOME` is not set".to_owned()))
}

/// The kind of machine that this is: packs are compiled for every machine of the kind, not only for this one.
fn host() -> Outcome<String> {
    let version = output(&mut command("rustc", &["-vV"]))?;
    let mut lines = version.lines();
    let target = lines.find_map(|line| line.strip_prefix("host: "));
    target
        .map(ToOwned::to_owned)
        .ok_or_else(|| Failure("`rustc -vV` names no host".to_owned()))
}

/// What `polcheck-compile` makes of what it is given.
fn through(compiler: &Path, words: &[&str], given: &[u8]) -> Outcome<Vec<u8>> {
    let mut child = command(&compiler.to_string_lossy(), words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        std::io::Write::write_all(&mut stdin, given)?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(Failure("the pack cannot be built".to_owned()))
    }
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> Outcome<PathBuf> {
    let metadata = output(&mut cargo(&[
        "metadata",
        "--locked",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)
        .map_err(|error| Failure(format!("cargo metadata: {error}")))?;
    let dir = metadata
        .get("target_directory")
        .and_then(serde_json::Value::as_str);
    dir.map(PathBuf::from)
        .ok_or_else(|| Failure("cargo metadata names no target directory".to_owned()))
}

/// Writes a file unless it is there already, so that cargo does not build again what did not change.
fn write(path: &Path, bytes: &[u8]) -> Outcome {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(path, bytes)
        .map_err(|error| Failure(format!("cannot write `{}`: {error}", path.display())))
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
