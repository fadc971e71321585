//! The policies that functions and buckets have.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::TemplateError;
use super::intrinsics::Resolver;
use super::model::{ACCOUNT_ID, Access, QUEUE_URLS, Role};
use super::policy_templates;
use super::resources::Declared;
use super::yaml::{Kind, Node};
use crate::iam::{PolicyError, Statement};

/// The beginning of the ARNs of roles.
const ROLE_ARN: &str = "arn:aws:iam::";

/// Reads all policies; what cannot be evaluated is in [`Access::unreadable`].
pub(super) fn access(resolver: &Resolver<'_>, region: &str, resources: &[Declared]) -> Access {
    let mut reader = Reader { resolver, region, access: Access::default(), managed: BTreeMap::new() };
    let read = reader.managed(resources).and_then(|()| reader.all(resources));
    reader.access.unreadable = read.err();
    reader.access
}

struct Reader<'t> {
    resolver: &'t Resolver<'t>,
    region: &'t str,
    access: Access,
    /// Managed policies of the template's own, by their ARN.
    managed: BTreeMap<String, Vec<Statement>>,
}

impl Reader<'_> {
    /// Reads managed policies, which others refer to.
    fn managed(&mut self, resources: &[Declared]) -> Result<(), TemplateError> {
        for Declared { id, kind, node: resource } in resources {
            if kind == "AWS::IAM::ManagedPolicy" {
                let statements = self.document(resource)?;
                let arn = self.resolver.reference_to(id, resource)?;
                self.attach(resource, &statements)?;
                self.managed.insert(arn, statements);
            }
        }
        Ok(())
    }

    fn all(&mut self, resources: &[Declared]) -> Result<(), TemplateError> {
        for Declared { id, kind, node: resource } in resources {
            match kind.as_str() {
                "AWS::Serverless::Function" => self.function(id, resource)?,
                "AWS::IAM::Role" => self.role(id, resource)?,
                "AWS::IAM::Policy" => {
                    let statements = self.document(resource)?;
                    self.attach(resource, &statements)?;
                }
                "AWS::S3::BucketPolicy" => self.bucket_policy(resource)?,
                "AWS::SQS::QueuePolicy" => self.queue_policy(resource)?,
                "AWS::DynamoDB::Table" => {
                    refuse(resource, "ResourcePolicy", "the policy of a table is not evaluated here")?;
                }
                "AWS::Serverless::Connector" => {
                    return Err(resource.error("connectors are not evaluated here: write their policies"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn function(&mut self, logical_id: &str, resource: &Node) -> Result<(), TemplateError> {
        if let Some(connectors) = resource.get("Connectors") {
            return Err(connectors.error("connectors are not evaluated here: write their policies"));
        }
        refuse(resource, "PermissionsBoundary", "permissions boundaries are not evaluated here")?;
        let role = match resource.at(&["Properties", "Role"]) {
            Some(node) => {
                let arn = self.resolver.text(node)?;
                let name = arn.rsplit('/').next().filter(|_| arn.starts_with(ROLE_ARN));
                // SAM makes no role then, and nothing of Policies.
                name.ok_or_else(|| node.error(format!("{arn} is not the ARN of a role")))?.to_owned()
            }
            None => format!("{logical_id}Role"),
        };
        let own = resource
            .at(&["Properties", "Policies"])
            .filter(|_| resource.at(&["Properties", "Role"]).is_none());
        let statements = own.map(|node| self.policies(node)).transpose()?.unwrap_or_default();
        self.access.functions.insert(self.resolver.reference_to(logical_id, resource)?, role.clone());
        self.add(&role, statements);
        Ok(())
    }

    /// Reads `Policies` of a function: one or several of names, documents and SAM's templates.
    fn policies(&self, node: &Node) -> Result<Vec<Statement>, TemplateError> {
        let Some(value) = self.resolver.resolve(node)? else { return Ok(Vec::new()) };
        match (&node.kind, value) {
            (Kind::List(items), Value::Array(_)) if node.tag.is_none() => {
                let mut statements = Vec::new();
                for item in items {
                    statements.extend(self.policies(item)?);
                }
                Ok(statements)
            }
            (_, Value::Array(values)) => {
                let read = values.into_iter().map(|value| self.policy(node, &value));
                Ok(read.collect::<Result<Vec<_>, _>>()?.concat())
            }
            (_, value) => self.policy(node, &value),
        }
    }

    fn policy(&self, node: &Node, value: &Value) -> Result<Vec<Statement>, TemplateError> {
        match value {
            Value::String(name) => {
                if let Some(statements) = self.managed.get(name) {
                    return Ok(statements.clone());
                }
                let document = policy_templates::managed(name).ok_or_else(|| {
                    node.error(format!(
                        "the policy {name} is not known here: write its statements, or start with --no-iam"
                    ))
                })?;
                of_role(node, &document)
            }
            Value::Object(members) if !members.contains_key("Statement") && members.len() == 1 => {
                let (name, parameters) =
                    members.iter().next().ok_or_else(|| node.error("an empty policy"))?;
                let place = [self.region, ACCOUNT_ID];
                let document =
                    policy_templates::sam(name, parameters, place).map_err(|message| node.error(message))?;
                of_role(node, &document)
            }
            document => of_role(node, document),
        }
    }

    fn role(&mut self, logical_id: &str, resource: &Node) -> Result<(), TemplateError> {
        refuse(resource, "PermissionsBoundary", "permissions boundaries are not evaluated here")?;
        let name = match resource.at(&["Properties", "RoleName"]) {
            Some(name) => self.resolver.text(name)?,
            None => logical_id.to_owned(),
        };
        let mut statements = Vec::new();
        if let Some(node) = resource.at(&["Properties", "ManagedPolicyArns"]) {
            statements.extend(self.policies(node)?);
        }
        if let Some(Node { kind: Kind::List(policies), .. }) = resource.at(&["Properties", "Policies"]) {
            for policy in policies {
                let node = policy.get("PolicyDocument").unwrap_or(policy);
                statements.extend(self.policies(node)?);
            }
        }
        self.add(&name, statements);
        Ok(())
    }

    /// Reads the `PolicyDocument` of a resource.
    fn document(&self, resource: &Node) -> Result<Vec<Statement>, TemplateError> {
        let node = resource.at(&["Properties", "PolicyDocument"]);
        let node = node.ok_or_else(|| resource.error("a policy needs a PolicyDocument"))?;
        of_role(node, &self.resolver.resolve(node)?.unwrap_or_default())
    }

    /// Gives statements to the `Roles` of a resource.
    fn attach(&mut self, resource: &Node, statements: &[Statement]) -> Result<(), TemplateError> {
        let Some(node) = resource.at(&["Properties", "Roles"]) else { return Ok(()) };
        let names = self.resolver.resolve(node)?.unwrap_or_default();
        for name in names.as_array().ok_or_else(|| node.error("Roles is a list of names"))? {
            let name = name.as_str().ok_or_else(|| node.error("Roles is a list of names"))?;
            self.add(name, statements.to_vec());
        }
        Ok(())
    }

    fn bucket_policy(&mut self, resource: &Node) -> Result<(), TemplateError> {
        let node = resource.at(&["Properties", "Bucket"]);
        let node = node.ok_or_else(|| resource.error("a bucket's policy needs a Bucket"))?;
        let bucket = self.resolver.text(node)?;
        let statements = self.of_resource(resource)?;
        self.access.buckets.entry(bucket).or_default().extend(statements);
        Ok(())
    }

    fn queue_policy(&mut self, resource: &Node) -> Result<(), TemplateError> {
        let node = resource.at(&["Properties", "Queues"]);
        let node = node.ok_or_else(|| resource.error("a queue's policy needs Queues"))?;
        let urls = self.resolver.resolve(node)?.unwrap_or_default();
        let statements = self.of_resource(resource)?;
        for url in urls.as_array().ok_or_else(|| node.error("Queues is a list of URLs"))? {
            let queue = url.as_str().and_then(|url| url.strip_prefix(QUEUE_URLS));
            let queue = queue.ok_or_else(|| node.error(format!("{url} is not the URL of a queue")))?;
            self.access.queues.entry(queue.to_owned()).or_default().extend(statements.clone());
        }
        Ok(())
    }

    /// Reads the `PolicyDocument` of a bucket's or queue's policy.
    fn of_resource(&self, resource: &Node) -> Result<Vec<Statement>, TemplateError> {
        let node = resource.at(&["Properties", "PolicyDocument"]);
        let node = node.ok_or_else(|| resource.error("a policy needs a PolicyDocument"))?;
        let document = self.resolver.resolve(node)?.unwrap_or_default();
        let statements = Statement::of_resource(&document, ACCOUNT_ID);
        Ok(numbered(node, statements.map_err(|error| located(node, error))?))
    }

    fn add(&mut self, role: &str, statements: Vec<Statement>) {
        let arn = format!("{ROLE_ARN}{ACCOUNT_ID}:role/{role}");
        let entry = self.access.roles.entry(role.to_owned());
        entry.or_insert_with(|| Role { arn, statements: Vec::new() }).statements.extend(statements);
    }
}

fn refuse(resource: &Node, property: &str, message: &str) -> Result<(), TemplateError> {
    resource.at(&["Properties", property]).map_or(Ok(()), |node| Err(node.error(message)))
}

fn of_role(node: &Node, document: &Value) -> Result<Vec<Statement>, TemplateError> {
    let statements = Statement::of_role(document).map_err(|error| located(node, error))?;
    Ok(numbered(node, statements))
}

/// The statements with their lines in the template.
fn numbered(node: &Node, mut statements: Vec<Statement>) -> Vec<Statement> {
    for (index, statement) in statements.iter_mut().enumerate() {
        statement.line = deepest(node, &["Statement".to_owned(), index.to_string()]).line;
    }
    statements
}

fn located(node: &Node, error: PolicyError) -> TemplateError {
    deepest(node, &error.at).error(error.message)
}

/// The node at a path, or the last one on the way that there is: an intrinsic hides what is in it.
fn deepest<'n>(node: &'n Node, path: &[String]) -> &'n Node {
    let mut deepest = node;
    for name in path {
        let next = match &deepest.kind {
            Kind::List(items) => name.parse().ok().and_then(|index: usize| items.get(index)),
            _ => deepest.get(name),
        };
        match next {
            Some(next) => deepest = next,
            None => break,
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use crate::iam::{Context, Decision, Policies, Request, decide};
    use crate::template::model::Template;

    /// A template whose function `users` has these policies, at line 6.
    fn parse(policies: &str, more: &str) -> Template {
        let text = format!(
            "Resources:\n  Table: {{ Type: AWS::DynamoDB::Table, Properties: {{}} }}\n  \
             UsersFunction:\n    Type: AWS::Serverless::Function\n    Properties:\n      Policies: {policies}\n{more}"
        );
        Template::parse(&text, &std::collections::BTreeMap::new(), "us-east-1").unwrap()
    }

    fn is_allowed(template: &Template, action: &str, resource: &str) -> bool {
        let role = template.access.role("users").unwrap();
        let request = Request {
            action: action.to_owned(),
            resource: format!("arn:aws:{resource}"),
            context: Context::default().with("dynamodb:LeadingKeys", "USER#1"),
        };
        let bucket = template.access.buckets.get("files").map_or(&[][..], Vec::as_slice);
        let policies = Policies { role: &role.arn, of_role: &role.statements, of_resource: bucket };
        matches!(decide(policies, &request), Decision::Allowed(_))
    }

    const TABLE: &str = "dynamodb:us-east-1:000000000000:table/Table";

    #[test]
    fn policies_are_documents_names_and_templates() {
        for (policies, allowed, denied) in [
            (
                "{ Statement: { Effect: Allow, Action: dynamodb:GetItem, Resource: !GetAtt Table.Arn } }",
                ("dynamodb:GetItem", TABLE),
                ("dynamodb:PutItem", TABLE),
            ),
            (
                "[AWSLambdaBasicExecutionRole, { DynamoDBReadPolicy: { TableName: !Ref Table } }]",
                ("dynamodb:Query", "dynamodb:us-east-1:000000000000:table/Table/index/gsi1"),
                ("dynamodb:PutItem", TABLE),
            ),
            (
                "[{ S3ReadPolicy: { BucketName: files } }, { SQSPollerPolicy: { QueueName: q } }]",
                ("s3:GetObject", "s3:::files/a"),
                ("s3:GetObject", "s3:::other/a"),
            ),
            (
                "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
                ("s3:GetObject", "s3:::x/y"),
                ("s3:PutObject", "s3:::x/y"),
            ),
        ] {
            let template = parse(policies, "");
            assert_eq!(template.access.unreadable, None);
            assert!(is_allowed(&template, allowed.0, allowed.1), "{policies}");
            assert!(!is_allowed(&template, denied.0, denied.1), "{policies}");
        }
    }

    #[test]
    fn policies_beside_the_function_count_too() {
        let allow = "{ Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::files/*' }";
        for more in [
            format!("  P: {{ Type: AWS::IAM::Policy, Properties: {{ Roles: [!Ref UsersFunctionRole], PolicyDocument: {{ Statement: [{allow}] }} }} }}\n"),
            format!("  M: {{ Type: AWS::IAM::ManagedPolicy, Properties: {{ Roles: [!Ref UsersFunctionRole], PolicyDocument: {{ Statement: {allow} }} }} }}\n"),
            "  B: { Type: AWS::S3::BucketPolicy, Properties: { Bucket: files, PolicyDocument: { Statement: { Effect: Allow, \
             Principal: { AWS: !GetAtt UsersFunctionRole.Arn }, Action: 's3:*', Resource: 'arn:aws:s3:::files/*' } } } }\n"
                .to_owned(),
        ] {
            let template = parse("[]", &more);
            assert_eq!(template.access.unreadable, None, "{more}");
            assert!(is_allowed(&template, "s3:GetObject", "s3:::files/a"), "{more}");
            assert!(!is_allowed(&template, "s3:GetObject", "s3:::other/a"), "{more}");
        }
        let role = format!(
            "      Role: !GetAtt R.Arn\n  R: {{ Type: AWS::IAM::Role, Properties: {{ ManagedPolicyArns: [!Ref M], \
             Policies: [{{ PolicyName: p, PolicyDocument: {{ Statement: {allow} }} }}] }} }}\n  \
             M: {{ Type: AWS::IAM::ManagedPolicy, Properties: {{ PolicyDocument: {{ Statement: {{ Effect: Allow, Action: 's3:ListBucket', Resource: '*' }} }} }} }}\n"
        );
        let template = parse("[{ DynamoDBCrudPolicy: { TableName: !Ref Table } }]", &role);
        assert_eq!(template.access.unreadable, None);
        assert!(is_allowed(&template, "s3:GetObject", "s3:::files/a"));
        assert!(is_allowed(&template, "s3:ListBucket", "s3:::files"));
        assert!(!is_allowed(&template, "dynamodb:GetItem", TABLE), "a role of one's own replaces Policies");
    }

    #[test]
    fn what_cannot_be_evaluated_has_its_line() {
        let statement = |condition: &str| {
            format!(
                "\n        Statement:\n          - Effect: Allow\n            Action: dynamodb:*\n            Resource: '*'\n            {condition}"
            )
        };
        for (policies, more, message) in [
            (
                "[{ FancyPolicy: {} }]".to_owned(),
                "",
                "line 6: the policy template FancyPolicy is not known here: write its statements, or start with --no-iam",
            ),
            ("[{ DynamoDBReadPolicy: {} }]".to_owned(), "", "line 6: DynamoDBReadPolicy needs TableName"),
            (
                "AdministratorAccess".to_owned(),
                "",
                "line 6: the policy AdministratorAccess is not known here: write its statements, or start with --no-iam",
            ),
            (
                statement("Condition: { StringLik: { a: b } }"),
                "",
                "line 11: the condition operator StringLik is unknown or not evaluated here",
            ),
            (statement("Principal: '*'"), "", "line 8: the policy of a role has no principals"),
            (
                "{ Version: 2012-10-17, Statement: [] }".replace("2012", "2013"),
                "",
                "line 6: the Version of a policy is 2012-10-17 or 2008-10-17, as a text",
            ),
            (
                "[]".to_owned(),
                "      PermissionsBoundary: arn:aws:iam::aws:policy/X\n",
                "line 7: permissions boundaries are not evaluated here",
            ),
            (
                "[]".to_owned(),
                "  C: { Type: AWS::Serverless::Connector }\n",
                "line 7: connectors are not evaluated here: write their policies",
            ),
        ] {
            let error = parse(&policies, more).access.unreadable.unwrap().to_string();
            assert_eq!(error, format!("template {message}"), "{policies}");
        }
    }
}
