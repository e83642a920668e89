//! The configuration of the image that a stage makes.

use super::ports::Ports;
use super::table::Table;
use crate::instruction::Healthcheck;
use crate::span::Span;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is known about something an image has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// Set in this file.
    Here(T, Span),
    /// Set in this file, to something that only the base image can tell.
    Unclear(Span),
    /// What the base image has, if that is known.
    Base(Option<T>),
    /// Not set at all.
    Unset,
}

impl<T> Known<T> {
    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Here(value, _) | Self::Base(Some(value)) => Some(value),
            Self::Unclear(_) | Self::Base(None) | Self::Unset => None,
        }
    }

    /// Where it is set in this file.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Here(_, span) | Self::Unclear(span) => Some(*span),
            Self::Base(_) | Self::Unset => None,
        }
    }
}

/// A value of an image's configuration that has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub(super) text: Arc<str>,
    /// Whether the text is right: it is not where a variable comes from a base image that is not known.
    pub(super) clear: bool,
    pub(super) span: Option<Span>,
}

impl Held {
    /// What is known about it.
    pub fn known(&self) -> Known<&str> {
        match (self.span, self.clear) {
            (Some(span), true) => Known::Here(&self.text, span),
            (Some(span), false) => Known::Unclear(span),
            (None, clear) => Known::Base(clear.then_some(&*self.text)),
        }
    }
}

/// Words, shared by all stages that have them.
pub type Words = Arc<[String]>;

/// The configuration of the image that a stage makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Whether all is known that the base image has; otherwise more variables, labels, ports and volumes may come from it.
    pub base_known: bool,
    /// `MAINTAINER`
    pub author: Known<Arc<str>>,
    /// `USER`
    pub user: Known<Arc<str>>,
    /// `WORKDIR`
    pub working_dir: Known<Arc<str>>,
    /// `STOPSIGNAL`
    pub stop_signal: Known<Arc<str>>,
    /// `SHELL`
    pub shell: Known<Words>,
    /// `ENTRYPOINT`, with the shell if it is in shell form. `ENTRYPOINT []` removes one: that is [`Known::Unset`].
    pub entrypoint: Known<Words>,
    /// `CMD`, with the shell if it is in shell form.
    pub cmd: Known<Words>,
    /// `HEALTHCHECK`
    pub healthcheck: Known<Arc<Healthcheck>>,
    /// Whether BuildKit calls the arguments escaped, as it does where there is a `CMD`.
    pub args_escaped: bool,
    /// The triggers of `ONBUILD`.
    pub on_build: Vec<Arc<str>>,
    pub(super) env: Table<Held>,
    pub(super) labels: Table<Held>,
    pub(super) ports: Table<(Ports, Option<Span>)>,
    pub(super) volumes: Table<Option<Span>>,
}

impl Config {
    /// The variables in the order of the image's configuration.
    pub fn env(&self) -> impl Iterator<Item = (&str, Known<&str>)> {
        self.env.iter().map(|(name, value)| (name, value.known()))
    }

    /// The labels in the order in which they came.
    pub fn labels(&self) -> impl Iterator<Item = (&str, Known<&str>)> {
        self.labels
            .iter()
            .map(|(name, value)| (name, value.known()))
    }

    /// The ports as they were exposed, and where.
    pub fn exposed(&self) -> impl Iterator<Item = (&Ports, Option<Span>)> {
        self.ports.iter().map(|(_, (ports, span))| (ports, *span))
    }

    /// Every single port: `80/tcp`.
    pub fn exposed_ports(&self) -> BTreeSet<String> {
        let mut open: Vec<(&str, u16, u16)> = self
            .ports
            .iter()
            .map(|(_, (ports, _))| (ports.protocol.as_str(), ports.first, ports.last))
            .collect();
        open.sort_unstable();
        // Ranges that overlap are many times as long as what they expose.
        let mut single = BTreeSet::new();
        let mut done: (&str, u32) = ("", 0);
        for (protocol, first, last) in open {
            let begin = if done.0 == protocol {
                done.1.max(u32::from(first))
            } else {
                u32::from(first)
            };
            single.extend((begin..=u32::from(last)).map(|port| format!("{port}/{protocol}")));
            let behind = u32::from(last) + 1;
            done = (
                protocol,
                if done.0 == protocol {
                    done.1.max(behind)
                } else {
                    behind
                },
            );
        }
        single
    }

    /// The volumes, and where they are set in this file.
    pub fn volumes(&self) -> impl Iterator<Item = (&str, Option<Span>)> {
        self.volumes.iter().map(|(path, span)| (path, *span))
    }

    /// That of an image without anything.
    pub(super) fn empty() -> Self {
        Self {
            base_known: true,
            author: Known::Unset,
            user: Known::Unset,
            working_dir: Known::Unset,
            stop_signal: Known::Unset,
            shell: Known::Unset,
            entrypoint: Known::Unset,
            cmd: Known::Unset,
            healthcheck: Known::Unset,
            args_escaped: false,
            on_build: vec![],
            env: Table::default(),
            labels: Table::default(),
            ports: Table::default(),
            volumes: Table::default(),
        }
    }

    /// That of an image about which nothing is known.
    pub(super) fn unknown() -> Self {
        Self {
            base_known: false,
            author: Known::Base(None),
            user: Known::Base(None),
            working_dir: Known::Base(None),
            stop_signal: Known::Base(None),
            shell: Known::Base(None),
            entrypoint: Known::Base(None),
            cmd: Known::Base(None),
            healthcheck: Known::Base(None),
            ..Self::empty()
        }
    }
}
