//! Keys that programs keep: `--key NAME://KEY`.

use crate::assert_said;
use crate::harness::{Said, World};
use crate::images::good;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use test_sigstore::Key;

/// Hands a call over to the test, and waits for its answer.
const PROGRAM: &str = "#!/bin/sh
call=$(mktemp -d \"$CALLS/new.XXXXXX\")
printf '%s' \"$1\" > \"$call/version\"
printf '%s' \"$2\" > \"$call/arguments\"
cat > \"$call/stdin\"
mv \"$call\" \"$call.made\"
until [ -e \"$call.made/answer\" ]; do sleep 0.01; done
cat \"$call.made/answer\"
exit 1
";

/// What the program was called with.
#[derive(Clone, Debug)]
struct Call {
    version: String,
    arguments: Value,
    stdin: Vec<u8>,
}

/// A program that answers as a test wants, until it is dropped.
struct Plugin {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Call>>>,
}

impl Plugin {
    fn install(
        world: &mut World,
        name: &str,
        answer: impl Fn(&Call) -> String + Send + 'static,
    ) -> Self {
        let path = world.path(&format!("bin/{name}"));
        world.write(&format!("bin/{name}"), PROGRAM);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let folder = path.parent().unwrap().to_str().unwrap().to_owned();
        world.set("PATH", &format!("{folder}:/usr/bin:/bin"));
        let calls = world.path("calls");
        fs::create_dir_all(&calls).unwrap();
        world.set("CALLS", calls.to_str().unwrap());
        let is_over = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let is_over = Arc::clone(&is_over);
            move || serve(&calls, &is_over, answer)
        });
        Self {
            is_over,
            thread: Some(thread),
        }
    }

    /// All calls, in their order.
    fn calls(mut self) -> Vec<Call> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn serve(calls: &Path, is_over: &AtomicBool, answer: impl Fn(&Call) -> String) -> Vec<Call> {
    let mut answered = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        for folder in made(calls) {
            let read = |name: &str| fs::read(folder.join(name)).unwrap();
            let call = Call {
                version: String::from_utf8(read("version")).unwrap(),
                arguments: serde_json::from_slice(&read("arguments")).unwrap(),
                stdin: read("stdin"),
            };
            fs::write(folder.join("answering"), answer(&call)).unwrap();
            fs::rename(folder.join("answering"), folder.join("answer")).unwrap();
            answered.push(call);
        }
        thread::sleep(Duration::from_millis(2));
    }
    answered
}

/// The calls that wait for an answer.
fn made(calls: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(calls).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "made"))
        .filter(|path| !path.join("answer").exists())
        .collect()
}

/// A world with a good image.
fn world() -> World {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world
}

/// Answers as a good plugin does.
fn good_answer(key: &Key, call: &Call) -> String {
    match call.arguments["methodName"].as_str() {
        Some("publicKey") => {
            let pem = STANDARD.encode(key.public_pem());
            json!({"publicKey": {"publicKeyPEM": pem}}).to_string()
        }
        Some("signMessage") => {
            let signature = STANDARD.encode(key.sign(&call.stdin));
            json!({"signMessage": {"signature": signature}}).to_string()
        }
        other => json!({"errorMessage": format!("no method {other:?}")}).to_string(),
    }
}

fn called(world: &World, command: &str) -> Said {
    let image = world.image("app:1");
    let words: Vec<_> = command.split(' ').chain([image.as_str()]).collect();
    world.polcheck(&words)
}

#[test]
fn a_program_signs_with_the_key_that_it_keeps() {
    let mut world = world();
    let key = Key::new();
    let pem = key.public_pem();
    let plugin = Plugin::install(&mut world, "sigstore-kms-my-hsm", move |call| {
        good_answer(&key, call)
    });
    let said = called(&world, "attest -q --key my-hsm://slot/7?a=b");
    assert_eq!(said.code, 0, "{said}");
    let said = called(&world, "verify --key my-hsm://slot/7?a=b");
    assert_eq!(said.code, 0, "{said}");
    world.write("own.pub", pem);
    assert_eq!(called(&world, "verify --key own.pub").code, 0);
    let calls = plugin.calls();
    let methods: Vec<_> = calls
        .iter()
        .map(|call| call.arguments["methodName"].as_str().unwrap())
        .collect();
    assert_eq!(methods, ["publicKey", "signMessage", "publicKey"]);
    let signing = &calls[1];
    assert_eq!(signing.version, "1");
    assert_eq!(
        signing.arguments["initOptions"],
        json!({"protocolVersion": "1", "keyResourceID": "slot/7?a=b", "hashFunc": 5, "rpcOptions": {}})
    );
    let options = json!({"rpcOptions": {}, "messageOptions": {"hashFunc": 5}});
    assert_eq!(signing.arguments["signMessage"]["signOptions"], options);
    assert!(
        signing
            .stdin
            .starts_with(b"DSSEv1 28 application/vnd.in-toto+json ")
    );
}

