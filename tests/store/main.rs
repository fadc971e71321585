//! The stores against an embedded DynamoDB.
