//! `--predicate` and `--valid-for`: what kind of statement is signed, and for how long it counts.

use crate::harness::{Said, World};
use crate::images::good;
use rstest::rstest;
use serde_json::Value;
use std::thread;
use std::time::Duration;

const SVR: &str = "https://in-toto.io/attestation/svr/v0.2";
const VSA: &str = "https://slsa.dev/verification_summary/v1";

fn world() -> World {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    world
}

fn attest(world: &World, flags: &[&str]) -> Said {
    let words = ["attest", "--key", "polcheck.key"];
    world.polcheck(&[&words[..], flags, &[&world.image("app:1")]].concat())
}

fn verify(world: &World, flags: &[&str]) -> Said {
    let words = ["verify", "--key", "polcheck.pub"];
    world.polcheck(&[&words[..], flags, &[&world.image("app:1")]].concat())
}

/// The predicate types of what is attached to the image, sorted.
fn attached(world: &World) -> Vec<String> {
    let list = world.json(&["statements", "-o", "json", &world.image("app:1")]);
    let all = list["attached"].as_array().unwrap().iter();
    let mut types: Vec<String> = all
        .map(|it| it["says"]["predicateType"].as_str().unwrap().to_owned())
        .collect();
    types.sort();
    types
}

#[rstest]
#[case("svr", &[SVR])]
#[case("vsa", &[VSA])]
#[case("both", &[SVR, VSA])]
fn each_kind_of_statement_is_signed_and_relied_on(
    #[case] predicate: &str,
    #[case] expected: &[&str],
) {
    let world = world();
    let said = attest(&world, &["--predicate", predicate]);
    assert_eq!(said.code, 0, "{said}");
    assert_eq!(attached(&world), expected);
    assert_eq!(
        said.stdout
            .contains("verification summary signed and attached"),
        expected.contains(&VSA),
        "{said}"
    );
    let said = verify(&world, &["--require", "security.scan=passed"]);
    assert_eq!(said.code, 0, "{said}");
    let other = verify(&world, &["--require", "security.other=passed"]);
    assert_eq!(other.code, 1, "{other}");
}

#[test]
fn a_statement_takes_the_place_of_those_of_its_own_kind_alone() {
    let world = world();
    assert_eq!(attest(&world, &["--predicate", "both"]).code, 0);
    // Statements are older than one another by whole seconds.
    thread::sleep(Duration::from_millis(1100));
    assert_eq!(attest(&world, &["--predicate", "vsa"]).code, 0);
    assert_eq!(attached(&world), [SVR, VSA]);
}

#[test]
fn a_statement_counts_for_as_long_as_it_was_signed_for() {
    let world = world();
    let said = attest(&world, &["--predicate", "both", "--valid-for", "1s"]);
    assert_eq!(said.code, 0, "{said}");
    thread::sleep(Duration::from_millis(2100));
    let said = verify(&world, &[]);
    assert_eq!(said.code, 1, "{said}");
    assert!(said.stdout.contains("was valid until"), "{said}");
}

#[test]
fn a_dry_run_shows_the_period_and_each_statement() {
    let world = world();
    let flags = ["--dry-run", "--predicate", "both", "--valid-for", "30d"];
    let said = attest(&world, &[&flags[..], &["-o", "json"]].concat());
    assert_eq!(said.code, 0, "{said}");
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    let statements = document["reports"][0]["statements"].as_array().unwrap();
    let types: Vec<_> = statements.iter().map(|it| &it["predicateType"]).collect();
    assert_eq!(types, [SVR, VSA]);
    for statement in statements {
        let evidence = &statement["document"]["predicate"]["polcheck_evidence"];
        assert!(evidence["validUntil"].is_string(), "{statement}");
    }
    assert_eq!(attached(&world), [""; 0]);
}

#[rstest]
#[case("0s")]
#[case("-1h")]
#[case("soon")]
fn a_period_that_is_none_is_refused(#[case] period: &str) {
    let said = attest(&world(), &[&format!("--valid-for={period}")]);
    assert_eq!(said.code, 2, "{said}");
}

#[test]
fn one_file_holds_one_statement() {
    let world = world();
    let said = attest(
        &world,
        &["--no-upload", "--predicate", "both", "--bundle", "b.json"],
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("`--predicate`"), "{said}");
}
