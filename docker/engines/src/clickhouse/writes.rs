//! The end of the engine where it cannot write a file.
//!
//! The library goes on after a write that failed, on a full disk for instance, and keeps a part of empty
//! files as if it were whole: rows that it said to have taken are gone. A process that ends at that very
//! write leaves an unfinished part instead, which the next start removes, and has answered nobody.
//!
//! So the references of the library to the functions that write are pointed here once it is loaded.

use std::ffi::{CStr, CString, c_int, c_void};
use std::io::{Error, Result};
use std::mem::{MaybeUninit, size_of};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use libc::{Elf64_Rela, Elf64_Sym, PT_DYNAMIC, dl_phdr_info, iovec, off_t, size_t, ssize_t};

// Tags of an entry of a dynamic section; `libc` has none.
const DT_PLTRELSZ: i64 = 2;
const DT_STRTAB: i64 = 5;
const DT_SYMTAB: i64 = 6;
const DT_RELA: i64 = 7;
const DT_RELASZ: i64 = 8;
const DT_JMPREL: i64 = 23;

/// An entry of a library's dynamic section. An address in it is the true one: the loader has been there.
#[repr(C)]
struct DynamicEntry {
    tag: i64,
    value: u64,
}

/// A library in memory.
struct Library {
    /// The address that its offsets count from.
    base: u64,
    /// The library's dynamic section, ended by an entry with the tag 0.
    dynamic: *const DynamicEntry,
}

/// Ends this process from now on at any write of the library at `path` to a regular file that fails.
/// Fails itself where no such library is loaded, or it refers to no function that writes.
pub(super) fn end_at_failure(path: &Path) -> Result<()> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    let library = Library::find(&name).ok_or_else(|| Error::other("no such library is loaded"))?;
    let mut pointed = 0;
    for (table, bytes) in [(DT_RELA, DT_RELASZ), (DT_JMPREL, DT_PLTRELSZ)] {
        pointed += library.point(table, bytes)?;
    }
    if pointed == 0 {
        return Err(Error::other("the library refers to no function that writes"));
    }
    Ok(())
}

impl Library {
    /// The loaded library of this name; `None` where there is none.
    fn find(name: &CStr) -> Option<Library> {
        let mut search = (name, None);
        // SAFETY: the callback gets back the address given here, which outlives the call.
        unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
        search.1
    }

    /// The value of the first entry with this tag; 0 where there is none.
    fn value(&self, tag: i64) -> u64 {
        let mut entry = self.dynamic;
        loop {
            // SAFETY: the section ends with an entry of tag 0, and is not walked past it.
            let (found, value) = unsafe { ((*entry).tag, (*entry).value) };
            if found == tag || found == 0 {
                return if found == tag { value } else { 0 };
            }
            // SAFETY: as above.
            entry = unsafe { entry.add(1) };
        }
    }

    /// Points the references of a table to functions that write here; their number.
    fn point(&self, table: i64, bytes: i64) -> Result<usize> {
        let relocations = self.value(table) as *const Elf64_Rela;
        if relocations.is_null() {
            return Ok(0);
        }
        let length = self.value(bytes) as usize / size_of::<Elf64_Rela>();
        // SAFETY: the loader keeps the table of a library that is never unloaded, and wrote no other size.
        let relocations = unsafe { std::slice::from_raw_parts(relocations, length) };
        let mut pointed = 0;
        for relocation in relocations {
            let Some(function) = self.replacement((relocation.r_info >> 32) as usize) else {
                continue;
            };
            replace((self.base + relocation.r_offset) as *mut usize, function)?;
            pointed += 1;
        }
        Ok(pointed)
    }

    /// The address of the function here that goes in the place of a symbol; `None` for most.
    fn replacement(&self, symbol: usize) -> Option<usize> {
        if symbol == 0 {
            return None;
        }
        let (symbols, names) = (self.value(DT_SYMTAB) as *const Elf64_Sym, self.value(DT_STRTAB));
        // SAFETY: a relocation names a symbol of its library's table, and that one a text of its library.
        let name =
            unsafe { CStr::from_ptr((names + u64::from((*symbols.add(symbol)).st_name)) as _) };
        match name.to_bytes() {
            b"write" => Some(write as *const () as usize),
            b"writev" => Some(writev as *const () as usize),
            b"pwrite" | b"pwrite64" => Some(pwrite as *const () as usize),
            _ => None,
        }
    }
}

/// Puts an address in the place of another one, in memory that may be for reading only.
fn replace(place: *mut usize, function: usize) -> Result<()> {
    // SAFETY: takes a number and cannot fail for this one.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let start = (place as usize / page * page) as *mut c_void;
    // SAFETY: the place is a whole pointer within memory of the library, and this process has one thread
    // yet. The page stays writable: which ones were not is not known any more.
    unsafe {
        if libc::mprotect(start, page, libc::PROT_READ | libc::PROT_WRITE) != 0 {
            return Err(Error::last_os_error());
        }
        place.write(function);
    }
    Ok(())
}

/// Looks whether a library is the sought one; ends the search with 1 where it is.
unsafe extern "C" fn visit(info: *mut dl_phdr_info, _: size_t, search: *mut c_void) -> c_int {
    // SAFETY: `find` gives the address of such a pair, and the loader a description that is whole.
    unsafe {
        let (name, found) = &mut *search.cast::<(&CStr, Option<Library>)>();
        let info = &*info;
        if info.dlpi_name.is_null() || CStr::from_ptr(info.dlpi_name) != *name {
            return 0;
        }
        let headers = std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum));
        *found = headers.iter().find(|header| header.p_type == PT_DYNAMIC).map(|header| Library {
            base: info.dlpi_addr,
            dynamic: (info.dlpi_addr + header.p_vaddr) as *const DynamicEntry,
        });
        1
    }
}

unsafe extern "C" fn write(file: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    // SAFETY: as the caller promises the function in whose place this is; below alike.
    end_if_failed(file, unsafe { libc::write(file, bytes, count) })
}

unsafe extern "C" fn writev(file: c_int, pieces: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: see `write`.
    end_if_failed(file, unsafe { libc::writev(file, pieces, count) })
}

unsafe extern "C" fn pwrite(
    file: c_int,
    bytes: *const c_void,
    count: size_t,
    offset: off_t,
) -> ssize_t {
    // SAFETY: see `write`.
    end_if_failed(file, unsafe { libc::pwrite(file, bytes, count, offset) })
}

/// Gives the count back of a write that did not fail, or not to a regular file.
fn end_if_failed(file: c_int, count: ssize_t) -> ssize_t {
    if count >= 0 {
        return count;
    }
    let error = Error::last_os_error().raw_os_error().unwrap_or_default();
    let passing = matches!(error, libc::EINTR | libc::EAGAIN);
    let mut status = MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the structure is read only where the system has filled it.
    let regular = unsafe {
        libc::fstat(file, status.as_mut_ptr()) == 0
            && status.assume_init().st_mode & libc::S_IFMT == libc::S_IFREG
    };
    if regular && !passing {
        let text = "ClickHouse ends: a file of it could not be written, the disk may be full\n";
        // SAFETY: the text outlives the call. Nothing of the process is run any more: it could write.
        unsafe {
            libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len());
            libc::_exit(1);
        }
    }
    // SAFETY: the address is this thread's own. What looked at the file may have changed the number.
    unsafe { *libc::__errno_location() = error };
    count
}
