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
        let mut resources = self.resources_below_others_too();
        resources.retain(|resource| !resource.path().contains('{'));
        assert!(!resources.is_empty(), "openapi.json has resources");
        resources
    }

    /// Returns all stored resources, those first that are below no other.
    pub fn resources_below_others_too(&self) -> Vec<Resource<'_>> {
        let operations = &Document::published().operations;
        let resource = |create: &'static Operation| {
            let below = format!("{}/{{", create.path());
            let one = |method: Method| {
                operations.iter().find(|one| {
                    let variable = one.path().strip_prefix(&below).map(str::to_owned);
                    one.method == method && variable.is_some_and(|rest| !rest.contains('/'))
                })
            };
            let change = one(Method::PATCH).filter(|_| create.method == Method::POST)?;
            one(Method::PUT).and(one(Method::GET)).and(one(Method::DELETE))?;
            Some(Resource { app: self, create, change, client: self.admin() })
        };
        let mut resources: Vec<Resource<'_>> = operations.iter().filter_map(resource).collect();
        resources.sort_by_key(|resource| resource.path().matches('{').count());
        resources
    }
}

impl Resource<'_> {
    /// Returns the path of the collection.
    pub fn path(&self) -> String {
        self.create.path()
    }

    /// Returns the path of the collection with the document's examples of ids.
    pub fn shown_path(&self) -> String {
        self.create.shown_path()
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
