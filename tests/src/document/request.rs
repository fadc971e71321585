use serde_json::Value;

use super::{Compiler, Place, Schema};

/// A parameter of an operation.
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// `path`, `query` or `header`.
    pub location: String,
    /// True if a request without it is refused.
    pub is_required: bool,
    /// Its schema, with every `$ref` in it replaced by its target.
    pub definition: Value,
    pub(super) schema: Schema,
    example: Option<Value>,
}

/// A body of one media type.
pub struct Body {
    /// The media type.
    pub media_type: String,
    /// Its schema, with every `$ref` in it replaced by its target.
    pub definition: Value,
    pub(super) schema: Schema,
    example: Option<Value>,
}

impl Parameter {
    pub(super) fn read(parameter: &Place<'_>, compiler: &mut Compiler) -> Self {
        let name = parameter.text("name").expect("a parameter has a name").to_owned();
        let schema = parameter.get_unfollowed("schema").unwrap_or_else(|| panic!("{name} has no schema"));
        let definition = schema.inlined();
        Self {
            location: parameter.text("in").expect("a parameter is somewhere").to_owned(),
            is_required: parameter.value["required"] == true,
            schema: compiler.request(&schema),
            example: parameter.value.get("example").cloned().or_else(|| example(&definition)),
            definition,
            name,
        }
    }

    /// Returns the example in the document. An optional parameter may have none.
    pub fn example(&self) -> Option<&Value> {
        self.example.as_ref()
    }
}

impl Body {
    pub(super) fn read(media_type: &str, content: &Place<'_>, compiler: &mut Compiler) -> Self {
        let schema = content.get_unfollowed("schema");
        let schema = schema.unwrap_or_else(|| panic!("a body of {media_type} has no schema"));
        let definition = schema.inlined();
        let examples = content.members("examples");
        let first = examples.iter().find_map(|(_, example)| example.value.get("value").cloned());
        Self {
            media_type: media_type.to_owned(),
            schema: compiler.request(&schema),
            example: content.value.get("example").cloned().or(first).or_else(|| example(&definition)),
            definition,
        }
    }

    /// Returns the example in the document.
    ///
    /// # Panics
    ///
    /// If the document has none.
    pub fn example(&self) -> &Value {
        self.example.as_ref().unwrap_or_else(|| panic!("a body of {} has no example", self.media_type))
    }

    /// Tells whether its members are sent as text.
    pub fn is_form(&self) -> bool {
        ["multipart/form-data", "application/x-www-form-urlencoded"].contains(&&*self.media_type)
    }
}

/// Returns a schema's example, or the object of its members' examples.
fn example(schema: &Value) -> Option<Value> {
    let shown = schema.get("example").or_else(|| schema["examples"].get(0)).or_else(|| schema.get("const"));
    if let Some(shown) = shown.or_else(|| schema["enum"].get(0)).or_else(|| schema.get("default")) {
        return Some(shown.clone());
    }
    if let Some(members) = schema["properties"].as_object() {
        let members: Option<Vec<_>> =
            members.iter().map(|(name, member)| Some((name.clone(), example(member)?))).collect();
        return Some(members?.into_iter().collect());
    }
    ["oneOf", "anyOf", "allOf"].iter().find_map(|parts| schema[*parts].as_array()?.iter().find_map(example))
}
