//! An allocator that only ever moves forward. An instance lives for microseconds and is then dropped as a whole, so
//! freeing memory is work for nothing; and the memory a policy starts with is nearly always enough, so it does not ask
//! the host for more, which is what would keep two evaluations from running side by side.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr;

const PAGE: usize = 64 << 10;

/// Where the free memory begins and ends, as addresses. Zero: not asked yet.
struct Bump {
    next: Cell<usize>,
    end: Cell<usize>,
}

#[expect(unsafe_code, reason = "a component has one thread")]
unsafe impl Sync for Bump {}

#[global_allocator]
static ALLOCATOR: Bump = Bump {
    next: Cell::new(0),
    end: Cell::new(0),
};

#[expect(unsafe_code, reason = "the linker defines where data and stack end")]
unsafe extern "C" {
    static __heap_base: u8;
}

impl Bump {
    /// Takes `size` bytes at a multiple of `align`, or nothing if the host gives no more memory.
    fn take(&self, size: usize, align: usize) -> Option<usize> {
        if self.next.get() == 0 {
            self.next.set(ptr::addr_of!(__heap_base).addr());
            self.end.set(core::arch::wasm32::memory_size(0) * PAGE);
        }
        // Alignments are powers of two, which spares a division.
        let start = self.next.get().checked_add(align - 1)? & !(align - 1);
        let next = start.checked_add(size)?;
        if next > self.end.get() {
            self.grow(next - self.end.get())?;
        }
        self.next.set(next);
        Some(start)
    }

    #[cold]
    #[inline(never)]
    fn grow(&self, bytes: usize) -> Option<()> {
        let pages = bytes.div_ceil(PAGE);
        if core::arch::wasm32::memory_grow(0, pages) == usize::MAX {
            return None;
        }
        self.end.set(self.end.get() + pages * PAGE);
        Some(())
    }
}

/// Where the host puts what it hands over, text by text: the canonical ABI's `realloc`, in place of the one of the bindings, which
/// takes a longer way to the same block.
#[expect(unsafe_code, reason = "the name is the ABI's")]
#[unsafe(no_mangle)]
extern "C" fn cabi_realloc(block: *mut u8, size: usize, align: usize, wanted: usize) -> *mut u8 {
    let new = if wanted == 0 {
        Some(align)
    } else {
        ALLOCATOR.take(wanted, align)
    };
    let Some(new) = new else {
        core::arch::wasm32::unreachable();
    };
    let new = ptr::with_exposed_provenance_mut::<u8>(new);
    if size > 0 {
        // SAFETY: the host hands back a block that it was given, and the new one lies behind everything.
        unsafe { ptr::copy_nonoverlapping(block, new, size.min(wanted)) };
    }
    new
}

#[expect(unsafe_code, reason = "what an allocator is")]
// SAFETY: each block is taken from memory that was never given away before and never is again, with one exception: the
// last block may grow or be taken back, and nothing stands behind it.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size(), layout.align())
            .map_or(ptr::null_mut(), ptr::with_exposed_provenance_mut)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if block.addr() + layout.size() == self.next.get() {
            self.next.set(block.addr());
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let is_last = block.addr() + layout.size() == self.next.get();
        if is_last {
            self.next.set(block.addr());
            // The block begins at a multiple of its alignment, so it grows where it stands.
            if self.take(size, 1).is_none() {
                self.next.set(block.addr() + layout.size());
                return ptr::null_mut();
            }
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the new block is larger than the old one and they do not overlap.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                ptr::copy_nonoverlapping(block, new, layout.size());
            }
            new
        }
    }
}
