//! What policies are told of Dockerfiles.

use super::*;
use model::facts::dockerfile::Setting;
use rstest::rstest;

fn facts(text: &str) -> DockerfileFacts {
    dockerfile(
        text.as_bytes(),
        Origin::Given,
        &BuildInputs::default(),
        None,
    )
}

/// Name, first line and column, last line and column of each command.
fn commands(text: &str) -> Vec<(String, [u32; 4])> {
    let place = |span: Span| {
        [
            span.start_line,
            span.start_column,
            span.end_line,
            span.end_column,
        ]
    };
    facts(text)
        .commands
        .iter()
        .map(|command| {
            (
                command.name().unwrap_or_default().to_owned(),
                place(command.span),
            )
        })
        .collect()
}

#[rstest]
#[case::one_line("RUN apk add curl", &[("apk", [2, 5, 2, 17])])]
#[case::continued("RUN apk add \\\n  # why\n  curl && ls", &[("apk", [2, 5, 4, 7]), ("ls", [4, 11, 4, 13])])]
#[case::heredoc("RUN <<E\nset -e\nls\nE", &[("set", [3, 1, 3, 7]), ("ls", [4, 1, 4, 3])])]
#[case::chomped("RUN <<-E\n\tls\nE", &[("ls", [3, 2, 3, 4])])]
#[case::exec("CMD [\"/bin/ls\", \"-l\"]", &[("ls", [2, 1, 2, 22])])]
#[case::shell_in_exec("CMD [\"sh\", \"-c\", \"ls\"]", &[("sh", [2, 1, 2, 23]), ("ls", [2, 18, 2, 22])])]
#[case::healthcheck("HEALTHCHECK CMD curl x", &[("curl", [2, 1, 2, 23])])]
fn a_command_stands_where_it_is_written(
    #[case] instruction: &str,
    #[case] expected: &[(&str, [u32; 4])],
) {
    let found = commands(&format!("FROM a\n{instruction}\n"));
    let found: Vec<(&str, [u32; 4])> = found
        .iter()
        .map(|(name, place)| (name.as_str(), *place))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_shell_of_a_stage_reads_its_scripts_and_those_of_its_children() {
    let text =
        "FROM a AS p\nSHELL [\"powershell\"]\nFROM p\nRUN Remove-Item x; dir\nFROM a\nRUN ls\n";
    let names: Vec<String> = commands(text).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Remove-Item", "dir", "ls"]);
}

#[rstest]
#[case("RUN ls $(", false)]
#[case("RUN ls", true)]
#[case("RUN <<E\n#!/usr/bin/env python3\nprint()\nE", false)]
fn a_script_that_cannot_be_read_whole_is_said(#[case] instruction: &str, #[case] complete: bool) {
    assert_eq!(
        facts(&format!("FROM a\n{instruction}\n")).commands_complete,
        complete
    );
}

#[test]
fn what_only_the_base_image_can_tell_is_not_told() {
    let file = facts("FROM a\nENV B=$C/b\nUSER me\n");
    let config = file.stages[0].config.clone().unwrap();
    assert!(!config.base_known);
    assert_eq!(config.env[0].value, None);
    assert_eq!(config.user.value().map(String::as_str), Some("me"));
    assert_eq!(config.cmd, Setting::Base(None));
    assert!(file.variable_uses.iter().all(|used| used.defined));
    let env = file.config.unwrap().env;
    assert!(!env.iter().any(|entry| entry.starts_with("B=")), "{env:?}");
}

#[test]
fn the_facts_of_a_refused_file_are_those_of_every_instruction_that_can_be_read() {
    let file = facts("FROM a AS b\nFOO\nENV x\nFROM c\nCOPY --from=b /d /e\n");
    assert_eq!(file.status, Status::Invalid);
    assert_eq!(file.stages.len(), 2);
    assert_eq!(file.flows[0].from_stage, Some(0));
    let keywords: Vec<&str> = file
        .instructions
        .iter()
        .map(|instruction| instruction.keyword.as_str())
        .collect();
    assert_eq!(keywords, ["FROM", "FOO", "FROM", "COPY"]);
}

#[test]
fn what_stands_before_the_first_stage_is_nothing_but_the_refusal() {
    let file = facts("RUN ls\nFROM a\n");
    assert_eq!(file.error.as_ref().and_then(|error| error.line), Some(1));
    let keywords: Vec<&str> = file
        .instructions
        .iter()
        .map(|instruction| instruction.keyword.as_str())
        .collect();
    assert_eq!(keywords, ["FROM"]);
    assert_eq!(file.commands, []);
}

#[test]
fn comments_that_silence_a_tool_are_facts_wherever_they_stand() {
    let file = facts(
        "# check=skip=all\nFROM a\n# hadolint ignore=DL3018\nRUN apk add b \\\n  # trivy:ignore:DS-0002\n  c\n",
    );
    let found: Vec<(&str, u32)> = file
        .suppressions
        .iter()
        .map(|found| (found.tool.as_str(), found.span.start_line))
        .collect();
    assert_eq!(found, [("buildkit", 1), ("hadolint", 3), ("trivy", 5)]);
}

#[test]
fn bytes_that_are_no_text_break_nothing() {
    let file = dockerfile(
        b"FROM a\nRUN \xff\xfe\n\0",
        Origin::Given,
        &BuildInputs::default(),
        None,
    );
    assert!(file.text.contains('\u{fffd}'));
}

#[test]
fn a_history_tells_instructions_and_nothing_about_stages() {
    let entry = |created_by: &str| HistoryEntry {
        created_by: created_by.to_owned(),
        comment: Some("buildkit.dockerfile.v0".to_owned()),
        empty_layer: true,
        layer: None,
    };
    let file = reconstructed_dockerfile(&[
        entry("USER app"),
        entry("RUN /bin/sh -c apk add curl # buildkit"),
    ]);
    assert_eq!(file.status, Status::Reconstructed);
    assert_eq!((file.stages.len(), file.config), (0, None));
    assert_eq!(file.commands[0].name(), Some("apk"));
}

#[test]
fn each_entry_of_a_config_has_the_place_of_its_own_pair() {
    let facts = facts("FROM scratch\nLABEL a=1 \\\n  b=2\nEXPOSE 80 443\nONBUILD ENV c=3\n");
    let config = facts.stages[0].config.as_ref().unwrap();
    let place = |entry: &model::facts::dockerfile::Entry| {
        entry
            .span
            .map(|span| (span.start_line, span.start_column, span.end_column))
    };
    let labels: Vec<_> = config.labels.iter().map(place).collect();
    assert_eq!(labels, [Some((2, 7, 10)), Some((3, 3, 6))]);
    let ports: Vec<_> = config.exposed_ports.iter().map(place).collect();
    assert_eq!(ports, [Some((4, 11, 14)), Some((4, 8, 10))]);
}

#[rstest]
#[case::above("# hadolint ignore=DL3008\nRUN ls", Some(1), false)]
#[case::within("RUN ls && \\\n# hadolint ignore=DL3008\n  ls", Some(1), false)]
#[case::not_directly_above("# hadolint ignore=DL3008\n\nRUN ls", Some(1), false)]
#[case::above_nothing("RUN ls\n# hadolint ignore=DL3008", None, false)]
#[case::global("# hadolint global ignore=DL3008\nRUN ls", None, true)]
fn a_comment_is_meant_for_the_instruction_below_it(
    #[case] text: &str,
    #[case] instruction: Option<u32>,
    #[case] whole_file: bool,
) {
    let found = facts(&format!("FROM scratch\n{text}\n")).suppressions;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].instruction, instruction);
    assert_eq!(found[0].whole_file, whole_file);
}

#[rstest]
#[case::below_the_directives("# escape=`\n# polcheck: ignore=a.b reason=c\nFROM a\n", true)]
#[case::above_an_argument("# polcheck: ignore=a.b reason=c\nARG A\nFROM a\n", true)]
#[case::of_another_tool("# hadolint ignore=DL3006\nFROM a\n", false)]
#[case::below_an_instruction("ARG A\n# polcheck: ignore=a.b reason=c\nFROM a\n", false)]
fn what_polcheck_is_told_above_all_instructions_is_meant_for_the_file(
    #[case] text: &str,
    #[case] expected: bool,
) {
    let found = facts(text).suppressions;
    assert_eq!(found[0].whole_file, expected);
    assert_eq!(found[0].instruction.is_some(), !expected);
}
