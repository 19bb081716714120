//! A JSON document before its items are read: what kind it is, and where they lie.

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What says how to read the rest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head<'a> {
    #[serde(borrow, default)]
    pub(super) kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) api_version: Option<Cow<'a, str>>,
}

impl Head<'_> {
    pub(super) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or_default()
    }

    pub(super) fn api_version(&self) -> &str {
        self.api_version.as_deref().unwrap_or_default()
    }

    /// Items of a `ServiceList` (`kubectl get --raw`) do not repeat their kind.
    pub(super) fn or_of(self, list: &Self) -> Self {
        let singular = || Some(Cow::Owned(list.kind.as_deref()?.strip_suffix("List")?.to_owned()));
        match self.kind {
            Some(_) => self,
            None => Self { kind: singular(), api_version: list.api_version.clone() },
        }
    }
}

/// One JSON document, its items not yet read.
#[derive(Default)]
pub(super) struct Outline<'a> {
    pub(super) head: Head<'a>,
    pub(super) items: Option<Vec<&'a RawValue>>,
}

impl<'de> Deserialize<'de> for Outline<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OutlineVisitor)
    }
}

struct OutlineVisitor;

impl<'de> Visitor<'de> for OutlineVisitor {
    type Value = Outline<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Kubernetes object or a list of them")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut outline = Outline { items: Some(Vec::new()), ..Outline::default() };
        while let Some(item) = items.next_element()? {
            outline.items.get_or_insert_default().push(item);
        }
        Ok(outline)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut outline = Outline::default();
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Kind => outline.head.kind = map.next_value()?,
                Key::ApiVersion => outline.head.api_version = map.next_value()?,
                Key::Items if outline.items.is_some() => return Err(A::Error::custom("two lists of `items`")),
                Key::Items => outline.items = map.next_value()?,
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(outline)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Key {
    Kind,
    ApiVersion,
    Items,
    #[serde(other)]
    Other,
}
