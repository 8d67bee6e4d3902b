//! What is shown of a question: some settings as rows, one as columns.

use crate::sketch::{Dimension, Product, Shape};

/// A table of a question: the settings that are its rows, by one whose words are its columns. The
/// others are in order.
pub struct Table<S> {
    /// A word to find it by among the question's.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What its columns are.
    pub columns_are: &'static str,
    /// Rows and columns together: the columns are the last setting.
    product: Product<S>,
}

impl<S: Shape> Table<S> {
    /// A table of these cells. The columns are the words of the last setting.
    pub fn of(
        name: &'static str,
        title: &'static str,
        columns_are: &'static str,
        product: Product<S>,
    ) -> Self {
        Self {
            name,
            title,
            columns_are,
            product,
        }
    }

    /// Its cells, row by row.
    pub fn product(&self) -> &Product<S> {
        &self.product
    }

    /// The settings of the rows, and that of the columns.
    pub(super) fn parts(&self) -> Option<(&[Dimension<S>], &Dimension<S>)> {
        let (columns, rows) = self.product.dimensions().split_last()?;
        Some((rows, columns))
    }
}
