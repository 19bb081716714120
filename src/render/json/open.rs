//! A list or an object that is being written.

use super::writer::{Failure, Writer};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, SerializeTupleStruct};

/// A list or an object whose end is not written yet.
pub(super) struct Open<'w, 'o> {
    pub(super) writer: &'w mut Writer<'o>,
    pub(super) is_empty: bool,
    /// The bracket that ends it.
    pub(super) end: &'static str,
}

impl Open<'_, '_> {
    /// A new line, behind a comma where something stands before it.
    fn next(&mut self) -> Result<(), Failure> {
        if !self.is_empty {
            self.writer.text(",");
        }
        self.is_empty = false;
        self.writer.line()
    }

    fn value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        self.next()?;
        value.serialize(&mut *self.writer)
    }

    fn close(self) -> Result<(), Failure> {
        self.writer.level -= 1;
        if !self.is_empty {
            self.writer.line()?;
        }
        self.writer.text(self.end);
        Ok(())
    }
}

impl SerializeStruct for Open<'_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, name: &'static str, value: &T) -> Result<(), Failure> {
        self.next()?;
        self.writer.text("\"");
        self.writer.text(name);
        self.writer.text("\": ");
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Failure> {
        self.close()
    }
}

impl SerializeMap for Open<'_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Failure> {
        self.next()?;
        key.serialize(&mut *self.writer)
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        self.writer.text(": ");
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Failure> {
        self.close()
    }
}

impl SerializeSeq for Open<'_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        self.value(value)
    }

    fn end(self) -> Result<(), Failure> {
        self.close()
    }
}

impl SerializeTuple for Open<'_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        self.value(value)
    }

    fn end(self) -> Result<(), Failure> {
        self.close()
    }
}

impl SerializeTupleStruct for Open<'_, '_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        self.value(value)
    }

    fn end(self) -> Result<(), Failure> {
        self.close()
    }
}
