//! An engine, and a case to evaluate.

#![allow(
    dead_code,
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each test binary uses a part of it, and a test that cannot go on fails"
)]

use engine::{
    Allocation, Case, Circumstances, Compiler, Engine, Evaluation, Limits, LoadError, Options, Pack,
};
use model::{Broken, Facts, Outcome, RuleId};
use polcheck_engine as engine;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(crate) fn options() -> Options {
    Options {
        allocation: Allocation::OnDemand,
        limits: Limits::default(),
        compiler: Compiler {
            program: env!("CARGO_BIN_EXE_polcheck-compile").into(),
            args: vec![],
            timeout: Duration::from_mins(1),
        },
        cache: None,
    }
}

pub(crate) fn engine() -> Engine {
    Engine::new(options()).unwrap()
}

/// The image of a config blob.
pub(crate) fn case(config: &str) -> Arc<Case> {
    let facts = Facts {
        image: Some(facts::image(config.as_bytes(), None)),
        ..Facts::default()
    };
    Arc::new(Case::new(facts, Circumstances::default(), Arc::default()))
}

/// A component that `cargo xtask test` builds.
pub(crate) fn built(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name);
    std::fs::read(&path)
        .unwrap_or_else(|_| panic!("no `{}`: run `cargo xtask components`", path.display()))
}

pub(crate) fn hostile(engine: &Engine) -> Pack {
    engine.load(&built("tests/built/hostile.wasm")).unwrap()
}

pub(crate) fn evaluate(engine: &Engine, pack: &Pack, rules: &[&str]) -> Evaluation {
    let rules: Vec<RuleId> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
    engine.evaluate(pack, &rules, &case("{}"))
}

/// How a rule broke, evaluated alone.
pub(crate) fn broken(engine: &Engine, pack: &Pack, rule: &str) -> Broken {
    let mut evaluation = evaluate(engine, pack, &[rule]);
    match evaluation.outcomes.pop().map(|outcome| outcome.outcome) {
        Some(Outcome::Broken(broken)) => broken,
        other => panic!("`{rule}` is not broken: {other:?}"),
    }
}

/// Loads a core module, written as text, as a component of the contract's world.
pub(crate) fn load_core(engine: &Engine, core: &str) -> Result<Pack, LoadError> {
    engine.load(&component(core))
}

/// A component of the contract's world around a core module, written as text.
pub(crate) fn component(core: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let (package, _) = resolve.push_dir(&wit).unwrap();
    let world = resolve.select_world(&[package], Some("policy")).unwrap();
    let mut module = wat::parse_str(core).unwrap();
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        wit_component::StringEncoding::UTF8,
    )
    .unwrap();
    wit_component::ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

/// A core module that describes one rule, `hand.written`, and runs `evaluate` for it. `more` is put beside them.
pub(crate) fn core(evaluate: &str, more: &str) -> String {
    let data = description()
        .iter()
        .fold(String::new(), |data, byte| data + &format!("\\{byte:02x}"));
    format!(
        r#"(module
            (memory (export "memory") 1)
            (data (i32.const 1024) "{data}")
            (func (export "polcheck:policy/check@0.1.0#describe") (result i32) i32.const 1024)
            (func $evaluate (export "polcheck:policy/check@0.1.0#evaluate") (param i32 i32) (result i32) {evaluate})
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 32768)
            {more})"#
    )
}

/// The record `metadata` of one rule, lowered by the canonical ABI to address 1024.
fn description() -> Vec<u8> {
    const TEXTS: u32 = 1024 + 256;
    const RULE: u32 = 1024 + 64;
    let words = "hand0.1.0hand.written";
    let text = |start: u32, length: u32| [TEXTS + start, length];
    let nothing = [0, 0];
    let metadata = [text(0, 4), text(4, 5), text(0, 4), text(0, 4)].concat();
    // No licence, then the list of rules.
    let metadata = [metadata, vec![0, 0, 0], vec![RULE, 1]].concat();
    let rule = [
        text(9, 12).to_vec(),
        text(0, 4).to_vec(),
        vec![3],
        text(0, 4).to_vec(),
        [nothing; 4].concat(),
        vec![0, 0, 0],
    ]
    .concat();
    let mut memory = vec![0; 256 + words.len()];
    for (start, values) in [(0, metadata), (64, rule)] {
        for (index, value) in values.iter().enumerate() {
            memory[start + index * 4..][..4].copy_from_slice(&value.to_le_bytes());
        }
    }
    memory[256..].copy_from_slice(words.as_bytes());
    memory
}
