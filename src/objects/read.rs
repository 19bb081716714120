//! Text → [`Objects`]: lists, single objects and several documents in a row, as JSON or YAML.
//!
//! JSON is read without a tree in between: one pass finds where each item lies, a second one reads its kind, a third
//! one the kinds we know. YAML goes through a tree. Nesting is limited by both readers, so no text exhausts the stack.

use super::lower;
use super::model::{Objects, Place};
use memchr::{memchr_iter, memrchr};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Text that does not hold Kubernetes objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The file.
    pub file: String,
    /// Line and column, from 1, where the text tells.
    pub place: Option<(usize, usize)>,
    /// What is wrong, and with which item.
    pub what: String,
}

/// `cluster.json:3:17: items[0]: …`
impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl std::error::Error for Unreadable {}

const WANTED: &str = "the output of `kubectl get services,endpointslices,nodes -A -o json` is wanted";

/// The objects in `text`; `name` is the name of its file.
///
/// # Errors
/// Where the text is neither JSON nor YAML, or an object of a kind we read is not what its kind says.
pub fn read(name: &str, text: &[u8]) -> Result<Objects, Unreadable> {
    let fail = |what: String| Unreadable { file: name.to_owned(), place: None, what };
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let text = std::str::from_utf8(text).map_err(|_| fail(format!("is not UTF-8 text; {WANTED}")))?;
    let mut objects = Objects { files: vec![name.to_owned()], ..Objects::default() };
    let read = match text.trim_start().bytes().next() {
        None => return Err(fail(format!("is empty; {WANTED}"))),
        Some(b'{' | b'[') => read_json(text, &mut objects),
        Some(_) => read_yaml(text, &mut objects),
    };
    read.map_err(|wrong| Unreadable { file: name.to_owned(), place: wrong.place, what: wrong.what })?;
    objects.keep_the_last();
    Ok(objects)
}

/// What is wrong and where, before the file's name is known.
struct Wrong {
    place: Option<(usize, usize)>,
    what: String,
}

impl Wrong {
    fn json(error: &serde_json::Error, base: (usize, usize)) -> Self {
        let (line, column) = (error.line(), error.column());
        let place = if line <= 1 { (base.0, base.1 + column) } else { (base.0 + line - 1, column) };
        Self { place: (line > 0).then_some((place.0, place.1.max(1))), what: bare(error) }
    }

    fn under(self, place: Place) -> Self {
        Self { what: format!("{place}: {}", self.what), ..self }
    }

    fn unknown(kind: Option<&str>) -> Self {
        let what = match kind {
            Some(kind) => {
                format!("a {kind} is no list and no Service, EndpointSlice, Endpoints, Node or Pod; {WANTED}")
            }
            None => format!("no Kubernetes object: `kind` is missing; {WANTED}"),
        };
        Self { place: None, what }
    }
}

/// The message without its " at line 1 column 2", which counts from the item.
fn bare(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rfind(" at line ") {
        Some(end) if error.line() > 0 => message[..end].to_owned(),
        _ => message,
    }
}

/// Line and column offset at which `at` starts.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at];
    let line = memchr_iter(b'\n', before).count() + 1;
    (line, at - memrchr(b'\n', before).map_or(0, |newline| newline + 1))
}

fn read_json(text: &str, objects: &mut Objects) -> Result<(), Wrong> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Outline<'_>>();
    let mut document = 0;
    let mut start = 0;
    while let Some(outline) = stream.next() {
        let outline = outline.map_err(|error| Wrong::json(&error, (1, 0)))?;
        let here = Place { document, ..Place::default() };
        match outline.items {
            Some(items) => read_items(text, &outline.head, &items, here, objects)?,
            None => read_item(text, &text[start..stream.byte_offset()], &outline.head, here, objects)
                .and_then(|known| if known { Ok(()) } else { Err(Wrong::unknown(outline.head.kind.as_deref())) })?,
        }
        start = stream.byte_offset();
        document += 1;
    }
    Ok(())
}

fn read_items(
    text: &str,
    list: &Head<'_>,
    items: &[&RawValue],
    here: Place,
    objects: &mut Objects,
) -> Result<(), Wrong> {
    for (item, raw) in (0..).zip(items) {
        let place = Place { item: Some(item), ..here };
        let at = |error| Wrong::json(&error, position(text, offset(text, raw.get()))).under(place);
        let head: Head<'_> = serde_json::from_str(raw.get()).map_err(at)?;
        let known = read_item(text, raw.get(), &head.or_of(list), place, objects).map_err(|e| e.under(place))?;
        objects.others += usize::from(!known);
    }
    Ok(())
}

