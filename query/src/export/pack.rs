//! Packing of text as it is made.

use std::io::{Result, Write as _};

use flate2::write::GzEncoder;
use stratum_models::export::FileCompression;
use zstd::stream::write::Encoder as ZstdEncoder;

/// Beyond these levels a packer takes longer than all that stands before it.
const GZIP_LEVEL: u32 = 3;
const ZSTD_LEVEL: i32 = 1;

/// The compressor that text goes through before it leaves.
pub(super) enum Packer {
    None,
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Zstd(Box<ZstdEncoder<'static, Vec<u8>>>),
}

impl Packer {
    pub(super) fn new(compression: FileCompression) -> Result<Packer> {
        let level = flate2::Compression::new(GZIP_LEVEL);
        Ok(match compression {
            FileCompression::None => Packer::None,
            FileCompression::Gzip => Packer::Gzip(Box::new(GzEncoder::new(Vec::new(), level))),
            FileCompression::Zstd => {
                Packer::Zstd(Box::new(ZstdEncoder::new(Vec::new(), ZSTD_LEVEL)?))
            }
        })
    }

    /// The bytes that come out when this text goes in; they may be none.
    pub(super) fn pack(&mut self, text: &mut Vec<u8>) -> Result<Vec<u8>> {
        let capacity = text.capacity();
        match self {
            Packer::None => Ok(std::mem::replace(text, Vec::with_capacity(capacity))),
            Packer::Gzip(packer) => {
                packer.write_all(text)?;
                text.clear();
                Ok(std::mem::take(packer.get_mut()))
            }
            Packer::Zstd(packer) => {
                packer.write_all(text)?;
                text.clear();
                Ok(std::mem::take(packer.get_mut()))
            }
        }
    }

    /// The rest that is still inside, with the end mark.
    pub(super) fn finish(self) -> Result<Vec<u8>> {
        match self {
            Packer::None => Ok(Vec::new()),
            Packer::Gzip(packer) => packer.finish(),
            Packer::Zstd(packer) => packer.finish(),
        }
    }
}
