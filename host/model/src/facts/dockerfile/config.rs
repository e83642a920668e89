//! The config that a stage makes, and who decided what of it.

use super::Span;
use crate::facts::Healthcheck;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A value of a config, and who decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting<T> {
    /// An instruction of the file; no value: only the base image, which nobody knows, can tell it.
    Here(Option<T>, Span),
    /// The base image, whose value is there where its config is known.
    Base(Option<T>),
    /// Nobody.
    Unset,
}

impl<T> Setting<T> {
    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Here(value, _) | Self::Base(value) => value.as_ref(),
            Self::Unset => None,
        }
    }
}

/// `{"decided": "here", "value": …, "span": …}`
impl<T: Serialize> Serialize for Setting<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a, T> {
            decided: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            value: Option<&'a T>,
            #[serde(skip_serializing_if = "Option::is_none")]
            span: Option<&'a Span>,
        }
        let (decided, span) = match self {
            Self::Here(_, span) => ("here", Some(span)),
            Self::Base(_) => ("base", None),
            Self::Unset => ("unset", None),
        };
        let value = self.value();
        Written {
            decided,
            value,
            span,
        }
        .serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Setting<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written<T> {
            decided: String,
            value: Option<T>,
            span: Option<Span>,
        }
        let Written {
            decided,
            value,
            span,
        } = Written::deserialize(deserializer)?;
        match (decided.as_str(), span) {
            ("here", Some(span)) => Ok(Self::Here(value, span)),
            ("base", None) => Ok(Self::Base(value)),
            ("unset", None) if value.is_none() => Ok(Self::Unset),
            _ => Err(de::Error::custom(format_args!(
                "no setting is decided like `{decided}`"
            ))),
        }
    }
}

/// An entry of a config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A variable, a label, `PORT/PROTOCOL`, or a path.
    pub key: String,
    /// Empty for ports and volumes; none: only the base image, which nobody knows, can tell it.
    pub value: Option<String>,
    /// None: it comes from the base image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// The config at the end of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EffectiveConfig {
    /// `User`
    pub user: Setting<String>,
    /// `WorkingDir`
    pub working_dir: Setting<String>,
    /// `StopSignal`
    pub stop_signal: Setting<String>,
    /// `Shell`
    pub shell: Setting<Vec<String>>,
    /// `Entrypoint`
    pub entrypoint: Setting<Vec<String>>,
    /// `Cmd`
    pub cmd: Setting<Vec<String>>,
    /// `Healthcheck`
    pub healthcheck: Setting<Healthcheck>,
    /// `Env`
    pub env: Vec<Entry>,
    /// `Labels`
    pub labels: Vec<Entry>,
    /// `ExposedPorts`
    pub exposed_ports: Vec<Entry>,
    /// `Volumes`
    pub volumes: Vec<Entry>,
    /// Whether what the base image decides is in the lists.
    pub base_known: bool,
}
