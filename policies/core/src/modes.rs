//! The modes of files, as `chmod` takes them.

use crate::parts::has;

/// Whether a mode lets everybody write, in a folder that is not sticky.
pub(crate) fn is_open(mode: &str) -> bool {
    if mode.bytes().all(|byte| (b'0'..=b'7').contains(&byte)) {
        let digits = mode.trim_start_matches('0');
        let is_sticky = digits.len() == 4 && digits.starts_with(['1', '3', '5', '7']);
        return (3..=4).contains(&digits.len())
            && digits.ends_with(['2', '3', '6', '7'])
            && !is_sticky;
    }
    let is_open = |clause: &str| {
        let Some((who, what)) = clause.split_once(['+', '=']) else {
            return false;
        };
        let is_all = !who.is_empty() && who.bytes().all(|byte| b"ugoa".contains(&byte));
        is_all && who.contains(['o', 'a']) && what.contains('w') && !what.contains('t')
    };
    !mode.starts_with('-') && mode.split(',').any(is_open) && !has(mode, "+t")
}
