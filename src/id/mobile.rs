//! Mobile numbers as people write them.

use super::mobile_number::digits_of;
use super::user_id::{InvalidUserId, UserId};

impl UserId {
    /// Takes a mobile number as people write it, in international form (E.164).
    ///
    /// The number begins with `+` or `00` and the country code, because the country of the user is
    /// not known here. Spaces, hyphens, dots and parentheses may separate the digits. Without `+`
    /// and `00` nothing may separate them: a channel writes `263771234567`, and what people write
    /// like `555 123 4567` is a number within their country. The digits may be those of any script,
    /// and the invisible marks that phones add to a number are ignored.
    ///
    /// What could be read as another number is refused, and never corrected:
    /// * a zero that is dialled only within the country: `+44 (0)7700 900123` and
    ///   `+44 07700 900123`. A few countries have numbers that begin with zero: Italy, San Marino,
    ///   Côte d'Ivoire, Burkina Faso, Benin, Gabon and the Republic of the Congo.
    /// * a possible extension or second number: `/`, `;`, `,`, `#`, `*`, `x` or `ext`, digits in
    ///   parentheses at the end, or a single digit apart at the end, such as `…567-5`. Two or more
    ///   digits at the end belong to the number, as they do in France.
    /// * letters, and a sign that is not at the start
    ///
    /// That the number exists is not checked.
    ///
    /// # Two spellings of one number
    /// Some numbers have two spellings, and each spelling is an id of its own:
    ///
    /// | country | new | old |
    /// |---|---|---|
    /// | Mexico | `+52 55 …` | `+52 1 55 …` |
    /// | Brazil | `+55 31 9 …`, with a ninth digit | `+55 31 …` |
    /// | Argentina | `+54 9 11 …`, from abroad | `+54 11 …` |
    ///
    /// WhatsApp calls a user by either one, so a number that someone typed may name another id than
    /// the user's messages come from. Which one a user has cannot be told from the number. If the
    /// bot takes ids only from the channel, there is nothing to do. If it looks users up by a typed
    /// number too, let one function of yours choose the spelling, wherever an id is made; see [the
    /// guide](crate::guide::handling#two-spellings-of-one-number).
    ///
    /// # Errors
    /// [`InvalidUserId::NotMobile`] with the reason, of the kinds above; also if the number has
    /// fewer than 7 or more than 15 digits, or begins with zero.
    ///
    /// # Examples
    /// ```
    /// use vimbiso_state::UserId;
    ///
    /// assert_eq!(UserId::mobile("00263 (77) 123.4567")?.expose(), "263771234567");
    /// assert_eq!(UserId::mobile("\u{202a}+٢٦٣ ٧٧–١٢٣٤٥٦٧\u{202c}")?.expose(), "263771234567");
    /// assert!(UserId::mobile("077 123 4567").is_err()); // of which country?
    /// let error = UserId::mobile("+44 (0)7700 900123").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "invalid mobile number: it has a zero that is dialled only within the country; \
    ///      write it without the (0)",
    /// );
    /// # Ok::<(), vimbiso_state::id::InvalidUserId>(())
    /// ```
    pub fn mobile(number: impl AsRef<str>) -> Result<Self, InvalidUserId> {
        let digits = digits_of(number.as_ref()).map_err(InvalidUserId::NotMobile)?;
        Ok(Self::checked(&digits))
    }
}

#[cfg(test)]
mod tests;
