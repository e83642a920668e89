//! Text of strangers as text of a page: neither markup nor an attribute, a link or a direction of writing ever comes of it.

use crate::report::printable;
use std::fmt::{self, Display, Write};

/// A text that is shown as it is, in an element or in a quoted attribute.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain(self.0) {
            return f.write_str(self.0);
        }
        without_markup(f, &printable(self.0))
    }
}

/// A sentence, in which words between backticks are code, as polcheck's messages write them.
pub(super) struct Prose<'a>(pub(super) &'a str);

impl Display for Prose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.matches('`').count() % 2 == 1 {
            return Text(self.0).fmt(f);
        }
        for (at, part) in self.0.split('`').enumerate() {
            if at % 2 == 0 {
                Text(part).fmt(f)?;
            } else {
                write!(f, "<code>{}</code>", Text(part))?;
            }
        }
        Ok(())
    }
}

/// Part of a line of a file: tabs stay what they are.
pub(super) struct Source<'a>(pub(super) &'a str);

impl Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.split('\t').enumerate() {
            if at > 0 {
                f.write_char('\t')?;
            }
            Text(part).fmt(f)?;
        }
        Ok(())
    }
}

/// Whether a text needs no escape at all, as nearly every one does.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' '..=b'~') && !is_markup(char::from(byte)))
}

fn is_markup(character: char) -> bool {
    matches!(character, '&' | '<' | '>' | '"' | '\'' | '`')
}

fn without_markup(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let mut rest = text;
    while let Some((before, from)) = rest.find(is_markup).map(|at| rest.split_at(at)) {
        f.write_str(before)?;
        let mut characters = from.chars();
        if let Some(character) = characters.next() {
            write!(f, "&#{};", u32::from(character))?;
        }
        rest = characters.as_str();
    }
    f.write_str(rest)
}

/// A link to a page of the web, or only its text where it is none: `javascript:` and its kind are never followed.
pub(super) struct Link<'a>(pub(super) &'a str);

impl Display for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = Text(self.0);
        if is_web(self.0) {
            write!(f, "<a href=\"{url}\" rel=\"noopener noreferrer\">{url}</a>")
        } else {
            url.fmt(f)
        }
    }
}

/// Whether it is `http` or `https`, with nothing but characters of a URI (RFC 3986, section 2).
fn is_web(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&byte);
    matches!(scheme, "http" | "https") && !rest.is_empty() && rest.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("plain für 日本語", "plain für 日本語")]
    #[case(
        "</style><b a='\"`'>&amp;",
        "&#60;/style&#62;&#60;b a=&#39;&#34;&#96;&#39;&#62;&#38;amp;"
    )]
    #[case("\u{1b}[31m\u{202e}\u{1}\n", "\\u{1b}[31m\\u{202e}\\u{1}\\n")]
    fn no_text_becomes_markup(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(Text(text).to_string(), expected);
    }

    #[rstest]
    #[case("set `A<b>` in `c`", "set <code>A&#60;b&#62;</code> in <code>c</code>")]
    #[case("`a` and `b", "&#96;a&#96; and &#96;b")]
    fn words_between_backticks_are_code(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(Prose(text).to_string(), expected);
    }

    #[test]
    fn a_line_keeps_its_tabs_and_nothing_else_that_is_no_text() {
        assert_eq!(Source("\ta\r<\t").to_string(), "\ta\\r&#60;\t");
    }

    #[rstest]
    #[case("javascript:alert(1)")]
    #[case("JAVASCRIPT://x/%0aalert(1)")]
    #[case("data:text/html,x")]
    #[case("https://")]
    #[case("https://x.example/\" onclick=\"x")]
    #[case("https://x.example/\u{202e}")]
    #[case("//x.example")]
    fn only_a_page_of_the_web_becomes_a_link(#[case] url: &str) {
        assert!(!Link(url).to_string().contains("<a"), "{url}");
    }

    #[test]
    fn a_page_of_the_web_becomes_a_link() {
        assert_eq!(
            Link("https://x.example/?a=1&b").to_string(),
            "<a href=\"https://x.example/?a=1&#38;b\" rel=\"noopener noreferrer\">https://x.example/?a=1&#38;b</a>"
        );
    }
}
