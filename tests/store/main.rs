//! The stores against an embedded `DynamoDB`: what they leave in the table, and what they cost.

mod costs;
mod items;
