//! What a registry asks for with 401: the header `WWW-Authenticate`.

/// One way to come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A user and a password.
    Basic,
    /// A token that somebody else gives.
    Bearer {
        /// Who gives it.
        realm: String,
        /// For whom.
        service: Option<String>,
        /// For what.
        scope: Option<String>,
    },
}

/// Reads one header, which may hold several challenges. What is not understood is left out.
///
/// RFC 9110 §11.6.1: there may be several such headers, each may hold several challenges, and the parameters of a
/// challenge are separated by commas as the challenges are.
pub(crate) fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    let mut current: Option<(String, Vec<(String, String)>)> = None;
    for element in elements(header) {
        let (scheme, parameter) = match element.split_once([' ', '\t']) {
            // A blank within a parameter is only before or after its equals sign.
            Some((first, rest)) if !rest.trim_start().starts_with('=') && is_token(first) => {
                (Some(first), rest.trim())
            }
            _ if is_token(element) => (Some(element), ""),
            _ => (None, element),
        };
        if let Some(scheme) = scheme {
            challenges.extend(current.take().and_then(finish));
            current = Some((scheme.to_ascii_lowercase(), Vec::new()));
        }
        if let (Some((_, parameters)), Some((name, value))) =
            (&mut current, parameter.split_once('='))
        {
            parameters.push((name.trim().to_ascii_lowercase(), unquote(value.trim())));
        }
    }
    challenges.extend(current.and_then(finish));
    challenges
}

fn finish((scheme, parameters): (String, Vec<(String, String)>)) -> Option<Challenge> {
    let value = |name: &str| {
        let found = parameters.iter().find(|(key, _)| key == name);
        found
            .map(|(_, value)| value.clone())
            .filter(|value| !value.is_empty())
    };
    match scheme.as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: value("realm")?,
            service: value("service"),
            scope: value("scope"),
        }),
        _ => None,
    }
}

/// Splits at the commas that are not within quotes.
fn elements(header: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    header
        .split(move |character: char| {
            match character {
                _ if is_escaped => is_escaped = false,
                '\\' if is_quoted => is_escaped = true,
                '"' => is_quoted = !is_quoted,
                _ => {}
            }
            character == ',' && !is_quoted
        })
        .map(str::trim)
        .filter(|element| !element.is_empty())
}

fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let mut unquoted = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => unquoted.extend(characters.next()),
            other => unquoted.push(other),
        }
    }
    unquoted
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(ToOwned::to_owned),
            scope: scope.map(ToOwned::to_owned),
        }
    }

    #[rstest]
    #[case("Basic realm=\"x\"", vec![Challenge::Basic])]
    #[case("basic", vec![Challenge::Basic])]
    #[case(
        r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/alpine:pull""#,
        vec![bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:library/alpine:pull"))]
    )]
    #[case(
        r#"Bearer realm="https://a/t", service=s , scope="repository:x:pull,push", error="invalid_token""#,
        vec![bearer("https://a/t", Some("s"), Some("repository:x:pull,push"))]
    )]
    #[case(r#"BEARER REALM = "https://a/t""#, vec![bearer("https://a/t", None, None)])]
    #[case(r#"Bearer realm="a\"b\\c", Basic realm="x""#, vec![bearer("a\"b\\c", None, None), Challenge::Basic])]
    #[case(r#"Negotiate, Basic realm="x", Bearer realm="r""#, vec![Challenge::Basic, bearer("r", None, None)])]
    #[case(r#"Digest realm="x", nonce="a,b", Bearer realm=r"#, vec![bearer("r", None, None)])]
    #[case("Bearer", vec![])]
    #[case(r#"Bearer realm="""#, vec![])]
    #[case(r#"Bearer realm="unclosed"#, vec![bearer("unclosed", None, None)])]
    #[case(",,,", vec![])]
    #[case("", vec![])]
    fn what_is_asked_for_is_understood(#[case] header: &str, #[case] expected: Vec<Challenge>) {
        assert_eq!(parse(header), expected);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in any::<String>()) {
            parse(&header);
        }

        #[test]
        fn no_header_like_text_makes_it_panic(header in r#"(Bearer |Basic )?[a-z="\\, ]{0,40}"#) {
            parse(&header);
        }
    }
}
