//! Thrift's compact protocol, as far as it takes to look at what a Parquet file claims of itself before
//! its reader believes it.

use super::damaged;
use crate::import::Unreadable;

/// Structs and lists within one another.
const DEPTH_MAX: u32 = 16;

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
pub(super) const STRUCT: u8 = 12;

/// Reads one value after the other.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A field of a struct: its number and the type of its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) id: i16,
    kind: u8,
}

impl Field {
    /// The value of a truth, which is in the field itself.
    pub(super) fn is_true(self) -> bool {
        self.kind == TRUE
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    /// The number of bytes read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(|| damaged(()))?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(damaged(()))
    }

    /// A whole number of any width.
    pub(super) fn number(&mut self) -> Result<i64, Unreadable> {
        let number = self.varint()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A number that cannot be negative.
    pub(super) fn size(&mut self) -> Result<usize, Unreadable> {
        usize::try_from(self.number()?).map_err(damaged)
    }

    /// The next field of a struct, `None` at its end.
    pub(super) fn field(&mut self, last: &mut i16) -> Result<Option<Field>, Unreadable> {
        let head = self.byte()?;
        if head == 0 {
            return Ok(None);
        }
        let id = match head >> 4 {
            0 => i16::try_from(self.number()?).map_err(damaged)?,
            more => last.checked_add(i16::from(more)).ok_or_else(|| damaged(()))?,
        };
        *last = id;
        Ok(Some(Field { id, kind: head & 0x0f }))
    }

    /// The number of elements of a list, and their type. Each takes a byte at least.
    pub(super) fn list(&mut self) -> Result<(usize, u8), Unreadable> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => usize::try_from(self.varint()?).map_err(damaged)?,
            count => usize::from(count),
        };
        if count > self.bytes.len() - self.at {
            return Err(damaged(()));
        }
        Ok((count, head & 0x0f))
    }

    /// Passes over the value of a field.
    pub(super) fn skip(&mut self, field: Field) -> Result<(), Unreadable> {
        match field.kind {
            TRUE | FALSE => Ok(()),
            kind => self.skip_value(kind, 0),
        }
    }

    fn skip_value(&mut self, kind: u8, depth: u32) -> Result<(), Unreadable> {
        if depth > DEPTH_MAX {
            return Err(damaged(()));
        }
        match kind {
            TRUE | FALSE | BYTE => self.byte().map(drop),
            I16 | I32 | I64 => self.varint().map(drop),
            DOUBLE => self.skip_bytes(8),
            BINARY => {
                let length = usize::try_from(self.varint()?).map_err(damaged)?;
                self.skip_bytes(length)
            }
            LIST | SET => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.skip_value(kind, depth + 1))
            }
            STRUCT => {
                let mut last = 0;
                while let Some(field) = self.field(&mut last)? {
                    match field.kind {
                        TRUE | FALSE => {}
                        kind => self.skip_value(kind, depth + 1)?,
                    }
                }
                Ok(())
            }
            _ => Err(damaged(())),
        }
    }

    fn skip_bytes(&mut self, count: usize) -> Result<(), Unreadable> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        self.at = end.ok_or_else(|| damaged(()))?;
        Ok(())
    }
}
