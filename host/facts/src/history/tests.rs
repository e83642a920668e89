use super::*;
use proptest::prelude::*;
use rstest::rstest;

fn entry(created_by: &str, comment: Option<&str>) -> HistoryEntry {
    HistoryEntry {
        created_by: created_by.to_owned(),
        comment: comment.map(str::to_owned),
        empty_layer: false,
        layer: None,
    }
}

/// The instruction of a history of one entry, without the last line break.
fn one(created_by: &str, comment: Option<&str>) -> Option<String> {
    let written = reconstruct(&[entry(created_by, comment)]);
    let instruction = written.text.strip_prefix("FROM scratch\n").unwrap();
    assert_eq!(written.lines, [(!instruction.is_empty()).then_some(2)]);
    Some(instruction.strip_suffix('\n')?.to_owned())
}

#[rstest]
#[case("RUN /bin/sh -c apk add curl # buildkit", "RUN apk add curl")]
#[case("RUN cmd /S /C go version # buildkit", "RUN go version")]
#[case("RUN ls -la # buildkit", "RUN ls -la")]
#[case("RUN |2 A=x B=y /bin/sh -c make # buildkit", "RUN make")]
#[case("RUN |1 A=-i 2 -ci /bin/sh -c make -d . # buildkit", "RUN make -d .")]
#[case("RUN |1 A=x ls -la # buildkit", "RUN ls -la")]
#[case("RUN |1 A=x echo /bin/sh -c y # buildkit", "RUN y")]
#[case("RUN /bin/sh -c a\nb\n # buildkit", "RUN <<EOF\na\nb\nEOF")]
#[case(
    "RUN /bin/sh -c cat <<EOF > x\nb\nEOF # buildkit",
    "RUN <<EOF1\ncat <<EOF > x\nb\nEOF\nEOF1"
)]
#[case(
    "RUN /bin/sh -c EOF1\nEOF\r\nx # buildkit",
    "RUN <<EOF2\nEOF1\nEOF\r\nx\nEOF2"
)]
#[case(
    "RUN /bin/sh -c #!/bin/sh\nx # buildkit",
    "RUN <<EOF\n\n#!/bin/sh\nx\nEOF"
)]
#[case("RUN /bin/sh -c cat <<<x # buildkit", "RUN <<EOF\ncat <<<x\nEOF")]
#[case(r"RUN /bin/sh -c x \ # buildkit", "RUN <<EOF\nx \\\nEOF")]
#[case("RUN /bin/sh -c --mount=x y # buildkit", "RUN <<EOF\n--mount=x y\nEOF")]
#[case(r#"RUN /bin/sh -c ["x"] # buildkit"#, "RUN <<EOF\n[\"x\"]\nEOF")]
#[case(r#"RUN /bin/sh -c [ "$x" = "y" ] # buildkit"#, r#"RUN [ "$x" = "y" ]"#)]
#[case("RUN /bin/sh -c  # buildkit", "RUN <<EOF\nEOF")]
fn commands_of_buildkit_are_written(#[case] created_by: &str, #[case] expected: &str) {
    assert_eq!(one(created_by, None).as_deref(), Some(expected));
}

