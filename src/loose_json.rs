//! JSON whose types are loose (Officient docs: ids are numbers or strings, absent values are `""`, `null` or missing,
//! booleans are `0`/`1`), read entry by entry: a value that is not understood costs only what depends on it.

use std::fmt;
use std::marker::PhantomData;

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

/// A value that may be absent, or not understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loose<T> {
    #[default]
    Absent,
    NotUnderstood,
    Is(T),
}

impl<T> Loose<T> {
    /// The value, if there is one that is understood.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::NotUnderstood => None,
        }
    }

    /// The value, or nothing where it is absent.
    pub fn optional<E>(self, not_understood: E) -> Result<Option<T>, E> {
        match self {
            Self::Absent => Ok(None),
            Self::NotUnderstood => Err(not_understood),
            Self::Is(value) => Ok(Some(value)),
        }
    }
}

impl<'de, T: FromLoose> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read as an `Option`, so that a field that is missing is absent, too.
        match Option::<Value>::deserialize(deserializer)? {
            Some(value) if value != "" => Ok(T::from_loose(&value).map_or(Self::NotUnderstood, Self::Is)),
            Some(_) | None => Ok(Self::Absent),
        }
    }
}

/// A type that a loose value is read as.
pub trait FromLoose: Sized {
    /// `None`: the value is not understood.
    fn from_loose(value: &Value) -> Option<Self>;
}

/// A whole number, as number or text.
impl FromLoose for i64 {
    fn from_loose(value: &Value) -> Option<Self> {
        let whole = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
        whole.or_else(|| number(value).filter(|number| number.fract() == 0.0).and_then(round))
    }
}

/// A number of minutes; a fraction is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minutes(pub i64);

impl FromLoose for Minutes {
    fn from_loose(value: &Value) -> Option<Self> {
        number(value).and_then(round).map(Self)
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn round(number: f64) -> Option<i64> {
    let rounded = number.round();
    #[expect(clippy::cast_possible_truncation, reason = "within the range that f64 holds exactly")]
    (rounded.abs() < 9_007_199_254_740_992.0).then_some(rounded as i64)
}

/// `0`/`1`, `"0"`/`"1"`, `true`/`false`.
impl FromLoose for bool {
    fn from_loose(value: &Value) -> Option<Self> {
        let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_ascii_lowercase());
        match text.as_str() {
            "0" | "0.0" | "false" | "no" => Some(false),
            "1" | "1.0" | "true" | "yes" => Some(true),
            _ => None,
        }
    }
}

/// A text; a number counts as its digits.
impl FromLoose for String {
    fn from_loose(value: &Value) -> Option<Self> {
        let digits = || value.is_number().then(|| value.to_string());
        value.as_str().map(str::to_owned).or_else(digits)
    }
}

/// A date; a time behind it (`2026-04-03 00:00:00`) is cut off.
impl FromLoose for Date {
    fn from_loose(value: &Value) -> Option<Self> {
        let text = value.as_str()?.trim();
        let (date, time) = text.split_at_checked(10)?;
        (time.is_empty() || time.starts_with([' ', 'T'])).then(|| date.parse().ok()).flatten()
    }
}

/// An id: a whole number that must be there.
#[derive(Clone, Copy)]
pub struct Id(pub i64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = i64::from_loose(&Value::deserialize(deserializer)?);
        id.map(Self).ok_or_else(|| D::Error::custom("expected an id"))
    }
}

/// A text that must be understood, but may be `null`.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = Loose::deserialize(deserializer)?.optional(D::Error::custom("expected a text"))?;
    Ok(text.unwrap_or_default())
}

/// A boolean that must be understood, but may be `null`.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let flag = Loose::deserialize(deserializer)?.optional(D::Error::custom("expected 0 or 1"))?;
    Ok(flag.unwrap_or_default())
}

/// An object, and nothing else: serde also takes a list for an object, by the order of its fields, and `[[]]` is no
/// calendar without leave.
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(Fields(PhantomData))
    }
}

/// A list of objects, read entry by entry. A list in which most entries are not understood is an error.
pub struct Entries<T> {
    /// The entries that are understood.
    pub items: Vec<T>,
    /// How many entries are not.
    pub unreadable: usize,
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = Vec::<Value>::deserialize(deserializer)?;
        let mut entries = Self { items: Vec::new(), unreadable: 0 };
        let mut first_error = None;
        for value in values {
            match Object::<T>::deserialize(value) {
                Ok(Object(item)) => entries.items.push(item),
                Err(error) => {
                    entries.unreadable += 1;
                    first_error.get_or_insert(error);
                }
            }
        }
        match first_error {
            Some(error) if entries.unreadable > entries.items.len() => Err(D::Error::custom(error)),
            _ => Ok(entries),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn read<T: FromLoose>(value: Value) -> Loose<T> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn numbers_come_as_numbers_and_texts() {
        for value in [json!(456), json!("456"), json!(456.0), json!(" 456 "), json!("456.0")] {
            assert_eq!(read::<i64>(value), Loose::Is(456));
        }
        for value in [json!(456.5), json!("much"), json!([456]), json!(true), json!(1e300), json!("1e300")] {
            assert_eq!(read::<i64>(value), Loose::NotUnderstood);
        }
        for value in [json!(null), json!("")] {
            assert_eq!(read::<i64>(value), Loose::Absent);
        }
    }

    #[test]
    fn fractions_of_a_minute_are_rounded() {
        let table = [(json!(228.4), 228), (json!("228.0"), 228), (json!(227.5), 228), (json!("540"), 540)];
        for (value, minutes) in table {
            assert_eq!(read(value), Loose::Is(Minutes(minutes)));
        }
        for value in [json!([228]), json!("half"), json!("NaN"), json!("inf")] {
            assert_eq!(read::<Minutes>(value), Loose::NotUnderstood);
        }
    }

    #[test]
    fn booleans_are_zero_and_one() {
        for (value, expected) in [(json!(0), false), (json!("1"), true), (json!(true), true)] {
            assert_eq!(read(value), Loose::Is(expected));
        }
        for value in [json!(2), json!("maybe"), json!([1])] {
            assert_eq!(read::<bool>(value), Loose::NotUnderstood);
        }
    }

    #[test]
    fn a_date_may_have_a_time_behind_it() {
        for text in ["2026-04-03", "2026-04-03 00:00:00", "2026-04-03T09:00:00Z"] {
            assert_eq!(read(json!(text)), Loose::Is(date(2026, 4, 3)));
        }
        for text in ["2026-04-031", "2026-04", "03/04/2026", "2026-02-30"] {
            assert_eq!(read::<Date>(json!(text)), Loose::NotUnderstood);
        }
    }

    #[derive(Deserialize)]
    struct Entry {
        id: Id,
    }

    #[test]
    fn one_odd_entry_costs_only_itself() {
        let entries: Entries<Entry> = serde_json::from_value(json!([{"id": 1}, "odd", {"id": "2"}, [3]])).unwrap();
        assert_eq!(entries.items.iter().map(|entry| entry.id.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(entries.unreadable, 2);
    }

    #[test]
    fn a_list_in_which_most_entries_are_odd_is_an_error() {
        for list in [json!(["odd"]), json!([{"id": 1}, {}, []]), json!("none"), json!({"id": 1}), json!(null)] {
            assert!(serde_json::from_value::<Entries<Entry>>(list.clone()).is_err(), "{list}");
        }
        assert!(serde_json::from_value::<Entries<Entry>>(json!([])).unwrap().items.is_empty());
    }
}
