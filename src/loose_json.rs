//! JSON whose types are loose (Officient docs: ids are numbers or strings, absent values are `""`, `null` or missing,
//! booleans are `0`/`1`), read entry by entry: a value that is not understood costs only what depends on it.

use std::fmt;
use std::marker::PhantomData;

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

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
#[derive(Debug)]
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
        let mut first_mistake = None;
        for (index, value) in values.iter().enumerate() {
            match serde_path_to_error::deserialize(value) {
                Ok(Object(item)) => entries.items.push(item),
                Err(error) => {
                    entries.unreadable += 1;
                    let described = || mistake(error.inner(), &format!("[{index}]"), Some(error.path()), value);
                    first_mistake.get_or_insert_with(described);
                }
            }
        }
        match first_mistake {
            Some(mistake) if entries.unreadable > entries.items.len() => Err(D::Error::custom(mistake)),
            _ => Ok(entries),
        }
    }
}

/// What is wrong with `value`, and at which `path` below `parent`: what was expected there, and which kind of value
/// came. Quotes nothing of the value: names of fields are our own, and of serde's message only the part behind
/// "expected" is, unless it has more than letters.
pub fn mistake(error: &serde_json::Error, parent: &str, path: Option<&Path>, value: &Value) -> String {
    let is_plain = |text: &&str| {
        text.len() < 80 && text.chars().all(|char| char.is_ascii_alphanumeric() || " ._[]".contains(char))
    };
    let below = path.map(Path::to_string).filter(|path| path != "." && is_plain(&path.as_str())).unwrap_or_default();
    let dot = if parent.is_empty() || below.is_empty() || below.starts_with('[') { "" } else { "." };
    let at = format!("{parent}{dot}{below}");
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _place)| message);
    // The mistake of an entry of a list is described already, from that list on.
    if let Some((what, rest)) =
        message.split_once(" at ").filter(|(what, _)| [LACKS, UNEXPECTED].iter().any(|known| what.starts_with(known)))
    {
        return format!("{what} at {at}{rest}");
    }
    let at = if at.is_empty() { "its top level" } else { &at };
    let missing = message.strip_prefix("missing field `").map(|field| field.trim_end_matches('`'));
    if let Some(field) = missing.filter(is_plain) {
        return format!("{LACKS} {field} at {at}");
    }
    let expected = message.rsplit_once("expected ").map(|(_found, expected)| expected);
    let expected = expected.filter(is_plain).map_or("another value", in_words_of_json);
    let found = path.and_then(|path| kind_at(path, value)).unwrap_or("another one");
    format!("{UNEXPECTED} at {at}: expected {expected}, got {found}")
}

const LACKS: &str = "lacks";
const UNEXPECTED: &str = "has an unexpected value";

fn in_words_of_json(expected: &str) -> &str {
    match expected {
        "a sequence" => "a list",
        "a map" => "an object",
        "i64" | "u64" => "a whole number",
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
}

/// The kind of the value at `path`.
fn kind_at(path: &Path, value: &Value) -> Option<&'static str> {
    let value = path.iter().try_fold(value, |value, segment| match segment {
        Segment::Seq { index } => value.get(index),
        Segment::Map { key } => value.get(key),
        Segment::Enum { .. } | Segment::Unknown => None,
    })?;
    Some(match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    })
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
    fn numbers_end_where_they_would_no_longer_be_exact() {
        let largest = 9_007_199_254_740_991_i64;
        assert_eq!(read(json!(largest)), Loose::Is(Minutes(largest)));
        assert_eq!(read::<Minutes>(json!(largest + 1)), Loose::NotUnderstood);
    }

    #[test]
    fn a_text_may_be_a_number_and_nothing_else() {
        for (value, text) in [(json!("Sofie"), "Sofie"), (json!(42), "42")] {
            assert_eq!(read(value), Loose::Is(text.to_owned()));
        }
        for value in [json!(true), json!(["Sofie"]), json!({})] {
            assert_eq!(read::<String>(value), Loose::NotUnderstood);
        }
    }

    #[test]
    fn only_what_is_there_and_understood_is_known() {
        let values = [Loose::Is(7), Loose::Absent, Loose::NotUnderstood];
        assert_eq!(values.map(Loose::known), [Some(7), None, None]);
        assert_eq!(values.map(|value| value.optional("odd")), [Ok(Some(7)), Ok(None), Err("odd")]);
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Person {
        #[serde(deserialize_with = "text")]
        name: String,
        #[serde(deserialize_with = "flag")]
        archived: bool,
    }

    #[test]
    fn a_text_and_a_flag_may_be_null_but_must_be_understood() {
        let person = |name: &str, archived| Person { name: name.to_owned(), archived };
        let read = |name, archived| serde_json::from_value(json!({"name": name, "archived": archived})).ok();
        assert_eq!(read(json!("Sofie"), json!("1")), Some(person("Sofie", true)));
        assert_eq!(read(json!("Sofie"), json!(0)), Some(person("Sofie", false)));
        assert_eq!(read(json!(null), json!(null)), Some(person("", false)));
        assert_eq!(read(json!(["Sofie"]), json!(0)), None);
        assert_eq!(read(json!("Sofie"), json!("perhaps")), None);
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

    #[derive(Debug, Deserialize)]
    struct Group {
        #[expect(dead_code, reason = "only read")]
        members: Entries<Member>,
        #[expect(dead_code, reason = "only read")]
        leader: Option<Member>,
    }

    #[derive(Debug, Deserialize)]
    struct Member {
        #[expect(dead_code, reason = "only read")]
        name: String,
    }

    #[test]
    fn the_mistake_of_an_entry_has_the_whole_path_and_nothing_of_the_value() {
        let table = [
            (json!([["BE71"]]), "has an unexpected value at [0]: expected an object, got a list"),
            (json!([{}]), "lacks members at [0]"),
            (json!([{"members": "BE71"}]), "has an unexpected value at [0].members: expected a list, got a string"),
            (json!([{"members": []}, {"members": [{}]}, 7]), "lacks name at [1].members[0]"),
            (
                json!([{"members": [], "leader": 711}]),
                "has an unexpected value at [0].leader: expected an object, got a number",
            ),
            (
                json!([{"members": [{"name": 711}]}]),
                "has an unexpected value at [0].members[0].name: expected a string, got a number",
            ),
        ];
        for (list, described) in table {
            let error = serde_json::from_value::<Entries<Group>>(list).unwrap_err();
            assert_eq!(error.to_string(), described);
        }
    }

    #[test]
    fn what_was_expected_is_not_named_if_it_is_long_or_may_quote_the_value() {
        let (longest, too_long) = ("x".repeat(79), "x".repeat(80));
        for (expected, named) in
            [("a date", "a date"), (&longest, &longest), (&too_long, "another value"), ("no “BE71”", "another value")]
        {
            let error = serde_json::Error::custom(format!("expected {expected}"));
            let described = format!("has an unexpected value at data: expected {named}, got another one");
            assert_eq!(mistake(&error, "data", None, &json!("BE71")), described);
        }
    }
}
