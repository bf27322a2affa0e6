//! `Debug` output without personal data: no names, no amounts, no texts.

/// Implements `Debug` by name alone: a struct shows its own, an enum that of its variant.
macro_rules! debug_name_only {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
    ($name:ty: $($variant:ident),+ $(,)?) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant { .. } => stringify!($variant),)+
                })
            }
        }
    };
}
pub(crate) use debug_name_only;
