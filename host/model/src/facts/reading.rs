//! Facts read back from where they were written down.

use super::{Fact, FactError};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, de::IntoDeserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// The only key of what stands in the place of a fact that cannot be used.
const UNUSABLE: &str = "unusable";

pub(super) fn fact_or_error<'de, D, T>(deserializer: D) -> Result<Option<Fact<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    FactOrError::deserialize(deserializer).map(|FactOrError(fact)| Some(fact))
}

pub(super) fn facts_or_errors<'de, D, T>(
    deserializer: D,
) -> Result<Option<BTreeMap<u32, Fact<T>>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let all = BTreeMap::<u32, FactOrError<T>>::deserialize(deserializer)?;
    let facts = all.into_iter().map(|(key, FactOrError(fact))| (key, fact));
    Ok(Some(facts.collect()))
}

/// A fact, or `{"unusable": …}`.
struct FactOrError<T>(Fact<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for FactOrError<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ByFirstKey(PhantomData))
    }
}

/// Tells the two by the first key, so that nothing has to be read twice.
struct ByFirstKey<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ByFirstKey<T> {
    type Value = FactOrError<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fact, or why it cannot be used")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut rest: A) -> Result<Self::Value, A::Error> {
        let first: Option<String> = rest.next_key()?;
        if first.as_deref() != Some(UNUSABLE) {
            let all = MapAccessDeserializer::new(Pushed { first, rest });
            return T::deserialize(all).map(|fact| FactOrError(Ok(fact)));
        }
        let error: FactError = rest.next_value()?;
        match rest.next_key::<String>()? {
            None => Ok(FactOrError(Err(error))),
            Some(key) => Err(A::Error::custom(format_args!(
                "`{key}` stands beside `{UNUSABLE}`"
            ))),
        }
    }
}

/// A map whose first key was already read.
struct Pushed<A> {
    first: Option<String>,
    rest: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Pushed<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.first.take() {
            Some(first) => seed.deserialize(first.into_deserializer()).map(Some),
            None => self.rest.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.rest.next_value_seed(seed)
    }
}