/// Whether the item is of a kind we know.
fn read_item(text: &str, raw: &str, head: &Head<'_>, place: Place, objects: &mut Objects) -> Result<bool, Wrong> {
    let at = |error: serde_json::Error| Wrong::json(&error, position(text, offset(text, raw)));
    let mut json = serde_json::Deserializer::from_str(raw);
    lower::add(head.kind(), head.is_beta(), place, &mut json, objects).map_err(at)
}

/// Where `part` lies in `text`, of which it is a slice.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

fn read_yaml(text: &str, objects: &mut Objects) -> Result<(), Wrong> {
    let documents: Vec<Value> =
        serde_saphyr::from_multiple_with_options(text, yaml_options(text.len())).map_err(|error| {
            let error = error.without_snippet();
            let place = error.location().map(|place| (saturating(place.line()), saturating(place.column())));
            Wrong { place, what: format!("neither JSON nor YAML: {error}; {WANTED}") }
        })?;
    for (document, value) in (0..).zip(documents) {
        if !value.is_null() {
            read_document(value, Place { document, ..Place::default() }, objects)?;
        }
    }
    Ok(())
}

fn saturating(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn read_document(mut value: Value, here: Place, objects: &mut Objects) -> Result<(), Wrong> {
    let list = head_of(&value, here)?;
    let Some(Value::Array(items)) = value.get_mut("items").map(Value::take) else {
        return if read_value(value, &list, here, objects)? {
            Ok(())
        } else {
            Err(Wrong::unknown(list.kind.as_deref()))
        };
    };
    for (item, value) in (0..).zip(items) {
        let place = Place { item: Some(item), ..here };
        let head = head_of(&value, place)?;
        let known = read_value(value, &head.or_of(&list), place, objects)?;
        objects.others += usize::from(!known);
    }
    Ok(())
}

fn head_of(value: &Value, place: Place) -> Result<Head<'static>, Wrong> {
    let wrong = |what: String| Wrong { place: None, what }.under(place);
    if !value.is_object() {
        return Err(wrong(format!("no Kubernetes object; {WANTED}")));
    }
    let text = |key| value.get(key).and_then(Value::as_str).map(|text| Cow::Owned(text.to_owned()));
    Ok(Head { kind: text("kind"), api_version: text("apiVersion") })
}

fn read_value(value: Value, head: &Head<'_>, place: Place, objects: &mut Objects) -> Result<bool, Wrong> {
    lower::add(head.kind(), head.is_beta(), place, value, objects)
        .map_err(|error: serde_json::Error| Wrong { place: None, what: bare(&error) }.under(place))
}

/// Limits in proportion to the text: what one byte may stand for is bounded, so aliases cannot blow it up.
fn yaml_options(len: usize) -> serde_saphyr::Options {
    let mut options = serde_saphyr::Options::default();
    if let Some(budget) = &mut options.budget {
        budget.max_events = budget.max_events.max(len);
        budget.max_nodes = budget.max_nodes.max(len);
        budget.max_documents = budget.max_documents.max(len);
        budget.max_total_scalar_bytes = budget.max_total_scalar_bytes.max(len);
        budget.max_total_comment_bytes = budget.max_total_comment_bytes.max(len);
    }
    options.with_snippet = false;
    options
}

/// What says how to read the rest.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    api_version: Option<Cow<'a, str>>,
}

impl Head<'_> {
    fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or_default()
    }

    fn is_beta(&self) -> bool {
        self.api_version.as_deref().is_some_and(|version| version.ends_with("v1beta1"))
    }

    /// Items of a `ServiceList` (`kubectl get --raw`) do not repeat their kind.
    fn or_of(self, list: &Self) -> Self {
        let singular = || Some(Cow::Owned(list.kind.as_deref()?.strip_suffix("List")?.to_owned()));
        match self.kind {
            Some(_) => self,
            None => Self { kind: singular(), api_version: list.api_version.clone() },
        }
    }
}

/// One JSON document, its items not yet read.
#[derive(Default)]
struct Outline<'a> {
    head: Head<'a>,
    items: Option<Vec<&'a RawValue>>,
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
