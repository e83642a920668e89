//! Components that are no packs. Each is refused by its own named error, before it runs where that is possible.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod sandbox;

use polcheck_engine::{
    Cache, CacheError, Compiler, Engine, LoadError, MAX_COMPONENT_BYTES, MetadataError, Options,
};
use rstest::rstest;
use sandbox::{built, component, core, engine, load_core, options};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

fn refused(text: &str) -> LoadError {
    let component = wat::parse_str(text).unwrap();
    engine().load(&component).unwrap_err()
}

#[rstest]
#[case(
    r#"(component (import "wasi:cli/environment@0.2.6" (instance)))"#,
    "the policy imports `wasi:cli/environment@0.2.6`, which no policy can have"
)]
#[case(
    r#"(component (import "evil" (func)))"#,
    "the policy imports `evil`, which no policy can have"
)]
#[case(
    r#"(component (import "polcheck:policy/telepathy@0.1.0" (instance)))"#,
    "the policy imports `polcheck:policy/telepathy@0.1.0`, which this version does not serve"
)]
#[case(
    r#"(component (import "polcheck:policy/image@0.2.0" (instance)))"#,
    "the policy imports `polcheck:policy/image@0.2.0`, which this version does not serve"
)]
#[case(
    r#"(component (import "polcheck:policy/image@0.1.0-rc.1" (instance)))"#,
    "the policy imports `polcheck:policy/image@0.1.0-rc.1`, which this version does not serve"
)]
#[case(
    r#"(component (instance $i) (export "polcheck:policy/check@0.2.0" (instance $i)))"#,
    "the policy exports `polcheck:policy/check@0.2.0`, and this version runs `polcheck:policy/check@0.1`"
)]
#[case(
    "(component)",
    "the policy does not export `polcheck:policy/check@0.1`"
)]
#[case("(module)", "the policy is a core module, not a component")]
fn is_refused_by_what_it_imports_and_exports(#[case] text: &str, #[case] message: &str) {
    assert_eq!(refused(text).to_string(), message);
}

#[test]
fn wasi_is_refused_with_a_hint_how_to_build_without() {
    let error = refused(r#"(component (import "wasi:io/poll@0.2.6" (instance)))"#);
    assert!(error.help().unwrap().contains("wasm32-unknown-unknown"));
}

#[test]
fn an_import_of_an_inner_component_does_not_count() {
    let inner = r#"(component (component (import "evil" (func))))"#;
    assert!(matches!(refused(inner), LoadError::NoContract));
}

#[test]
fn garbage_and_truncated_components_are_refused() {
    let whole = built("tests/built/hostile.wasm");
    for bytes in [b"not wasm".as_slice(), &[], b"\0as"] {
        assert!(matches!(
            engine().load(bytes),
            Err(LoadError::NotWebAssembly)
        ));
    }
    for bytes in [b"\0asm".as_slice(), &whole[..whole.len() / 2]] {
        assert!(matches!(
            engine().load(bytes),
            Err(LoadError::NotAComponent(_))
        ));
    }
}

#[test]
fn thirty_megabytes_are_refused_without_being_read() {
    let error = engine().load(&vec![0; 30 << 20]).unwrap_err();
    assert!(
        matches!(error, LoadError::TooLarge { size, limit: MAX_COMPONENT_BYTES } if size == 30 << 20)
    );
}

#[test]
fn an_export_of_other_types_does_not_fit_the_contract() {
    let text = r#"(component (instance $i) (export "polcheck:policy/check@0.1.0" (instance $i)))"#;
    assert!(matches!(refused(text), LoadError::Link(_)));
}

#[test]
fn a_start_function_that_loops_runs_out_of_fuel() {
    let core = core(
        "unreachable",
        "(start $loop) (func $loop (loop $l (br $l)))",
    );
    let error = load_core(&engine(), &core).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the policy cannot describe itself: it used up its 500000000 units of fuel"
    );
}

#[test]
fn a_description_that_calls_an_import_is_refused() {
    let core = r#"(module
        (import "polcheck:policy/evaluation@0.1.0" "time" (func $time (result i64)))
        (memory (export "memory") 1)
        (func (export "polcheck:policy/check@0.1.0#describe") (result i32) (drop (call $time)) i32.const 0)
        (func (export "polcheck:policy/check@0.1.0#evaluate") (param i32 i32) (result i32) i32.const 0)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))"#;
    let error = load_core(&engine(), core).unwrap_err();
    assert!(matches!(error, LoadError::Describe { .. }), "{error}");
}

