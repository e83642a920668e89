use super::*;
use rstest::rstest;
use std::fmt::Write;

fn scratch(text: &str) -> Evaluation {
    evaluate(&crate::parse(text.as_bytes()), &Options::default())
}

fn env<'e>(evaluation: &'e Evaluation, name: &str) -> Option<&'e str> {
    let (_, value) = evaluation
        .config()?
        .env()
        .find(|(other, _)| *other == name)?;
    value.value().copied()
}

#[rstest]
#[case::global_arguments_end_at_from("ARG A=1\nFROM scratch\nENV X=$A", "")]
#[case::until_they_are_declared_again("ARG A=1\nFROM scratch\nARG A\nENV X=$A", "1")]
#[case::a_default_counts_more_than_the_global_one("ARG A=1\nFROM scratch\nARG A=2\nENV X=$A", "2")]
#[case::arg_covers_env_from_its_line_on("FROM scratch\nENV A=1\nARG A=2\nENV X=$A", "2")]
#[case::env_covers_arg("FROM scratch\nARG A=2\nENV A=1\nENV X=$A", "1")]
#[case::arguments_are_inherited("FROM scratch AS a\nARG A=1\nFROM a\nENV X=$A", "1")]
#[case::but_in_a_child_env_counts_again(
    "FROM scratch AS a\nENV A=1\nARG A=2\nFROM a\nENV X=$A",
    "1"
)]
#[case::and_in_its_siblings(
    "FROM scratch AS a\nENV A=1\nARG A=2\nFROM a\nARG A=3\nFROM a\nENV X=$A",
    "1"
)]
#[case::pairs_see_what_was_before("FROM scratch\nENV A=1\nENV A=2 X=$A", "1")]
#[case::platforms_have_to_be_declared("FROM scratch\nENV X=$TARGETARCH", "")]
#[case::platforms_are_known("FROM scratch\nARG TARGETARCH\nENV X=$TARGETARCH", "amd64")]
#[case::triggers_come_first("FROM scratch AS a\nONBUILD ENV A=1\nFROM a\nENV X=$A", "1")]
#[case::triggers_are_not_inherited(
    "FROM scratch AS a\nONBUILD ENV A=1\nFROM a AS b\nENV A=\nFROM b\nENV X=$A",
    ""
)]
fn variables_are_seen_where_buildkit_sees_them(#[case] text: &str, #[case] expected: &str) {
    let evaluation = scratch(text);
    assert_eq!(evaluation.refusal, None);
    assert_eq!(env(&evaluation, "X"), Some(expected));
}

#[test]
fn build_arguments_count_most() {
    let options = Options {
        build_args: [("A".to_owned(), "3".to_owned())].into(),
        ..Options::default()
    };
    let file = crate::parse(b"ARG A=1\nFROM scratch\nARG A=2\nARG B=$A\nENV X=$A$B$C");
    let evaluation = evaluate(&file, &options);
    assert_eq!(env(&evaluation, "X"), Some("33"));
    assert_eq!(
        evaluation
            .meta_args
            .first()
            .and_then(|arg| arg.value.as_deref()),
        Some("3")
    );
}

#[rstest]
#[case::stays_if_it_is_set_here("FROM a\nCMD [\"c\"]\nENTRYPOINT [\"e\"]", true)]
#[case::goes_if_it_is_inherited("FROM a\nENTRYPOINT [\"e\"]", false)]
fn entrypoint_clears_an_inherited_cmd(#[case] text: &str, #[case] stays: bool) {
    let evaluation = scratch(&format!("FROM scratch AS a\nCMD [\"p\"]\n{text}"));
    assert_eq!(evaluation.config().unwrap().cmd.value().is_some(), stays);
}

#[rstest]
#[case("COPY --from=0 x y", Ok(Target::Stage(0)))]
#[case("COPY --from=A x y", Ok(Target::Stage(0)))]
#[case("COPY --from=busybox x y", Ok(Target::Image("busybox".to_owned())))]
#[case("RUN --mount=from=a,target=/m x", Ok(Target::Stage(0)))]
#[case("COPY --from=2 x y", Err("invalid stage index 2"))]
#[case("COPY --from=b x y", Err("circular dependency detected on stage: b"))]
fn needs_are_stages_or_images(#[case] instruction: &str, #[case] expected: Result<Target, &str>) {
    let evaluation = scratch(&format!(
        "FROM scratch AS a\nFROM scratch AS b\n{instruction}"
    ));
    match expected {
        Ok(target) => assert_eq!(evaluation.stages[1].dependencies[0].target, target),
        Err(message) => assert_eq!(evaluation.refusal.unwrap().message, message),
    }
}

#[test]
fn a_stage_that_is_not_needed_is_not_evaluated() {
    let file = crate::parse(b"FROM scratch AS a\nSTOPSIGNAL nope\nFROM scratch AS b");
    let all = evaluate(&file, &Options::default());
    assert_eq!(all.refusal.unwrap().message, "invalid signal: nope");
    let options = Options {
        all_stages: false,
        ..Options::default()
    };
    let needed = evaluate(&file, &options);
    assert_eq!(needed.refusal, None);
    let reachable: Vec<bool> = needed.stages.iter().map(|stage| stage.reachable).collect();
    assert_eq!(reachable, [false, true]);
}

