//! A judge for JSON schemas: the words of draft 2020-12 that the schemas in `testdata/schema` use. A word that it does
//! not know is an error, so that no schema says more than is asked.

use serde_json::{Map, Value};

/// Everything in `value` that is not as `schema` wants it, a line each.
pub(crate) fn complaints(schema: &Value, value: &Value) -> Vec<String> {
    let mut judge = Judge { root: schema, complaints: Vec::new() };
    judge.judge(schema, value, "$");
    judge.complaints
}

struct Judge<'s> {
    root: &'s Value,
    complaints: Vec<String>,
}

impl<'s> Judge<'s> {
    fn judge(&mut self, schema: &'s Value, value: &Value, path: &str) {
        let Some(words) = schema.as_object() else { panic!("a schema is an object: {schema}") };
        for (word, wanted) in words {
            self.word(word, wanted, words, value, path);
        }
    }

    fn word(&mut self, word: &str, wanted: &'s Value, schema: &'s Map<String, Value>, value: &Value, path: &str) {
        match word {
            "$schema" | "$defs" | "title" | "description" => {}
            "$ref" => self.judge(self.target(wanted), value, path),
            "const" => self.expect(value == wanted, path, || format!("{value} is not {wanted}")),
            "enum" => {
                let is_one = wanted.as_array().is_some_and(|all| all.contains(value));
                self.expect(is_one, path, || format!("{value} is none of {wanted}"));
            }
            "type" => self.expect(is_of_type(wanted, value), path, || format!("{value} is no {wanted}")),
            "minimum" | "maximum" => self.bound(word, wanted, value, path),
            "pattern" => {
                let pattern = regex::Regex::new(wanted.as_str().expect("a pattern is text")).expect("a pattern");
                let fits = value.as_str().is_none_or(|text| pattern.is_match(text));
                self.expect(fits, path, || format!("{value} does not fit {wanted}"));
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.judge(wanted, item, &format!("{path}[{at}]"));
                }
            }
            "required" => {
                for name in wanted.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    self.expect(value.get(name).is_some(), path, || format!("{name} is missing"));
                }
            }
            "properties" => {
                for (name, own) in value.as_object().into_iter().flatten() {
                    if let Some(wanted) = wanted.get(name) {
                        self.judge(wanted, own, &format!("{path}.{name}"));
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(wanted, &Value::Bool(false), "only false is known");
                for name in value.as_object().into_iter().flat_map(Map::keys) {
                    let is_named = schema.get("properties").is_some_and(|known| known.get(name).is_some());
                    self.expect(is_named, path, || format!("{name} is not foreseen"));
                }
            }
            "anyOf" | "oneOf" => self.alternatives(word, wanted, value, path),
            other => panic!("{other} is a word this judge does not know"),
        }
    }

    fn alternatives(&mut self, word: &str, wanted: &'s Value, value: &Value, path: &str) {
        let all: Vec<Vec<String>> = wanted
            .as_array()
            .into_iter()
            .flatten()
            .map(|schema| {
                let mut judge = Judge { root: self.root, complaints: Vec::new() };
                judge.judge(schema, value, path);
                judge.complaints
            })
            .collect();
        let fitting = all.iter().filter(|complaints| complaints.is_empty()).count();
        let is_right = fitting == 1 || word == "anyOf" && fitting > 0;
        if !is_right {
            // The one that fits best says what is wrong.
            let best = all.into_iter().min_by_key(Vec::len).unwrap_or_default();
            self.complaints.push(format!("{path}: {fitting} of {word} fit"));
            self.complaints.extend(best.into_iter().take(10));
        }
    }

    fn bound(&mut self, word: &str, wanted: &Value, value: &Value, path: &str) {
        let (Some(number), Some(bound)) = (value.as_f64(), wanted.as_f64()) else { return };
        let fits = if word == "minimum" { number >= bound } else { number <= bound };
        self.expect(fits, path, || format!("{number} is beyond the {word} {bound}"));
    }

    fn target(&self, reference: &Value) -> &'s Value {
        let pointer =
            reference.as_str().and_then(|text| text.strip_prefix('#')).expect("a reference within the schema");
        self.root.pointer(pointer).unwrap_or_else(|| panic!("{pointer} leads nowhere"))
    }

    fn expect(&mut self, is_so: bool, path: &str, complaint: impl Fn() -> String) {
        if !is_so {
            self.complaints.push(format!("{path}: {}", complaint()));
        }
    }
}

fn is_of_type(wanted: &Value, value: &Value) -> bool {
    match wanted {
        Value::Array(any) => any.iter().any(|one| is_of_type(one, value)),
        Value::String(name) => match name.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => value.is_u64() || value.is_i64(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{other} is no type"),
        },
        other => panic!("{other} is no type"),
    }
}
