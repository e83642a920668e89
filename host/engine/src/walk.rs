//! Walking two lists side by side.

/// Finds members of a list one after the other, mostly in the order in which they stand.
#[derive(Debug)]
pub(crate) struct Walk<'a, T> {
    list: &'a [T],
    next: usize,
}

impl<'a, T> Walk<'a, T> {
    /// A walk that begins at the first member.
    pub(crate) fn over(list: &'a [T]) -> Self {
        Self { list, next: 0 }
    }

    /// The first member that is meant, from behind the one that was found last.
    pub(crate) fn find(&mut self, is_meant: impl Fn(&T) -> bool) -> Option<(usize, &'a T)> {
        let (before, behind) = self.list.split_at_checked(self.next)?;
        let all = (self.next..).zip(behind).chain((0..).zip(before));
        let found = all.into_iter().find(|(_, member)| is_meant(member))?;
        self.next = found.0 + 1;
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_order_a_member_is_found() {
        let list = ["a", "b", "c"];
        let mut walk = Walk::over(&list);
        let found = ["b", "c", "a", "x", "a", "c"].map(|it| walk.find(|member| *member == it));
        let at = found.map(|found| found.map(|(at, _)| at));
        assert_eq!(at, [Some(1), Some(2), Some(0), None, Some(0), Some(2)]);
    }
}