#[rstest]
#[case::error(
    r#"{"errorMessage":"access \u001b[31mdenied"}"#,
    "`sigstore-kms-hsm` could not say its public key: `access \\u{1b}[31mdenied`"
)]
#[case::no_json("Enter PIN:", "does not answer as version 1 of the protocol says")]
#[case::other_method(
    r#"{"signMessage":{"signature":"AAAA"}}"#,
    "does not answer as version 1 of the protocol says"
)]
#[case::no_key(
    r#"{"publicKey":{"publicKeyPEM":"AAAA"}}"#,
    "the key of `sigstore-kms-hsm` cannot be used"
)]
#[case::nothing("", "does not answer as version 1 of the protocol says")]
fn a_program_that_does_not_do_its_part_is_named(#[case] answer: &'static str, #[case] says: &str) {
    let mut world = world();
    let _plugin = Plugin::install(&mut world, "sigstore-kms-hsm", |_| answer.to_owned());
    for command in ["attest -q --key hsm://1", "verify --key hsm://1"] {
        let said = called(&world, command);
        assert_eq!(said.code, 2, "{said}");
        assert!(said.stderr.contains(says), "{said}");
        assert!(said.stderr.contains("= help: "), "{said}");
    }
}

#[test]
fn a_signature_that_is_not_by_the_key_is_refused() {
    let mut world = world();
    let (key, other) = (Key::new(), Key::new());
    let _plugin = Plugin::install(&mut world, "sigstore-kms-hsm", move |call| {
        let is_signing = call.arguments["methodName"] == "signMessage";
        good_answer(if is_signing { &other } else { &key }, call)
    });
    let said = called(&world, "attest -q --key hsm://1");
    assert_said!(said, @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      the signature that was made elsewhere does not verify with key `sha256:[DIGEST]`
    --- stderr
    error: the signature that was made elsewhere does not verify with key `sha256:[DIGEST]`
     |
     = help: look which key and version of a key the name means
    ");
}

#[test]
fn a_program_that_is_not_there_is_missed_by_its_name() {
    let world = world();
    assert_said!(called(&world, "attest -q --key no-such-kms://1"), @"
    exit code: 2
    --- stderr
    error: the program `sigstore-kms-no-such-kms` is not on PATH
     |
     = help: install `sigstore-kms-no-such-kms`, or put its folder on PATH
    ");
    let said = called(&world, "verify --key no-such-kms://1");
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("sigstore-kms-no-such-kms"), "{said}");
}

#[rstest]
#[case("://1")]
#[case("../x://1")]
#[case("a b://1")]
fn a_name_that_could_be_another_program_is_no_name(#[case] key: &str) {
    let world = world();
    let image = world.image("app:1");
    let said = world.polcheck(&["attest", "-q", "--key", key, &image]);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("is not the name of a key"), "{said}");
}

#[test]
fn a_key_may_be_in_a_variable() {
    let mut world = world();
    world.make_key();
    let (private, public) = (world.read("polcheck.key"), world.read("polcheck.pub"));
    world.set("PRIVATE", &private);
    world.set("PUBLIC", &public);
    let said = called(&world, "attest -q --key env://PRIVATE");
    assert_eq!(said.code, 0, "{said}");
    assert_eq!(called(&world, "verify --key env://PUBLIC").code, 0);
    let said = called(&world, "attest -q --key env://MISSING");
    assert_eq!(said.code, 2, "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn secrets_are_in_no_dump_and_on_no_command_line() {
    let mut world = world();
    let key = Key::new();
    let limits = Arc::new(std::sync::Mutex::new(Vec::new()));
    let plugin = Plugin::install(&mut world, "sigstore-kms-hsm", {
        let limits = Arc::clone(&limits);
        move |call| {
            // Whoever waits for this answer is polcheck, and so is the parent of the program.
            for process in fs::read_dir("/proc").unwrap().flatten() {
                let read = |name: &str| fs::read(process.path().join(name)).unwrap_or_default();
                let arguments = String::from_utf8_lossy(&read("cmdline")).into_owned();
                if arguments.contains("hsm://secrets-test") {
                    let found = String::from_utf8_lossy(&read("limits")).into_owned();
                    limits.lock().unwrap().push((arguments, found));
                }
            }
            good_answer(&key, call)
        }
    });
    world.set("HSM_PIN", "correct-horse");
    let said = called(&world, "attest -q --key hsm://secrets-test");
    assert_eq!(said.code, 0, "{said}");
    drop(plugin);
    let limits = limits.lock().unwrap();
    assert!(!limits.is_empty());
    for (arguments, limits) in &*limits {
        assert!(!arguments.contains("correct-horse"));
        let line = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"));
        let values: Vec<_> = line.unwrap().split_whitespace().skip(4).collect();
        assert_eq!(values[..2], ["0", "0"], "{limits}");
    }
}
