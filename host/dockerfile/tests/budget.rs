//! Files that attack the evaluation. Little that is written may mean a lot: each of these took seconds or gigabytes, and
//! more than twice as much where it was twice as long.

use dockerfile::evaluate::{BaseConfig, Options};
use dockerfile::{evaluate, parse};
use rstest::rstest;

const TOO_MUCH_TEXT: &str = "the texts of this file expand to more than 64 MiB";
const TOO_MUCH_WORK: &str = "the texts of this file take too long to expand";
const TOO_MUCH_HISTORY: &str = "the history of the image is longer than 16 MiB";

fn refusal(text: &str) -> Option<String> {
    let options = Options {
        all_stages: true,
        ..Options::default()
    };
    let evaluation = evaluate(&parse(text.as_bytes()), &options);
    evaluation.refusal.map(|refusal| refusal.message)
}

/// Half a megabyte in a variable.
fn long_variable() -> String {
    format!("ARG v=0123456789abcdef\n{}", "ARG v=$v$v\n".repeat(15))
}

/// As much, written in lines.
fn long_word(end: &str) -> String {
    format!("{}{end}", format!("{}\\\n", "a".repeat(50_000)).repeat(10))
}

#[rstest]
#[case::destinations_of_a_copy(&format!("COPY {}/$v\n", "a ".repeat(1_000)), 1)]
#[case::shells_of_commands(&format!("SHELL [\"{}\"]\n", "a".repeat(60_000)), 0)]
#[case::texts_without_end("LABEL a=$v\n", 1_000)]
fn copies_of_a_long_text_are_counted(#[case] instruction: &str, #[case] times: usize) {
    let text = format!(
        "FROM a\n{}{}{}",
        long_variable(),
        instruction.repeat(times.max(1)),
        "CMD a\n".repeat(2_000)
    );
    assert_eq!(refusal(&text).as_deref(), Some(TOO_MUCH_TEXT));
}

#[test]
fn what_a_stage_inherits_is_counted() {
    let children = "FROM b AS b\n".repeat(200);
    let platform = format!("FROM --platform=linux/{}", long_word(" a AS b\n"));
    let directory = format!("FROM a AS b\n{}WORKDIR /$v\n", long_variable());
    for parent in [platform, directory] {
        let text = format!("{parent}{children}");
        assert_eq!(refusal(&text).as_deref(), Some(TOO_MUCH_TEXT));
        assert_eq!(refusal(&parent), None);
    }
}

#[rstest]
#[case("CMD [\"", "\"]")]
#[case("LABEL a=\"${b:+", "}\"")]
fn triggers_are_counted_in_every_stage(#[case] start: &str, #[case] end: &str) {
    let trigger = format!("{start}{}{end}", "a".repeat(60_000));
    let parent = format!("FROM a AS b\nONBUILD {trigger}\n");
    assert_eq!(refusal(&format!("{parent}FROM b\n")), None);
    let parents = "FROM b\n".repeat(1_500);
    let needed: Vec<String> = (1..=1_500)
        .map(|stage| format!("COPY --from={stage} a b\n"))
        .collect();
    let needed = needed.concat();
    let text = format!("{parent}{parents}FROM c\n{needed}");
    assert_eq!(refusal(&text).as_deref(), Some(TOO_MUCH_TEXT));
}

/// This took the product of the two.
#[test]
fn a_parent_of_many_instructions_has_many_children() {
    let stages = 10_000;
    let needed: Vec<String> = (1..=stages)
        .map(|stage| format!("COPY --from={stage} a b\n"))
        .collect();
    let text = format!(
        "FROM a AS b\n{}{}FROM c\n{}",
        "RUN a\n".repeat(stages),
        "FROM b\n".repeat(stages),
        needed.concat()
    );
    assert_eq!(refusal(&text), None);
}

#[test]
fn a_long_configuration_of_the_base_is_counted_in_every_stage() {
    let env = (0..1_000).map(|index| (format!("name{index}"), String::new()));
    let options = Options {
        base: Some(BaseConfig {
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            env: env.collect(),
            ..BaseConfig::default()
        }),
        all_stages: true,
        ..Options::default()
    };
    let refusal = |stages: usize| {
        let file = parse("FROM a\n".repeat(stages).as_bytes());
        evaluate(&file, &options).refusal.map(|it| it.message)
    };
    assert_eq!(refusal(10), None);
    assert_eq!(refusal(300).as_deref(), Some(TOO_MUCH_TEXT));
}

#[test]
fn images_named_by_a_number_are_counted() {
    let text = format!(
        "FROM a\nCOPY --from={}{}",
        long_word(" a b\n"),
        "COPY --from=1 a b\n".repeat(200)
    );
    assert_eq!(refusal(&text).as_deref(), Some(TOO_MUCH_TEXT));
}

#[rstest]
#[case::patterns("LABEL a=${v//*/}\n")]
#[case::ports("EXPOSE 1${v##*}\n")]
#[case::mounts("RUN --mount=type=tmpfs,target=a b\n")]
fn work_of_which_nothing_is_left_is_counted(#[case] instruction: &str) {
    let start = format!("FROM a\n{}WORKDIR /$v\n", long_variable());
    let text = format!("{start}{}", instruction.repeat(400));
    assert_eq!(refusal(&text).as_deref(), Some(TOO_MUCH_WORK));
    assert_eq!(refusal(&format!("{start}{instruction}")), None);
}

#[test]
fn texts_of_a_stage_that_only_dates_the_build_are_counted() {
    let text = format!(
        "ARG SOURCE_DATE_EPOCH=e\nFROM scratch AS e\n{}{}ADD http://a b\n",
        long_variable(),
        "ARG a=$v\n".repeat(200)
    );
    assert_eq!(refusal(&text).as_deref(), Some(TOO_MUCH_TEXT));
}

#[test]
fn ports_are_counted_before_they_are_written_down() {
    let text = format!("FROM a\nEXPOSE {}\n", "1-65535 ".repeat(200));
    assert_eq!(refusal(&text).as_deref(), Some(TOO_MUCH_HISTORY));
}
