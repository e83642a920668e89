//! Help, completions, manual pages.

use crate::harness::World;
use rstest::rstest;

#[rstest]
#[case(&["--help"])]
#[case(&["-h"])]
#[case(&["help", "check"])]
#[case(&["check", "--help"])]
#[case(&["key", "generate", "--help"])]
#[case(&["--version"])]
fn help_that_is_asked_for_is_no_failure(#[case] args: &[&str]) {
    let said = World::new().polcheck(args);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said}");
    assert!(!said.stdout.is_empty());
}

#[rstest]
#[case(&[])]
#[case(&["check"])]
#[case(&["key"])]
#[case(&["check", "--no-such-option", "x"])]
#[case(&["attest", "--no-upload", "--attach", "bundle", "x"])]
fn a_wrong_command_line_is_exit_code_two(#[case] args: &[&str]) {
    let said = World::new().polcheck(args);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{said}");
    assert!(said.stderr.contains("Usage"), "{said}");
}

#[test]
fn the_process_that_compiles_is_not_shown() {
    let said = World::new().polcheck(&["--help"]);
    assert!(!said.stdout.contains("compile-policy"), "{said}");
}

#[test]
fn there_is_a_completion_script_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = World::new().polcheck(&["completions", shell]);
        assert_eq!(said.code, 0);
        assert!(said.stdout.contains("polcheck"), "{shell}");
    }
}

#[test]
fn there_is_a_manual_page_for_each_verb() {
    let world = World::new();
    std::fs::create_dir(world.path("man")).unwrap();
    assert_eq!(world.polcheck(&["man", "man"]).code, 0);
    for page in [
        "polcheck.1",
        "polcheck-check.1",
        "polcheck-verify.1",
        "polcheck-key-generate.1",
    ] {
        assert!(world.read(&format!("man/{page}")).contains(".TH"), "{page}");
    }
    assert!(!world.path("man/polcheck-compile-policy.1").exists());
}
