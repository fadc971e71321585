"""The four requests with Powertools for AWS Lambda (Python)."""

import os

import boto3
import jwt
import stripe
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    ServiceError,
    UnauthorizedError,
)
from aws_lambda_powertools.logging import correlation_paths

from table import Table, Taken

logger = Logger(service="peer")
app = APIGatewayHttpResolver()
table = Table(boto3.client("dynamodb"), os.environ["TABLE_NAME"])
keys = table.keys()
stripe_secret = os.environ["STRIPE_WEBHOOK_SECRET"]


def caller() -> dict:
    scheme, _, token = (app.current_event.headers.get("authorization") or "").partition(" ")
    for key in keys if scheme == "Bearer" else []:
        try:
            return jwt.decode(token, key, algorithms=["EdDSA"], audience="api", issuer="api")
        except jwt.InvalidTokenError:
            continue
    raise UnauthorizedError("Unauthorized")


@app.get("/api/users/<user_id>")
def get_user(user_id: str):
    claims = caller()
    if claims["sub"] != user_id and claims["role"] != "admin":
        raise ForbiddenError("Forbidden")
    user = table.user(user_id)
    if user is None:
        raise NotFoundError("User not found")
    return user


@app.get("/api/posts")
def list_posts():
    query = app.current_event.query_string_parameters or {}
    limit = query.get("limit", "10")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100:
        raise BadRequestError("limit must be between 1 and 100")
    return table.posts(query.get("sort"), query.get("order"), query.get("category"), int(limit))


@app.post("/api/posts")
def create_post():
    author = caller()["sub"]
    body = app.current_event.json_body
    title, content = body.get("title"), body.get("content")
    if not isinstance(title, str) or not isinstance(content, str) or not content:
        raise BadRequestError("title and content are required")
    title = " ".join(title.split())
    if not 1 <= len(title) <= 200:
        raise BadRequestError("title has 1 to 200 characters")
    try:
        return table.create_post(author, title, content, body.get("category"), body.get("published", False)), 201
    except Taken as error:
        raise ServiceError(409, "The title is taken") from error


@app.post("/api/webhooks/stripe")
def receive():
    signature = app.current_event.headers.get("stripe-signature", "")
    try:
        event = stripe.Webhook.construct_event(app.current_event.body, signature, stripe_secret)
    except (ValueError, stripe.SignatureVerificationError) as error:
        raise BadRequestError("Invalid signature") from error
    if event.type == "checkout.session.completed" and event.data.object.payment_status == "paid":
        table.record(event)
    return {"received": True}


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP)
def handler(event, context):
    response = app.resolve(event, context)
    logger.info("answered", extra={"route": event["routeKey"], "status": response["statusCode"]})
    return response
