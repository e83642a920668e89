//! The signals of `STOPSIGNAL`.

/// The names without `SIG`, besides the real-time signals.
const NAMES: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX",
];

/// Whether Linux has the signal; any number but 0 will do.
pub(super) fn is_known(text: &str) -> bool {
    if let Ok(number) = text.parse::<i64>() {
        return number != 0;
    }
    let upper = text.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    NAMES.contains(&name) || is_real_time(name)
}

fn is_real_time(name: &str) -> bool {
    let (number, last) = match (name.strip_prefix("RTMIN+"), name.strip_prefix("RTMAX-")) {
        (Some(number), _) => (number, 15),
        (_, Some(number)) => (number, 14),
        _ => return false,
    };
    (1..=last).any(|known: u8| known.to_string() == number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("SIGTERM", true)]
    #[case("quit", true)]
    #[case("sigrtmin+15", true)]
    #[case("RTMAX-14", true)]
    #[case("9", true)]
    #[case("-3", true)]
    #[case("0", false)]
    #[case("RTMIN+16", false)]
    #[case("RTMIN+01", false)]
    #[case("RTMAX-15", false)]
    #[case("SIGSIGTERM", false)]
    #[case("", false)]
    fn knows_the_signals_of_linux(#[case] text: &str, #[case] known: bool) {
        assert_eq!(is_known(text), known);
    }
}
