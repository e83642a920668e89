//! The settings of a rule, completed from its JSON Schema.

use serde_json::{Map, Value};

/// Completes settings with the defaults of their schema: a property that is not given takes the schema's `default`; an
/// object that is given, or that has defaults inside, is completed in turn. Whatever else is given stays as it is.
pub fn complete(schema: &Value, given: Option<&Value>) -> Value {
    default_of(schema, given).unwrap_or_else(|| Value::Object(Map::new()))
}

fn default_of(schema: &Value, given: Option<&Value>) -> Option<Value> {
    let given = given.or_else(|| schema.get("default"));
    let properties = schema.get("properties").and_then(Value::as_object);
    let (Some(properties), None | Some(Value::Object(_))) = (properties, given) else {
        return given.cloned();
    };
    let mut object = given
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    for (name, property) in properties {
        if let Some(value) = default_of(property, object.get(name)) {
            object.insert(name.clone(), value);
        }
    }
    (!object.is_empty() || given.is_some()).then_some(Value::Object(object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case(json!({}), json!({ "ports": [22], "deep": { "a": 1 } }))]
    #[case(json!({ "ports": [] }), json!({ "ports": [], "deep": { "a": 1 } }))]
    #[case(json!({ "deep": { "b": 2 } }), json!({ "ports": [22], "deep": { "a": 1, "b": 2 } }))]
    #[case(json!({ "other": null }), json!({ "ports": [22], "deep": { "a": 1 }, "other": null }))]
    fn what_is_given_stays_and_the_rest_is_the_default(
        #[case] given: Value,
        #[case] expected: Value,
    ) {
        let schema = json!({ "type": "object", "properties": {
            "ports": { "type": "array", "default": [22] },
            "deep": { "type": "object", "properties": { "a": { "default": 1 }, "b": {} } },
            "none": { "type": "string" },
        } });
        assert_eq!(complete(&schema, Some(&given)), expected);
    }

    #[test]
    fn settings_without_a_schema_are_an_empty_object() {
        assert_eq!(complete(&json!({}), None), json!({}));
    }
}