#[test]
fn what_only_the_base_image_can_tell_is_not_made_up() {
    let text = "FROM busybox\nENV X=$PATH:/x Y=y$JAVA_HOME Z=z\nUSER $NOBODY\nWORKDIR a\nEXPOSE $PORT/tcp\nSTOPSIGNAL $SIG\nUSER ${NOBODY:?}";
    let evaluation = scratch(text);
    assert_eq!(evaluation.refusal, None);
    let config = evaluation.config().unwrap();
    let values: Vec<Option<&str>> = config
        .env()
        .map(|(_, value)| value.value().copied())
        .collect();
    assert_eq!(values, [None, None, None, Some("z")]);
    assert!(matches!(config.user, Known::Unclear(_)));
    assert!(matches!(config.working_dir, Known::Unclear(_)));
    assert_eq!(config.cmd, Known::Base(None));
    let assumed: Vec<(Rule, bool)> = evaluation
        .diagnostics
        .iter()
        .map(|said| (said.rule, said.assumed))
        .collect();
    assert_eq!(
        assumed,
        [
            (Rule::UndefinedVar, true),
            (Rule::UndefinedVar, true),
            (Rule::WorkdirRelativePath, false),
            (Rule::UndefinedVar, true),
            (Rule::UndefinedVar, true),
        ]
    );
}

#[test]
fn variables_are_found_in_the_file() {
    let text = "FROM scratch\nCOPY <<EOF \"$A/b\"\none\n  ${NO:-$NOT}\nEOF\n";
    let evaluation = scratch(text);
    let arguments = &evaluation.stages[0].steps[0].arguments;
    let uses = arguments
        .iter()
        .flat_map(|argument| &argument.expanded.uses);
    let found: Vec<(&str, u32, u32, &str)> = uses
        .map(|used| {
            let (start, end) = (used.span.start, used.span.end);
            (
                used.name.as_str(),
                start.line,
                start.column,
                text.get(start.byte..end.byte).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("A", 2, 13, "$A"),
            ("NOT", 4, 9, "$NOT"),
            ("NO", 4, 3, "${NO:-$NOT}")
        ]
    );
}

#[test]
fn what_a_comment_removes_is_kept_aside() {
    let text = "FROM scratch\n# check=skip=UndefinedVar\nUSER $A\nUSER $B";
    let evaluation = scratch(text);
    let lines = |diagnostics: &[Diagnostic]| {
        diagnostics
            .iter()
            .map(|said| said.lines.0)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (lines(&evaluation.skipped), lines(&evaluation.diagnostics)),
        (vec![3], vec![4])
    );
}

#[test]
fn flows_say_where_files_come_from_and_go() {
    let text = "FROM scratch AS a\nFROM scratch\nWORKDIR /w\nCOPY --from=a /x y/\nADD https://e.org/z .\nCOPY <<F /f\nF\n";
    let evaluation = scratch(text);
    let flows: Vec<_> = evaluation.stages[1]
        .flows
        .iter()
        .map(|flow| {
            (
                flow.from.clone(),
                flow.source.as_str(),
                flow.destination.as_str(),
            )
        })
        .collect();
    let remote = Target::Remote("https://e.org/z".to_owned());
    assert_eq!(
        flows,
        [
            (Target::Stage(0), "/x", "/w/y/"),
            (remote, "https://e.org/z", "/w/"),
            (Target::Inline, "F", "/f"),
        ]
    );
}

#[rstest]
#[case::long_directories("FROM scratch\n", "WORKDIR abcdefgh\n", 20_000, "64 MiB")]
#[case::long_variables(
    "FROM scratch\nENV A=xxxxxxxxxx\nENV A=$A$A$A$A$A$A$A$A\n",
    "ENV A=$A$A\n",
    20,
    "1 MiB"
)]
#[case::many_ports("FROM scratch\n", "EXPOSE 0-65535\n", 100, "16 MiB")]
fn limits_are_said(
    #[case] first: &str,
    #[case] again: &str,
    #[case] times: usize,
    #[case] limit: &str,
) {
    let evaluation = scratch(&(first.to_owned() + &again.repeat(times)));
    let message = evaluation.refusal.unwrap().message;
    assert!(message.ends_with(limit), "{message}");
}

#[test]
fn a_long_chain_of_stages_is_no_burden() {
    let mut text = "FROM scratch AS s0\nENV BASE=b\n".to_owned();
    for index in 0..20_000 {
        let next = index + 1;
        writeln!(
            text,
            "FROM s{index} AS s{next}\nARG A{index}=$BASE\nENV E{index}=$A{index}"
        )
        .unwrap();
    }
    let evaluation = scratch(&text);
    assert_eq!(evaluation.refusal, None);
    assert_eq!(env(&evaluation, "E19999"), Some("b"));
    assert_eq!(evaluation.history.len(), 40_001);
}
