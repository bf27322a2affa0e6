//! One option of a message.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a user can choose: a button, a row of a list, or a line of a numbered text.
///
/// `Debug` shows no text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuOption {
    pub(crate) id: String,
    pub(crate) label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
}

impl MenuOption {
    /// An option with this id, which the bot gets if the user chooses it.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::message::MenuOption;
    ///
    /// let tea = MenuOption::new("tea", "Tea");
    /// # let _ = tea;
    /// ```
    #[must_use]
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            description: None,
        }
    }

    /// A second line, which only a list has. At most
    /// [`ROW_DESCRIPTION`](crate::limits::ROW_DESCRIPTION) characters; with a longer one, all
    /// options are a numbered text.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::message::MenuOption;
    ///
    /// let tea = MenuOption::new("tea", "Tea").description("2 dollars");
    /// # let _ = tea;
    /// ```
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self {
            description: Some(description.into()),
            ..self
        }
    }
}

impl fmt::Debug for MenuOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MenuOption").finish_non_exhaustive()
    }
}