#[rstest]
#[case(
    r#"CMD ["nginx" "-g" "daemon off;"]"#,
    r#"CMD ["nginx", "-g", "daemon off;"]"#
)]
#[case(r#"CMD ["a\"b" "\a\x01\\"]"#, r#"CMD ["a\"b", "\u0007\u0001\\"]"#)]
#[case("CMD []", "CMD []")]
#[case(
    "ENTRYPOINT [/bin/sh -c a b]",
    r#"ENTRYPOINT ["/bin/sh", "-c", "a b"]"#
)]
#[case("ENV A=b c D= E=$f", r#"ENV A="b c" D="" E="\$f""#)]
#[case(r#"ENV A="b" C=\d"#, r#"ENV A="\"b\"" C="\\d""#)]
#[case("LABEL a.b=c d/e=f (g) <h>", r#"LABEL a.b=c d/e="f (g) <h>""#)]
#[case("ARG A", "ARG A")]
#[case("ARG A=b c", r#"ARG A="b c""#)]
#[case("ARG A B=", r#"ARG A B="""#)]
#[case("USER ", r#"USER """#)]
#[case("USER a:b", "USER a:b")]
#[case(r"WORKDIR /C:\go", r#"WORKDIR "/C:\\go""#)]
#[case(
    "EXPOSE [80/tcp 53/udp 8000-8010/tcp]",
    "EXPOSE 80/tcp 53/udp 8000-8010/tcp"
)]
#[case("EXPOSE map[80/tcp:{} 443/tcp:{}]", "EXPOSE 80/tcp 443/tcp")]
#[case("VOLUME [/a /b$c]", r#"VOLUME ["/a", "/b\\$c"]"#)]
#[case("VOLUME [data]", r#"VOLUME ["data"]"#)]
#[case("STOPSIGNAL SIGRTMIN+3", "STOPSIGNAL SIGRTMIN+3")]
#[case(
    "SHELL [/bin/bash -o pipefail -c]",
    r#"SHELL ["/bin/bash", "-o", "pipefail", "-c"]"#
)]
#[case(
    "SHELL [powershell -Command $x = 'y';]",
    r#"SHELL ["powershell", "-Command", "$x = 'y';"]"#
)]
#[case("COPY . . # buildkit", "COPY . .")]
#[case("COPY  . # buildkit", r#"COPY ["", "."]"#)]
#[case("COPY --chown=1:1 a b # buildkit", "COPY --chown=1:1 a b")]
#[case(r"COPY a$b c # buildkit", r#"COPY ["a\\$b", "c"]"#)]
#[case("ADD *.tar /dest # buildkit", "ADD *.tar /dest")]
#[case(
    "HEALTHCHECK {Test:[CMD-SHELL curl -f http://x/ || exit 1] Interval:30s Timeout:3s StartPeriod:0s StartInterval:0s Retries:3}",
    "HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD curl -f http://x/ || exit 1"
)]
#[case(
    "HEALTHCHECK {Test:[CMD /check -a] Interval:1m30s Timeout:0s StartPeriod:0s Retries:0}",
    r#"HEALTHCHECK --interval=1m30s CMD ["/check", "-a"]"#
)]
#[case(
    "HEALTHCHECK {Test:[NONE] Interval:0s Timeout:0s StartPeriod:0s Retries:0}",
    "HEALTHCHECK NONE"
)]
#[case("MAINTAINER A <a@example.org>", "MAINTAINER A <a@example.org>")]
fn instructions_of_buildkit_are_written(#[case] created_by: &str, #[case] expected: &str) {
    let comment = Some("buildkit.dockerfile.v0");
    assert_eq!(one(created_by, comment).as_deref(), Some(expected));
}

#[rstest]
#[case(r#"/bin/sh -c #(nop)  CMD ["bash"]"#, r#"CMD ["bash"]"#)]
#[case("/bin/sh -c #(nop)  ENV PATH=/a:/b", "ENV PATH=/a:/b")]
#[case(r#"/bin/sh -c #(nop)  LABEL a={"b"}"#, r#"LABEL a="{\"b\"}""#)]
#[case("/bin/sh -c #(nop)  EXPOSE 80/tcp", "EXPOSE 80/tcp")]
#[case("cmd /S /C #(nop)  USER a", "USER a")]
#[case("/bin/sh -c apt-get update", "RUN apt-get update")]
#[case("|2 A=x B=y /bin/sh -c make", "RUN make")]
#[case("powershell -Command Get-Item x", "RUN powershell -Command Get-Item x")]
#[case(
    r#"/bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "true"] "30s" "3s" "0s" "0s" '\x03'}"#,
    "HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD true"
)]
#[case(
    r#"/bin/sh -c #(nop)  HEALTHCHECK &{["CMD" "a b"] "30s" "3s" '\x00'}"#,
    r#"HEALTHCHECK --interval=30s --timeout=3s CMD ["a b"]"#
)]
#[case("/bin/sh -c #(nop)  ONBUILD RUN make", "ONBUILD RUN make")]
fn entries_of_the_classic_builder_are_written(#[case] created_by: &str, #[case] expected: &str) {
    assert_eq!(one(created_by, None).as_deref(), Some(expected));
}

