//! Claims about shell text.

mod brush;
mod claims;
mod corpus;
mod hostile;
