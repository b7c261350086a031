//! Whether the fields of a form were filled in as its schema says.

use crate::jsonrpc::{Kind, Payload};

/// Checks what was filled in, an object. The word says what does not fit.
pub(crate) fn check<P: Payload>(form: &P, content: &P) -> Result<(), String> {
    let required = form.get("required").and_then(|names| names.texts()).unwrap_or_default();
    for name in required {
        if content.member(&name).is_none() {
            return Err(["`", &name, "` is missing"].concat());
        }
    }
    let fields = form.get("properties").and_then(|fields| fields.entries()).unwrap_or_default();
    for (name, field) in fields {
        if content.member(&name).is_some_and(|value| !fits(&field, &value)) {
            return Err(["`", &name, "` does not fit"].concat());
        }
    }
    Ok(())
}

/// Whether the value is what the schema of a field says.
fn fits<P: Payload>(field: &P, value: &P) -> bool {
    let number = |key: &'static str| field.get(key).and_then(|limit| limit.as_f64());
    let has_type = match field.text("type").as_deref() {
        Some("string") => value.as_text().is_some_and(|text| within_length(&number, &text)),
        Some("number") => value.kind() == Kind::Number,
        Some("integer") => value.as_f64().is_some_and(|value| value % 1.0 == 0.0),
        Some("boolean") => value.kind() == Kind::Boolean,
        Some("array") => {
            let items = field.get("items");
            let mut all_fit = true;
            let is_array = value.each_element(&mut |item| {
                all_fit = items.as_ref().is_none_or(|items| fits(items, &item));
                all_fit
            });
            is_array && all_fit
        }
        _ => true,
    };
    let in_range = value.as_f64().is_none_or(|value| {
        number("minimum").is_none_or(|least| value >= least)
            && number("maximum").is_none_or(|most| value <= most)
    });
    has_type && in_range && is_choice(field, value)
}

fn within_length(number: &impl Fn(&'static str) -> Option<f64>, text: &str) -> bool {
    #[allow(clippy::cast_precision_loss)] // texts are not that long
    let length = text.chars().count() as f64;
    number("minLength").is_none_or(|least| length >= least)
        && number("maxLength").is_none_or(|most| length <= most)
}

/// Whether the value is among the choices, if there are any: plain ones, or ones with titles.
fn is_choice<P: Payload>(field: &P, value: &P) -> bool {
    let same = |choice: &P| choice.kind() == value.kind() && choice.to_json() == value.to_json();
    let plain = field.get("enum").and_then(|choices| choices.elements());
    let titled = ["oneOf", "anyOf"].into_iter().find_map(|key| field.get(key)?.elements());
    plain.is_none_or(|choices| choices.iter().any(same))
        && titled.is_none_or(|choices| {
            choices.iter().any(|choice| choice.get("const").is_none_or(|choice| same(&choice)))
        })
}
