//! What can be told of the page from its text.
