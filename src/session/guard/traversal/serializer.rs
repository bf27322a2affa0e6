//! One value, by its kind.

use std::fmt::Display;

use serde::ser::{Serialize, Serializer};

use super::{Inside, Step, Stop, Traversal, Visited};

/// One method of a value that holds no other.
macro_rules! leaves {
    ($($name:ident($($kind:ty),*);)*) => {$(
        fn $name(self, $(_: $kind),*) -> Visited {
            self.leaf()
        }
    )*};
}

impl<'t, 'a> Serializer for &'t mut Traversal<'a> {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Inside<'t, 'a>;
    type SerializeTuple = Inside<'t, 'a>;
    type SerializeTupleStruct = Inside<'t, 'a>;
    type SerializeTupleVariant = Inside<'t, 'a>;
    type SerializeMap = Inside<'t, 'a>;
    type SerializeStruct = Inside<'t, 'a>;
    type SerializeStructVariant = Inside<'t, 'a>;

    leaves! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_unit_variant(&'static str, u32, &'static str);
    }

    fn serialize_f32(self, number: f32) -> Visited {
        self.float(number.is_finite())
    }

    fn serialize_f64(self, number: f64) -> Visited {
        self.float(number.is_finite())
    }

    fn serialize_none(self) -> Visited {
        self.null()
    }

    fn serialize_unit(self) -> Visited {
        self.null()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Visited {
        self.null()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, inner: &T) -> Visited {
        self.somes += 1;
        inner.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        inner: &T,
    ) -> Visited {
        inner.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        inner: &T,
    ) -> Visited {
        self.inside(0).visit(Step::Field(variant), inner)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'t, 'a>, Stop> {
        Ok(self.inside(0))
    }

    fn serialize_tuple(self, _: usize) -> Result<Inside<'t, 'a>, Stop> {
        Ok(self.inside(0))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Inside<'t, 'a>, Stop> {
        Ok(self.inside(0))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Inside<'t, 'a>, Stop> {
        Ok(self.inside_variant(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Inside<'t, 'a>, Stop> {
        Ok(self.inside(0))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Inside<'t, 'a>, Stop> {
        Ok(self.inside(0))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Inside<'t, 'a>, Stop> {
        Ok(self.inside_variant(variant))
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Visited {
        self.leaf()
    }
}
