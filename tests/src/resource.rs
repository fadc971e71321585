use reqwest::Method;
use serde_json::{Value, json};

use crate::sender::new;
use crate::{App, Call, Client, Document, Operation, Sender};

/// A stored resource of openapi.json: `POST` to its collection creates one, which `GET`, `PUT`, `PATCH` and `DELETE` take.
pub struct Resource<'a> {
    app: &'a App,
    create: &'static Operation,
    change: &'static Operation,
    /// An admin, who may do everything with it.
    pub client: Client,
}

impl App {
    /// Returns all stored resources that are below no other, so that a test of conventions holds for each of them.
    ///
    /// # Panics
    ///
    /// If the document has none.
    pub fn resources(&self) -> Vec<Resource<'_>> {
        let document = Document::published();
        let resource = |create: &'static Operation| {
            let path = create.path();
            let one = |method: &str| document.get(&format!("{method} {path}/{{id}}"));
            let change = one("PATCH").filter(|_| create.method == Method::POST)?;
            one("PUT").and(one("GET")).and(one("DELETE"))?;
            Some(Resource { app: self, create, change, client: self.admin() })
        };
        let resources: Vec<Resource<'_>> = document.operations.iter().filter_map(resource).collect();
        assert!(!resources.is_empty(), "openapi.json has resources");
        resources
    }
}

impl Resource<'_> {
    /// Returns the path of the collection.
    pub fn path(&self) -> String {
        self.create.path()
    }

    /// Returns the document's example of a whole body, with a name of its own.
    pub fn body(&self) -> Value {
        self.example(self.create)
    }

    /// Returns the document's example of a change, with a name of its own.
    pub fn change(&self) -> Value {
        self.example(self.change)
    }

    /// Prepares a `POST` of a new body.
    pub fn create(&self) -> Call {
        self.client.post(&self.path(), &self.body())
    }

    /// Returns the number of resources in the collection, without the account of the admin.
    pub async fn total(&self) -> u64 {
        let list = self.client.get(&self.path()).await.expect(200).json();
        let total = list["pagination"]["total"].as_u64().expect("a list has a total");
        total - u64::from(self.path() == "/api/users")
    }

    fn example(&self, operation: &Operation) -> Value {
        let sender = Sender::anonymous(self.app, operation, &operation.path(), "");
        let mut example = sender.example(&operation.bodies[0]);
        if let Some(name) = example.get_mut("name") {
            *name = json!(format!("Name {}", new()));
        }
        // A list for everybody has what is published.
        if let Some(published) = example.get_mut("published") {
            *published = json!(true);
        }
        example
    }
}
