//! Templates, which may be sent at any time.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A template that Meta has approved, with the values of its body.
///
/// `Debug` shows the name and no value.
///
/// # Examples
/// ```
/// use vimbiso_whatsapp::Template;
///
/// // "You have paid {{1}} to {{2}}."
/// let template = Template::new("payment_made", "en")
///     .parameter("3 dollars")
///     .parameter("the café");
/// # let _ = template;
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    pub(crate) name: String,
    pub(crate) language: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parameters: Vec<String>,
}

impl Template {
    /// The template with this name, in this language, such as `en` or `pt_BR`.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Template;
    ///
    /// // "O seu pagamento foi feito."
    /// let template = Template::new("payment_made", "pt_BR");
    /// # let _ = template;
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>, language: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            language: language.into(),
            parameters: Vec::new(),
        }
    }

    /// Adds the value of the body's next variable. A line feed, a tab or several spaces become one
    /// space: WhatsApp allows none in a value.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_whatsapp::Template;
    ///
    /// // "{{1}}, your table is ready at {{2}}."
    /// let template = Template::new("table_ready", "en").parameter("Ada").parameter("19:00");
    /// # let _ = template;
    /// ```
    #[must_use]
    pub fn parameter(mut self, value: impl Into<String>) -> Self {
        self.parameters.push(value.into());
        self
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("name", &self.name)
            .field("language", &self.language)
            .field("parameters", &self.parameters.len())
            .finish()
    }
}