#[rstest]
#[case(r#"/bin/sh -c #(nop) ENV A="b c" D=$E"#, r#"ENV A="b c" D=$E"#)]
#[case("/bin/sh -c #(nop) ENV A b c", "ENV A b c")]
#[case(r#"/bin/sh -c #(nop) CMD ["a"]|inheritLabels=false"#, r#"CMD ["a"]"#)]
#[case("/bin/sh -c #(nop) CMD a b|inheritLabels=false|x=1", "CMD a b")]
#[case("/bin/sh -c a|b=$(c)", "RUN a|b=$(c)")]
#[case(
    "/bin/sh -c --mount=type=cache,target=/x make",
    "RUN --mount=type=cache,target=/x make"
)]
#[case(r#"/bin/sh -c ["a", "b"]"#, r#"RUN ["a", "b"]"#)]
#[case("/bin/sh -c <<EOF\na\nb", "RUN <<EOF\na\nb\nEOF")]
#[case("/bin/sh -c --network=none <<EOF\na", "RUN --network=none a")]
#[case("/bin/sh -c #(nop) EXPOSE $PORT", "EXPOSE $PORT")]
#[case("/bin/sh -c #(nop) USER ${USER:-app}", "USER ${USER:-app}")]
#[case("/bin/sh -c #(nop) ENV A=${", r#"ENV A="\${""#)]
#[case("/bin/sh -c #(nop) ENV A=it's", r#"ENV A="it's""#)]
#[case("RUN apk add curl", "RUN apk add curl")]
#[case("COPY --from=builder /a /b", "COPY --from=builder /a /b")]
#[case("CMD echo hi", "CMD echo hi")]
#[case(
    "HEALTHCHECK --interval=5m CMD x || exit 1",
    "HEALTHCHECK --interval=5m CMD x || exit 1"
)]
fn entries_of_buildah_and_kaniko_are_written(#[case] created_by: &str, #[case] expected: &str) {
    assert_eq!(one(created_by, None).as_deref(), Some(expected));
}

#[rstest]
#[case::nothing("")]
#[case::bazel("bazel build ...")]
#[case::ko("ko build ko://example.org/app")]
#[case::buildpacks("Buildpacks Process Types")]
#[case::a_commit("/bin/sh")]
#[case::unknown_sources("/bin/sh -c #(nop) ADD file:0123abcd in / ")]
#[case::unknown_sources_of_buildah(
    "/bin/sh -c #(nop) COPY --link dir:0123 in /x |inheritLabels=false"
)]
#[case::unknown_content("COPY <<EOF /foo # buildkit")]
#[case::a_stage_of_another_file("COPY --from=0 /a /b")]
#[case::an_unknown_option("COPY --frm=x /a /b")]
#[case::a_line_break("ENV A=b\nc # buildkit")]
#[case::no_text(r#"CMD ["\xff"]"#)]
#[case::paths_or_a_path("VOLUME [a b]")]
#[case::no_port("EXPOSE [http]")]
#[case::no_signal("STOPSIGNAL a b")]
#[case::no_list("SHELL []")]
#[case::unfinished("HEALTHCHECK {Test:[CMD-SHELL true]")]
#[case::a_list_or_a_command(r#"HEALTHCHECK {Test:[CMD-SHELL ["a"]] Interval:0s Retries:0}"#)]
#[case::arguments_without_end("|3 A=x y make")]
#[case::another_instruction("FROM x")]
#[case::lower_case("run x")]
fn what_is_not_told_is_left_out(#[case] created_by: &str) {
    assert_eq!(one(created_by, None), None);
}

