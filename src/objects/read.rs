//! Text → [`Objects`]: lists, single objects and several documents in a row, as JSON or YAML.
//!
//! JSON is read without a tree in between: one pass finds where each item lies, a second one reads its kind, a third
//! one the kinds we know. YAML goes through a tree. Nesting is limited by both readers, so no text exhausts the stack.

use super::lower;
use super::model::{Objects, Place};
use super::outline::{Head, Outline};
use memchr::{memchr_iter, memrchr};
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
    lower::add(head.kind(), head.api_version(), place, &mut json, objects).map_err(at)
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
    lower::add(head.kind(), head.api_version(), place, value, objects)
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
    options.alias_limits.max_total_replayed_events = len;
    options.with_snippet = false;
    options
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, TrafficPolicy};
    use super::*;

    const WEB: &str = r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"clusterIP": "10.96.0.1", "internalTrafficPolicy": "Local", "ports": [{"port": 80}]}}"#;

    #[track_caller]
    fn fails(text: &str, message: &str) {
        let error = read("f.json", text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }

    #[test]
    fn a_list_a_bare_array_and_single_objects_in_a_row_read_the_same() {
        let list = format!(r#"{{"items": [{WEB}], "kind": "List", "apiVersion": "v1"}}"#);
        for text in
            [list.as_str(), WEB, &format!("[{WEB}]"), &format!("\u{FEFF} {WEB}\n{{\"kind\": \"List\", \"items\": []}}")]
        {
            let objects = read("f.json", text.as_bytes()).unwrap();
            assert_eq!(objects.services.len(), 1, "{text}");
            assert_eq!(objects.services[0].object.to_string(), "Service shop/web");
            assert_eq!(objects.services[0].internal_policy, TrafficPolicy::Local);
        }
    }

    #[test]
    fn yaml_as_kubectl_prints_it_reads_like_json() {
        let item = "apiVersion: v1\n  kind: Service\n  metadata:\n    annotations:\n      note: \"yes\"\n    \
            creationTimestamp: \"2024-03-11T09:02:01Z\"\n    name: web\n    namespace: shop\n    resourceVersion: \"198\"\n  \
            spec:\n    clusterIP: 10.96.0.1\n    internalTrafficPolicy: Local\n    ports:\n    - port: 80\n      \
            targetPort: http\n";
        let list = format!("apiVersion: v1\nitems:\n- {item}kind: List\nmetadata:\n  resourceVersion: \"\"\n");
        let objects = read("f.yaml", list.as_bytes()).unwrap();
        assert_eq!(objects.services[0].object.changed, Some(1_710_147_721));
        assert_eq!(objects.services[0].object.field("spec"), "items[0].spec");
        let documents = "---\nkind: Node\nmetadata: {name: n1}\n---\nkind: Node\nmetadata: {name: n2}\n---\n";
        let objects = read("f.yaml", documents.as_bytes()).unwrap();
        assert_eq!((objects.nodes.len(), objects.nodes[1].object.place.document), (2, 1));
        let json = read("f.json", WEB.as_bytes()).unwrap();
        let yaml = read("f.yaml", format!("# a comment\n{WEB}").as_bytes()).unwrap();
        assert_eq!(json.services[0].ports, yaml.services[0].ports);
    }

    #[test]
    fn items_of_a_typed_list_take_its_kind() {
        let text = r#"{"kind": "NodeList", "apiVersion": "v1", "items": [{"metadata": {"name": "n1"}}]}"#;
        assert_eq!(read("f", text.as_bytes()).unwrap().nodes[0].object.kind, Kind::Node);
    }

    #[test]
    fn other_kinds_are_counted_and_left_alone() {
        let text = r#"{"kind": "List", "items": [{"kind": "Secret", "data": {"a": 1}}, {"kind": "Service", "apiVersion": "serving.example/v1", "spec": 1}]}"#;
        assert_eq!(read("f", text.as_bytes()).unwrap().others, 2);
    }

    #[test]
    fn of_an_object_given_twice_the_later_one_counts() {
        let later = WEB.replace("10.96.0.1", "10.96.0.2");
        let objects = read("f", format!("{WEB}{later}").as_bytes()).unwrap();
        assert_eq!(objects.services.len(), 1);
        let mut both = read("a", WEB.as_bytes()).unwrap();
        both.add(read("b", later.as_bytes()).unwrap());
        assert_eq!((both.services.len(), both.services[0].object.place.file), (1, 1));
        assert_eq!(both.services[0].cluster_ips[0].to_string(), "10.96.0.2");
        assert_eq!(both.files, ["a", "b"]);
    }

    #[test]
    fn nothing_or_no_text_says_what_is_wanted() {
        fails(
            " \n",
            "f.json: is empty; the output of `kubectl get services,endpointslices,nodes -A -o json` is wanted",
        );
        assert!(read("f", b"\xff\xfe\x00").unwrap_err().what.starts_with("is not UTF-8 text"));
        fails("*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n", "f.json:");
        fails("hello", "f.json: $: no Kubernetes object; ");
        fails("{}", "f.json: no Kubernetes object: `kind` is missing; ");
        fails(r#"{"kind": "Deployment"}"#, "f.json: a Deployment is no list and no Service");
    }

    #[test]
    fn an_error_points_at_its_line_and_column_in_the_file() {
        fails("{\"kind\": \"List\",\n \"items\": [}", "f.json:2:12: expected value");
        let item = "{\"kind\": \"Service\",\n   \"spec\": 7}";
        fails(
            &format!("{{\"kind\": \"List\", \"items\": [\n  {item}]}}"),
            "f.json:3:12: items[0]: invalid type: integer `7`",
        );
        fails("{\"items\": [\n  {\"kind\": 5}]}", "f.json:2:12: items[0]: invalid type: integer `5`");
        fails("kind: [\n", "f.json:");
    }

    #[test]
    fn wrong_types_and_huge_numbers_are_errors() {
        fails(&WEB.replace("80}", "80000}"), "f.json:");
        fails(&WEB.replace("80}", "1e999}"), "f.json:");
        fails(&WEB.replace("80}", "99999999999999999999}"), "f.json:");
        fails(&WEB.replace("\"10.96.0.1\"", "[1]"), "f.json:");
        let error = read("f", WEB.replace("80}", "80000}").as_bytes()).unwrap_err();
        assert_eq!(error.what, "spec.ports[0].port: 80000 is no port (1 to 65535)");
        fails("[1, 2]", "f.json:1:");
        fails(r#"[["EndpointSlice", "discovery.k8s.io/v1beta1"]]"#, "f.json:");
    }

    #[test]
    fn deep_nesting_is_an_error_or_ignored_and_never_a_crash() {
        let deep = |open: &str, close: &str| open.repeat(200_000) + &close.repeat(200_000);
        assert!(read("f", deep("[", "]").as_bytes()).is_err());
        assert!(read("f", deep("{\"a\":", "}").as_bytes()).is_err());
        assert!(read("f", format!("a: {}", deep("[", "]")).as_bytes()).is_err());
        let spec = format!("{{\"kind\": \"Service\", \"spec\": {{\"x\": {}}}}}", deep("[", "]"));
        assert!(read("f", spec.as_bytes()).is_ok_and(|objects| objects.services.len() == 1));
        let beta = spec.replace("\"Service\"", "\"EndpointSlice\", \"apiVersion\": \"discovery.k8s.io/v1beta1\"");
        assert!(read("f", beta.as_bytes()).is_err());
    }

    #[test]
    fn aliases_cannot_blow_yaml_up() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..20 {
            let refs = vec![format!("*a{}", level - 1); 9].join(", ");
            text = [text, format!("a{level}: &a{level} [{refs}]\n")].concat();
        }
        assert!(read("f", text.as_bytes()).is_err());
    }
}