#[test]
fn a_description_without_rules_is_refused() {
    // The record is all zeroes, so even its id is empty.
    let core = core(
        "unreachable",
        r#"(data (i32.const 1024) "\00\00\00\00\00\00\00\00")"#,
    );
    assert!(
        matches!(load_core(&engine(), &core), Err(LoadError::Metadata(MetadataError::PackId(id))) if id.is_empty())
    );
}

#[test]
fn memory_larger_than_the_limit_is_refused_from_the_start() {
    let core = core("unreachable", "(memory 2000)");
    let error = load_core(&engine(), &core).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the policy cannot describe itself: it wanted more than 64 MiB of memory"
    );
}

#[test]
fn a_compiler_that_takes_too_long_is_stopped() {
    let compiler = Compiler {
        program: "sleep".into(),
        args: vec!["60".into()],
        timeout: Duration::from_millis(50),
    };
    let engine = Engine::new(Options {
        compiler,
        ..options()
    })
    .unwrap();
    let error = engine.load(&built("tests/built/hostile.wasm")).unwrap_err();
    assert!(matches!(error, LoadError::CompileTimeout { .. }), "{error}");
}

#[test]
fn what_the_compiler_refuses_is_said() {
    // Valid to the reader of imports, and not to the compiler: SIMD is off.
    let core = core("unreachable", "(func (drop (v128.const i64x2 0 0)))");
    let error = engine().load(&component(&core)).unwrap_err();
    assert!(
        matches!(&error, LoadError::Compile { reason } if reason.contains("SIMD")),
        "{error}"
    );
}

#[test]
fn a_compiler_that_is_not_there_is_said() {
    let compiler = Compiler {
        program: "/does/not/exist".into(),
        args: vec![],
        timeout: Duration::from_secs(1),
    };
    let engine = Engine::new(Options {
        compiler,
        ..options()
    })
    .unwrap();
    assert!(matches!(
        engine.load(&built("tests/built/hostile.wasm")),
        Err(LoadError::Compiler(_))
    ));
}

/// An engine whose compiler fails, so that only the cache can serve.
fn engine_without_compiler(cache: Cache) -> Engine {
    let compiler = Compiler {
        program: "false".into(),
        args: vec![],
        timeout: Duration::from_secs(1),
    };
    Engine::new(Options {
        compiler,
        cache: Some(cache),
        ..options()
    })
    .unwrap()
}

#[test]
fn compiled_code_is_taken_from_the_cache_only_if_it_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("compiled");
    let component = built("tests/built/hostile.wasm");
    let cache = Cache::open(&path).unwrap();
    Engine::new(Options {
        cache: Some(cache.clone()),
        ..options()
    })
    .unwrap()
    .load(&component)
    .unwrap();
    engine_without_compiler(cache.clone())
        .load(&component)
        .unwrap();

    let file = fs::read_dir(&path).unwrap().next().unwrap().unwrap().path();
    let code = fs::read(&file).unwrap();
    for broken in [
        &code[..code.len() - 1],
        &code[..10],
        &[code.as_slice(), b"x"].concat(),
        &flipped(&code),
    ] {
        fs::write(&file, broken).unwrap();
        assert!(matches!(
            engine_without_compiler(cache.clone()).load(&component),
            Err(LoadError::Compile { .. })
        ));
    }
}

fn flipped(code: &[u8]) -> Vec<u8> {
    let mut code = code.to_vec();
    let middle = code.len() / 2;
    code[middle] ^= 1;
    code
}

#[test]
fn a_cache_that_others_may_write_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o770)).unwrap();
    assert!(matches!(
        Cache::open(dir.path()),
        Err(CacheError::NotPrivate { .. })
    ));
    let link = dir.path().join("link");
    std::os::unix::fs::symlink("/tmp", &link).unwrap();
    assert!(Cache::open(&link).is_err());
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(
        Cache::open(&file),
        Err(CacheError::Io { .. } | CacheError::NotPrivate { .. })
    ));
}
