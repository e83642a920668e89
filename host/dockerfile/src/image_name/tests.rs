use super::*;
use proptest::prelude::*;
use rstest::rstest;

const DIGITS: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#[rstest]
#[case("alpine", "docker.io/library/alpine:latest", "alpine:latest")]
#[case("alpine:3.22", "docker.io/library/alpine:3.22", "alpine:3.22")]
#[case("team/app", "docker.io/team/app:latest", "team/app:latest")]
#[case("library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest")]
#[case("index.docker.io/a", "docker.io/library/a:latest", "a:latest")]
#[case("docker.io/a/b:1", "docker.io/a/b:1", "a/b:1")]
#[case("localhost/a", "localhost/a:latest", "localhost/a:latest")]
#[case("ghcr.io/a/b_c__d-.e", "", "")]
#[case(
    "ghcr.io/a_b__c---d.e",
    "ghcr.io/a_b__c---d.e:latest",
    "ghcr.io/a_b__c---d.e:latest"
)]
#[case("host:99999/a", "host:99999/a:latest", "host:99999/a:latest")]
#[case("[::1]:5000/a", "[::1]:5000/a:latest", "[::1]:5000/a:latest")]
#[case("[zz]/a", "", "")]
#[case("Host/a", "Host/a:latest", "Host/a:latest")]
#[case("my__host.com/a", "my__host.com/a:latest", "my__host.com/a:latest")]
#[case("test.com:5000", "docker.io/library/test.com:5000", "test.com:5000")]
fn names_are_completed(#[case] name: &str, #[case] full: &str, #[case] familiar: &str) {
    if full.is_empty() {
        assert_eq!(parse_base(name), Err("invalid reference format".to_owned()));
        return;
    }
    assert_eq!(parse_base(name), Ok(full.to_owned()));
    let parsed = ImageName::parse(name).expect("a name").with_default_tag();
    assert_eq!(parsed.familiar(), familiar);
}

#[test]
fn digests_stay_with_their_tags() {
    let name = format!("alpine:3@sha256:{DIGITS}");
    assert_eq!(
        parse_base(&name),
        Ok(format!("docker.io/library/alpine:3@sha256:{DIGITS}"))
    );
    let name = format!("alpine@sha256:{DIGITS}");
    assert_eq!(
        parse_base(&name),
        Ok(format!("docker.io/library/alpine@sha256:{DIGITS}"))
    );
}

#[rstest]
#[case("", "invalid reference format")]
#[case("a:", "invalid reference format")]
#[case("a b", "invalid reference format")]
#[case("-a", "invalid reference format")]
#[case("a@sha256:abc", "invalid reference format")]
#[case("a:.tag", "invalid reference format")]
#[case("https://ghcr.io/a", "invalid reference format")]
#[case("host:port/a", "invalid reference format")]
#[case(
    "Alpine",
    "invalid reference format: repository name (library/Alpine) must be lowercase"
)]
#[case(
    "ghcr.io/A:b",
    "invalid reference format: repository name (A) must be lowercase"
)]
#[case("My_Host/a", "repository name must be lowercase")]
#[case("\u{130}.x_y/a", "repository name must be lowercase")]
fn other_texts_are_refused_in_buildkits_words(#[case] name: &str, #[case] message: &str) {
    assert_eq!(parse_base(name), Err(message.to_owned()));
}

#[rstest]
#[case("sha256", "", "invalid checksum digest length")]
#[case("sha256", "A", "invalid checksum digest format")]
#[case("SHA256", "a", "invalid checksum digest format")]
#[case("md5", "a", "unsupported digest algorithm")]
#[case("a+b.c", "a", "unsupported digest algorithm")]
fn digests_are_those_of_known_algorithms(
    #[case] algorithm: &str,
    #[case] last: &str,
    #[case] message: &str,
) {
    let name = format!("a:1@{algorithm}:{}{last}", "0".repeat(63));
    assert_eq!(parse_base(&name), Err(message.to_owned()));
}

#[test]
fn ids_and_long_names_are_refused() {
    assert_eq!(
        parse_base(DIGITS),
        Err(format!(
            "invalid repository name ({DIGITS}), cannot specify 64-byte hexadecimal strings"
        ))
    );
    let longest = "a".repeat(255 - OFFICIAL.len());
    assert!(parse_base(&longest).is_ok());
    assert_eq!(
        parse_base(&format!("a{longest}")),
        Err("repository name must not be more than 255 characters".to_owned())
    );
}

proptest! {
    #[test]
    fn never_panics(name in "[a-zA-Z0-9/:@._\\[\\]é-]{0,30}") {
        if let Ok(parsed) = ImageName::parse(&name) {
            parsed.familiar();
        }
    }
}
