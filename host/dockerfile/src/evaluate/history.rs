//! The history that BuildKit writes into an image: a line for each instruction that changes it.

use super::ports::Ports;
use super::state::Value;
use super::table::Table;
use crate::instruction::Healthcheck;
use crate::quote::quoted;
use std::sync::Arc;

/// A line of the history, before it is written: a `RUN` repeats every argument, so only what is asked for is written.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// Written as it is.
    Text(String),
    /// `CMD` and `ENTRYPOINT`
    Command(&'static str, Arc<[String]>),
    /// `EXPOSE`
    Expose(Vec<Ports>),
    /// `HEALTHCHECK`
    Healthcheck(Arc<Healthcheck>),
    /// `RUN`
    Run {
        words: Vec<String>,
        arguments: Table<Arc<str>>,
        variables: Table<Value>,
    },
}

impl Event {
    /// How many bytes it has at least: ranges of ports are long.
    pub(super) fn least(&self) -> usize {
        match self {
            Self::Expose(ports) => ports
                .iter()
                .map(|ports| 6 * usize::from(ports.last.saturating_sub(ports.first)))
                .sum(),
            _ => 0,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Command(name, words) => {
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                format!("{name} [{}]", words.join(" "))
            }
            Self::Expose(ports) => expose(ports),
            Self::Healthcheck(check) => healthcheck(check),
            Self::Run {
                words,
                arguments,
                variables,
            } => run(words, arguments, variables),
        }
    }
}

fn expose(ports: &[Ports]) -> String {
    let mut text = String::from("EXPOSE [");
    for (index, port) in ports.iter().flat_map(Ports::each).enumerate() {
        if index > 0 {
            text.push(' ');
        }
        text.push_str(&port);
    }
    text.push(']');
    text
}

fn run(words: &[String], arguments: &Table<Arc<str>>, variables: &Table<Value>) -> String {
    let mut parts = Vec::with_capacity(words.len() + arguments.len() + 2);
    parts.push("RUN".to_owned());
    if !arguments.is_empty() {
        parts.push(format!("|{}", arguments.len()));
    }
    for (name, declared) in arguments.iter() {
        // What an instruction has set since then counts.
        let value = variables
            .get(name)
            .map_or(&**declared, |value| &*value.text);
        parts.push(format!("{name}={value}"));
    }
    parts.extend_from_slice(words);
    format!("{} # buildkit", parts.join(" "))
}

fn healthcheck(check: &Healthcheck) -> String {
    format!(
        "HEALTHCHECK {{Test:[{}] Interval:{} Timeout:{} StartPeriod:{} StartInterval:{} Retries:{}}}",
        check.test.join(" "),
        duration(check.interval),
        duration(check.timeout),
        duration(check.start_period),
        duration(check.start_interval),
        check.retries,
    )
}

/// A duration as Go prints it: `1m30s`.
fn duration(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let left = nanoseconds.unsigned_abs();
    let text = match left {
        0 => "0s".to_owned(),
        1..1_000 => format!("{left}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(left, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(left, 1_000_000)),
        _ => {
            let minutes = left / 60_000_000_000;
            let seconds = decimal(left % 60_000_000_000, 1_000_000_000);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

fn decimal(value: u64, unit: u64) -> String {
    let (whole, rest) = (value / unit, value % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let digits = unit.to_string().len() - 1;
    let rest = format!("{rest:0digits$}");
    format!("{whole}.{}", rest.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0s")]
    #[case(1_500_000, "1.5ms")]
    #[case(1_000, "1µs")]
    #[case(30_000_000_000, "30s")]
    #[case(90_000_000_000, "1m30s")]
    #[case(3_600_000_000_000, "1h0m0s")]
    #[case(3_601_250_000_000, "1h0m1.25s")]
    #[case(-5_000_000_000, "-5s")]
    fn prints_durations_as_go_does(#[case] nanoseconds: i64, #[case] expected: &str) {
        assert_eq!(duration(nanoseconds), expected);
    }
}
