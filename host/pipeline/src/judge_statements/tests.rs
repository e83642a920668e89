use super::*;
use model::canonical;
use rstest::rstest;

fn key(name: &str) -> Signer {
    Signer::Key(canonical::sha256(name.as_bytes()))
}

fn person(subject: &str, issuer: &str) -> Signer {
    Signer::Identity {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
    }
}

#[rstest]
#[case::one(vec![(key("a"), vec!["ci"])], 1)]
#[case::same_key_twice(vec![(key("a"), vec!["ci"]), (key("a"), vec!["ci"])], 1)]
#[case::two_keys_of_one_name(vec![(key("a"), vec!["ci"]), (key("b"), vec!["ci"])], 1)]
#[case::key_and_identity_of_one_name(vec![(key("a"), vec!["ci"]), (person("a", "i"), vec!["ci"])], 1)]
#[case::one_identity_of_two_names(vec![(person("a", "i"), vec!["ci", "team"])], 1)]
#[case::one_identity_twice(vec![(person("a", "i"), vec!["ci", "team"]), (person("a", "i"), vec!["ci", "team"])], 1)]
#[case::other_issuer(vec![(person("a", "i"), vec!["ci"]), (person("a", "j"), vec!["team"])], 2)]
#[case::two(vec![(key("a"), vec!["ci"]), (key("b"), vec!["team"])], 2)]
#[case::the_first_gives_way(vec![(person("a", "i"), vec!["ci", "team"]), (key("b"), vec!["ci"])], 2)]
#[case::a_chain_gives_way(vec![(key("a"), vec!["x", "y"]), (key("b"), vec!["y", "z"]), (key("c"), vec!["x", "y"])], 3)]
#[case::three_of_two_names(vec![(key("a"), vec!["x", "y"]), (key("b"), vec!["x", "y"]), (key("c"), vec!["x", "y"])], 2)]
#[case::without_names(vec![(key("a"), vec![]), (key("b"), vec![]), (key("a"), vec![])], 2)]
#[case::nobody(vec![], 0)]
fn each_signer_and_each_name_counts_once(
    #[case] votes: Vec<(Signer, Vec<&str>)>,
    #[case] expected: usize,
) {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let votes: Vec<(Signer, Vec<String>)> = votes
        .into_iter()
        .map(|(signer, names)| (signer, owned(&names)))
        .collect();
    let votes: Vec<Vote<'_>> = votes
        .iter()
        .map(|(signer, names)| Vote { signer, names })
        .collect();
    assert_eq!(distinct(&votes), expected);
}

#[rstest]
#[case("security.scan=passed", "security.scan=passed", true)]
#[case("security.scan", "security.scan=passed", true)]
#[case("SLSA_BUILD_LEVEL_3", "SLSA_BUILD_LEVEL_3", true)]
#[case("security.*", "security.scan=passed", false)]
#[case("security.scan", "security.scan=failed", false)]
#[case("security.scan=passed", "security.scan", false)]
fn a_claim_is_required_by_its_name_and_not_by_a_glob(
    #[case] required: &str,
    #[case] claim: &str,
    #[case] expected: bool,
) {
    assert_eq!(is_stated_by(required, claim), expected);
}
