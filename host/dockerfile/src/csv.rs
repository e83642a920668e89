//! The fields of one line of comma-separated values, as Go reads them.

/// The fields of a line; the error is what Go says.
pub(crate) fn fields(line: &str) -> Result<Vec<String>, String> {
    // A line end is allowed.
    let without = line
        .strip_suffix("\r\n")
        .or_else(|| line.strip_suffix('\n'));
    let line = without.unwrap_or(line);
    if line.is_empty() {
        return Err("EOF".to_owned());
    }
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let column = |rest: &str| line.len() - rest.len() + 1;
        let more = if let Some(inside) = rest.strip_prefix('"') {
            let (field, behind) = quoted(inside).map_err(|at| {
                format!(
                    "parse error on line 1, column {}: extraneous or missing \" in quoted-field",
                    column(at)
                )
            })?;
            fields.push(field);
            behind
        } else {
            let (field, behind) = rest
                .split_once(',')
                .map_or((rest, None), |(field, rest)| (field, Some(rest)));
            if let Some(quote) = field.find('"') {
                let column = column(rest) + quote;
                return Err(format!(
                    "parse error on line 1, column {column}: bare \" in non-quoted-field"
                ));
            }
            fields.push(field.to_owned());
            behind
        };
        match more {
            Some(behind) => rest = behind,
            None => return Ok(fields),
        }
    }
}

/// A field and what stands behind its comma, or the place of the error.
fn quoted(mut rest: &str) -> Result<(String, Option<&str>), &str> {
    let mut field = String::new();
    loop {
        let Some(quote) = rest.find('"') else {
            return Err(rest);
        };
        let (text, behind) = rest.split_at_checked(quote).unwrap_or((rest, ""));
        field.push_str(text);
        let next = behind.strip_prefix('"').unwrap_or(behind);
        if let Some(next) = next.strip_prefix('"') {
            field.push('"');
            rest = next;
        } else if let Some(next) = next.strip_prefix(',') {
            return Ok((field, Some(next)));
        } else if next.is_empty() {
            return Ok((field, None));
        } else {
            return Err(behind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fields;
    use rstest::rstest;

    #[rstest]
    #[case("a=1,b", &["a=1", "b"])]
    #[case("a,", &["a", ""])]
    #[case("\"a,b\",c", &["a,b", "c"])]
    #[case("\"a\"\"b\"", &["a\"b"])]
    #[case("a\r\n", &["a"])]
    #[case("\"\",", &["", ""])]
    fn fields_may_be_quoted(#[case] line: &str, #[case] expected: &[&str]) {
        assert_eq!(fields(line).unwrap(), expected);
    }

    #[rstest]
    #[case("", "EOF")]
    #[case("\n", "EOF")]
    #[case("a\"b", "parse error on line 1, column 2: bare \" in non-quoted-field")]
    #[case(
        "x,\"a\"b",
        "parse error on line 1, column 5: extraneous or missing \" in quoted-field"
    )]
    #[case(
        "\"a",
        "parse error on line 1, column 2: extraneous or missing \" in quoted-field"
    )]
    fn errors_are_those_of_go(#[case] line: &str, #[case] expected: &str) {
        assert_eq!(fields(line).unwrap_err(), expected);
    }
}
