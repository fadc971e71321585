use serde_json::Value;

/// A value of a document and its JSON pointer (RFC 6901). A `$ref` is followed to its target.
#[derive(Clone)]
pub(crate) struct Place<'d> {
    root: &'d Value,
    pub(crate) value: &'d Value,
    pub(crate) pointer: String,
}

impl<'d> Place<'d> {
    pub(crate) fn root(root: &'d Value) -> Self {
        Self { root, value: root, pointer: String::new() }
    }

    /// Returns a member of the object, or an item of the array, here.
    pub(crate) fn get(&self, name: &str) -> Option<Self> {
        Some(self.get_unfollowed(name)?.followed())
    }

    /// Does the same without following the member's `$ref`. A schema may have other members beside it.
    pub(crate) fn get_unfollowed(&self, name: &str) -> Option<Self> {
        let value = match self.value {
            Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
            other => other.get(name)?,
        };
        let pointer = format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"));
        Some(Self { value, pointer, root: self.root })
    }

    /// Returns the members of the object in this member, or none.
    pub(crate) fn members(&self, name: &str) -> Vec<(&'d str, Self)> {
        let Some(object) = self.get(name) else { return Vec::new() };
        let names = object.value.as_object().into_iter().flat_map(serde_json::Map::keys);
        names.filter_map(|name| Some((name.as_str(), object.get(name)?))).collect()
    }

    /// Returns the items of the array in this member, or none.
    pub(crate) fn items(&self, name: &str) -> Vec<Self> {
        let Some(array) = self.get(name) else { return Vec::new() };
        let count = array.value.as_array().map_or(0, Vec::len);
        (0..count).filter_map(|index| array.get(&index.to_string())).collect()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'d str> {
        self.value.get(name)?.as_str()
    }

    /// Returns the value here with every `$ref` in it replaced by its target.
    pub(crate) fn inlined(&self) -> Value {
        match self.value {
            Value::Object(members) => {
                let own = members
                    .keys()
                    .filter(|name| *name != "$ref")
                    .filter_map(|name| Some((name.clone(), self.get_unfollowed(name)?.inlined())));
                let own: serde_json::Map<_, _> = own.collect();
                if self.text("$ref").is_none() {
                    return own.into();
                }
                let mut found = self.clone().followed().inlined();
                if let Some(found) = found.as_object_mut() {
                    found.extend(own);
                }
                found
            }
            Value::Array(items) => {
                let items = (0..items.len()).filter_map(|index| self.get_unfollowed(&index.to_string()));
                items.map(|item| item.inlined()).collect()
            }
            other => other.clone(),
        }
    }

    fn followed(self) -> Self {
        let Some(reference) = self.text("$ref") else { return self };
        let pointer =
            reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads out of the document"));
        let value = self.root.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"));
        Self { root: self.root, value, pointer: pointer.to_owned() }.followed()
    }
}