#[test]
fn a_command_is_written_for_the_shell_that_ran_it() {
    let texts = [
        "SHELL [/bin/bash -o pipefail -c]",
        "RUN /bin/bash -o pipefail -c a | b # buildkit",
        "RUN |1 A=x y /bin/bash -o pipefail -c c # buildkit",
        "RUN /bin/sh -c d # buildkit",
        "SHELL [powershell -Command $x = 'y';]",
        "powershell -Command $x = 'y'; #(nop)  USER e",
        "powershell -Command $x = 'y'; f",
    ];
    let written = reconstruct(&texts.map(|text| entry(text, None)));
    let expected = [
        "FROM scratch",
        r#"SHELL ["/bin/bash", "-o", "pipefail", "-c"]"#,
        "RUN a | b",
        "RUN c",
        r#"RUN ["/bin/sh", "-c", "d"]"#,
        r#"SHELL ["powershell", "-Command", "$x = 'y';"]"#,
        "USER e",
        "RUN f\n",
    ];
    assert_eq!(written.text, expected.join("\n"));
}

#[test]
fn lines_point_at_the_instructions() {
    let texts = [
        "ENV A=b",
        "bazel build ...",
        "RUN /bin/sh -c a\nb",
        "USER c",
    ];
    let written = reconstruct(&texts.map(|text| entry(text, None)));
    assert_eq!(written.lines, [Some(2), None, Some(3), Some(7)]);
    assert_eq!(written.text.lines().nth(6), Some("USER c"));
}

#[test]
fn no_line_is_longer_than_builders_read() {
    let long = "word ".repeat(50_000);
    let command = one(&format!("RUN /bin/sh -c {long} # buildkit"), None).unwrap();
    assert!(command.lines().all(|line| line.len() < 1 << 16));
    assert_eq!(command.replace("\\\n", ""), format!("RUN {}", long.trim()));
    assert_eq!(
        one(
            &format!("RUN /bin/sh -c {} # buildkit", "-".repeat(70_000)),
            None
        ),
        None
    );
    assert_eq!(
        one(&format!("RUN /bin/sh -c a\n{long} # buildkit"), None),
        None
    );
}

#[test]
fn long_histories_take_linear_time() {
    let texts = [
        "ENV ".to_owned() + &"A=b ".repeat(500_000),
        "RUN |4000000000 ".to_owned() + &"A=b ".repeat(500_000),
        "RUN /bin/sh -c ".to_owned()
            + &(0..200_000)
                .map(|number| format!("EOF{number}\n"))
                .collect::<Vec<_>>()
                .concat(),
        "/bin/sh -c x".to_owned() + &"|a=b".repeat(500_000),
        "VOLUME [".to_owned() + &"/a ".repeat(500_000) + "]",
        "ENV A=".to_owned() + &"${A".repeat(500_000),
    ];
    let begin = std::time::Instant::now();
    reconstruct(&texts.map(|text| entry(&text, None)));
    assert!(begin.elapsed().as_secs() < 30);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(texts in prop::collection::vec(
        r"(RUN |CMD |ENV |ARG |LABEL |EXPOSE |HEALTHCHECK |VOLUME |COPY |SHELL |/bin/sh -c (#\(nop\) )?|\|1 )?[\PC\n]{0,40}", 0..4)) {
        let entries: Vec<_> = texts.iter().map(|text| entry(text, None)).collect();
        let written = reconstruct(&entries);
        prop_assert_eq!(written.lines.len(), entries.len());
        for line in written.lines.iter().flatten() {
            let text = written.text.split('\n').nth(*line as usize - 1).unwrap();
            prop_assert!(text.starts_with(|first: char| first.is_ascii_uppercase()), "{}", text);
        }
    }
}
