//! Policies that attack their host. Each attack ends in its own named outcome, within its limit, and never in a pass.

mod sandbox;

use model::{BrokenKind, Outcome};
use polcheck_engine::{Allocation, Engine, Options};
use rstest::rstest;
use sandbox::{broken, core, engine, evaluate, hostile, load_core, options};
use std::time::{Duration, Instant};

#[rstest]
#[case(
    "endless.loop",
    BrokenKind::OutOfFuel,
    "it used up its 500000000 units of fuel"
)]
#[case(
    "memory.growth",
    BrokenKind::Memory,
    "it wanted more than 64 MiB of memory"
)]
#[case(
    "deep.recursion",
    BrokenKind::Trap,
    "wasm trap: out of bounds memory access"
)]
#[case(
    "many.findings",
    BrokenKind::Findings,
    "it reported 2000 findings, and 1000 are allowed"
)]
#[case(
    "many.texts",
    BrokenKind::HostBytes,
    "it handed more than 16 MiB of text to the host"
)]
#[case(
    "many.calls",
    BrokenKind::HostCalls,
    "it called the host more than 200000 times"
)]
#[case("log.flood", BrokenKind::Log, "it logged more than 64 KiB")]
#[case(
    "undeclared.read",
    BrokenKind::UndeclaredFact,
    "it read `image` without declaring that it needs or uses it"
)]
#[case(
    "not.answered",
    BrokenKind::NotAnswered,
    "it did not answer for `not.answered`"
)]
#[case(
    "answered.twice",
    BrokenKind::AnsweredTwice,
    "it answered for `answered.twice` more than once"
)]
#[case(
    "unknown.answer",
    BrokenKind::UnknownRule,
    "it answered for `good.other`, which was not asked for"
)]
fn an_attack_ends_in_its_own_named_outcome(
    #[case] rule: &str,
    #[case] kind: BrokenKind,
    #[case] message: &str,
) {
    let engine = engine();
    let broken = broken(&engine, &hostile(&engine), rule);
    assert_eq!((broken.kind, broken.message.as_str()), (kind, message));
}

#[rstest]
#[case("huge.answer")]
#[case("huge.text")]
fn what_is_huge_is_refused_before_it_is_copied(#[case] rule: &str) {
    let engine = engine();
    let broken = broken(&engine, &hostile(&engine), rule);
    assert_eq!(broken.kind, BrokenKind::Handover);
    assert!(
        broken
            .message
            .starts_with("what it handed to the host is larger than 1024 KiB"),
        "{}",
        broken.message
    );
}

#[test]
fn a_panic_says_its_message() {
    let engine = engine();
    let broken = broken(&engine, &hostile(&engine), "panic.message");
    assert_eq!(broken.kind, BrokenKind::Panic);
    assert!(
        broken.message.ends_with("no seven here"),
        "{}",
        broken.message
    );
}

#[test]
fn work_that_fuel_does_not_count_ends_at_the_deadline() {
    let mut options = options();
    options.limits.deadline = Duration::from_millis(200);
    let engine = Engine::new(options).unwrap();
    let start = Instant::now();
    let broken = broken(&engine, &hostile(&engine), "many.patterns");
    assert_eq!(broken.kind, BrokenKind::Deadline);
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "the deadline did not count"
    );
}

#[test]
fn all_rules_of_a_pack_together_have_a_deadline_too() {
    let mut options = options();
    options.limits.pack_deadline = Duration::ZERO;
    let engine = Engine::new(options).unwrap();
    assert_eq!(
        broken(&engine, &hostile(&engine), "good.neighbour").kind,
        BrokenKind::Deadline
    );
}

#[test]
fn a_table_cannot_grow_without_end() {
    let grow = "(drop (table.grow $t (ref.null func) (i32.const 1000000))) unreachable";
    let engine = engine();
    let pack = load_core(&engine, &core(grow, "(table $t 1 funcref)")).unwrap();
    let broken = broken(&engine, &pack, "hand.written");
    assert_eq!(
        (broken.kind, broken.message.as_str()),
        (
            BrokenKind::Table,
            "it wanted tables of more than 20000 elements"
        )
    );
}

