use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn host() -> Platform {
    Platform::new("linux", "amd64", "")
}

fn parse(specifier: &str) -> Result<Platform, InvalidPlatform> {
    Platform::parse(specifier, &host())
}

#[rstest]
#[case("linux", "linux/amd64", "linux/amd64")]
#[case("macOS", "darwin/amd64", "darwin/amd64")]
#[case("arm64", "linux/arm64", "linux/arm64")]
#[case("armhf", "linux/arm", "linux/arm/v7")]
#[case("armel", "linux/arm/v6", "linux/arm/v6")]
#[case("linux/x86_64", "linux/amd64", "linux/amd64")]
#[case("linux/amd64/v1", "linux/amd64", "linux/amd64")]
#[case("linux/amd64/v2", "linux/amd64/v2", "linux/amd64/v2")]
#[case("Linux/Aarch64/V8", "linux/arm64/v8", "linux/arm64")]
#[case("linux/arm64/9.0", "linux/arm64/v9", "linux/arm64/v9")]
#[case("linux/arm", "linux/arm", "linux/arm/v7")]
#[case("linux/arm/7", "linux/arm/v7", "linux/arm/v7")]
#[case("linux/i386/x", "linux/386", "linux/386")]
#[case("any/thing", "any/thing", "any/thing")]
#[case("linux/..", ".", ".")]
fn specifiers_are_completed_and_normalised(
    #[case] specifier: &str,
    #[case] formatted: &str,
    #[case] normalised: &str,
) {
    let platform = parse(specifier).expect("a platform");
    assert_eq!(platform.format(), formatted);
    assert_eq!(platform.normalized().format_all(), normalised);
}

#[test]
fn what_is_missing_is_that_of_the_host() {
    let host = Platform::new("freebsd", "arm", "v6");
    let parse = |specifier| Platform::parse(specifier, &host).expect("a platform");
    assert_eq!(parse("linux").format(), "linux/arm/v6");
    assert_eq!(parse("s390x").format(), "freebsd/s390x");
}

#[rstest]
#[case("windows(10.0.17763)/amd64", "windows(10.0.17763)/amd64")]
#[case("windows(10.0+b+a+b)", "windows(10.0+a+b)/amd64")]
#[case("windows(+win32k)/amd64", "windows(+win32k)/amd64")]
#[case("windows()/amd64", "windows/amd64")]
#[case("windows(a%2Bb%2f)/amd64", "windows(a%2Bb%2F)/amd64")]
fn versions_and_features_are_kept(#[case] specifier: &str, #[case] formatted: &str) {
    let platform = parse(specifier).expect("a platform");
    assert_eq!(platform.format_all(), formatted);
    assert_eq!(platform.format(), "windows/amd64");
}

#[rstest]
#[case(
    "linux/*",
    r#""linux/*": wildcards not yet supported: invalid argument"#
)]
#[case(
    "linux/",
    r#""" is an invalid component of "linux/": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument"#
)]
#[case(
    "a.b/c",
    r#""a.b" is an invalid OS component of "a.b/c": OSAndVersion specifier component must match "^([A-Za-z0-9_-]+)(?:\\(([A-Za-z0-9_.%-]*)((?:\\+[A-Za-z0-9_.%-]+)*)\\))?$": invalid argument"#
)]
#[case(
    "a(1",
    r#""a(1" is an invalid OS component of "a(1": OSAndVersion specifier component must match "^([A-Za-z0-9_-]+)(?:\\(([A-Za-z0-9_.%-]*)((?:\\+[A-Za-z0-9_.%-]+)*)\\))?$": invalid argument"#
)]
#[case(
    "thing",
    r#""thing": unknown operating system or architecture: invalid argument"#
)]
#[case(
    "amd64(1)",
    r#""amd64(1)": unknown operating system or architecture: invalid argument"#
)]
#[case(
    "a/b/c/d",
    r#""a/b/c/d": cannot parse platform specifier: invalid argument"#
)]
#[case(
    "a/b/c/d/e",
    r#""d/e" is an invalid component of "a/b/c/d/e": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument"#
)]
#[case(
    "a(1%zz)/b",
    r#""a(1%zz)/b" has an invalid OS version "1%zz": invalid URL escape "%zz""#
)]
#[case(
    "a(+x%2)/b",
    r#""a(+x%2)/b" has invalid OS features: invalid os feature "x%2": invalid URL escape "%2""#
)]
fn other_texts_are_refused_in_containerds_words(#[case] specifier: &str, #[case] message: &str) {
    let error = parse(specifier).expect_err("not a platform");
    assert_eq!(error.to_string(), message);
}

proptest! {
    #[test]
    fn never_panics(specifier in "[a-z0-9/()+%.*é]{0,20}") {
        if let Ok(platform) = parse(&specifier) {
            platform.normalized().format_all();
        }
    }
}
