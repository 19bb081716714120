//! Where the objects prove something.

use crate::objects::{Kind, ObjectRef, Objects};

/// A place in the objects: file, object and JSON path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPlace {
    /// The file.
    pub file: String,
    /// The kind of the object.
    pub kind: Kind,
    /// Its namespace; empty for nodes.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The JSON path in the file, e.g. `items[3].spec.ports[0]`.
    pub path: String,
    /// What stands there, as a lowercase fragment; may be empty.
    pub label: String,
}

impl ObjectPlace {
    /// The place of `path`, a full path in the file of that object.
    pub(super) fn new(objects: &Objects, object: &ObjectRef, path: String, label: impl Into<String>) -> Self {
        Self {
            file: objects.files.get(object.place.file as usize).cloned().unwrap_or_default(),
            kind: object.kind,
            namespace: object.namespace.clone(),
            name: object.name.clone(),
            path,
            label: label.into(),
        }
    }

    /// The object as a whole.
    pub(super) fn whole(objects: &Objects, object: &ObjectRef, label: impl Into<String>) -> Self {
        Self::new(objects, object, object.place.to_string(), label)
    }

    /// A field of the object.
    pub(super) fn field(objects: &Objects, object: &ObjectRef, field: &str) -> Self {
        Self::new(objects, object, object.field(field), "")
    }
}