#[test]
fn recursion_without_end_exhausts_its_own_stack() {
    let recurse = "(call $evaluate (local.get 0) (local.get 1))";
    let engine = engine();
    let pack = load_core(&engine, &core(recurse, "")).unwrap();
    assert_eq!(
        broken(&engine, &pack, "hand.written").kind,
        BrokenKind::Stack
    );
}

#[test]
fn memories_are_counted_together() {
    let grow = "(drop (memory.grow $other (i32.const 600))) (drop (memory.grow 0 (i32.const 600))) unreachable";
    let engine = engine();
    let pack = load_core(&engine, &core(grow, "(memory $other 1)")).unwrap();
    assert_eq!(
        broken(&engine, &pack, "hand.written").kind,
        BrokenKind::Memory
    );
}

#[test]
fn an_answer_that_lies_outside_of_memory_is_refused() {
    let engine = engine();
    let pack = load_core(&engine, &core("i32.const 0x7ffffff0", "")).unwrap();
    assert_eq!(
        broken(&engine, &pack, "hand.written").kind,
        BrokenKind::Handover
    );
}

#[test]
fn a_trap_without_last_words_is_only_a_trap() {
    let engine = engine();
    let pack = load_core(&engine, &core("unreachable", "")).unwrap();
    assert_eq!(
        broken(&engine, &pack, "hand.written").kind,
        BrokenKind::Trap
    );
}

#[test]
fn a_rule_that_breaks_breaks_only_itself() {
    let engine = engine();
    let pack = hostile(&engine);
    let evaluation = evaluate(
        &engine,
        &pack,
        &[
            "panic.message",
            "good.neighbour",
            "endless.loop",
            "unknown.answer",
        ],
    );
    let outcomes: Vec<_> = evaluation
        .outcomes
        .iter()
        .map(|outcome| (outcome.rule.as_ref(), &outcome.outcome))
        .collect();
    assert_eq!(outcomes.len(), 4);
    for (rule, outcome) in outcomes {
        match rule {
            "good.neighbour" => assert_eq!(outcome, &Outcome::HOLDS),
            _ => assert!(
                matches!(outcome, Outcome::Broken(_)),
                "`{rule}` is not broken"
            ),
        }
    }
}

#[test]
fn every_rule_that_is_asked_for_has_an_outcome_even_if_the_pack_has_no_such_rule() {
    let engine = engine();
    let pack = hostile(&engine);
    assert_eq!(
        broken(&engine, &pack, "no.such-rule").kind,
        BrokenKind::NotAnswered
    );
}

#[rstest]
#[case(Allocation::OnDemand)]
#[case(Allocation::Pooling { instances: 4 })]
fn what_is_not_a_number_has_the_same_bits_everywhere(#[case] allocation: Allocation) {
    let engine = Engine::new(Options {
        allocation,
        ..options()
    })
    .unwrap();
    let evaluation = evaluate(&engine, &hostile(&engine), &["nan.games"]);
    let [finding] = evaluation.outcomes[0].outcome.findings() else {
        panic!("no finding")
    };
    for bits in finding.evidence.values() {
        assert_eq!(bits, "7ff8000000000000");
    }
}

#[test]
fn a_pool_that_is_full_is_an_outcome_and_no_pass() {
    let engine = Engine::new(Options {
        allocation: Allocation::Pooling { instances: 1 },
        ..options()
    })
    .unwrap();
    let pack = hostile(&engine);
    std::thread::scope(|scope| {
        let busy = scope.spawn(|| broken(&engine, &pack, "endless.loop"));
        std::thread::sleep(Duration::from_millis(100));
        let evaluation = evaluate(&engine, &pack, &["good.neighbour"]);
        let outcome = &evaluation.outcomes[0].outcome;
        let is_unavailable =
            matches!(outcome, Outcome::Broken(broken) if broken.kind == BrokenKind::Unavailable);
        assert!(is_unavailable || busy.is_finished(), "{outcome:?}");
        assert_eq!(busy.join().unwrap().kind, BrokenKind::OutOfFuel);
    });
}

#[test]
fn the_same_evaluation_uses_the_same_fuel() {
    let engine = engine();
    let pack = hostile(&engine);
    let fuel: Vec<u64> = (0..3)
        .map(|_| evaluate(&engine, &pack, &["nan.games"]).fuel)
        .collect();
    assert!(
        fuel[0] > 0 && fuel.iter().all(|used| *used == fuel[0]),
        "{fuel:?}"
    );
}
