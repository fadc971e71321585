"""The four requests with FastAPI and Mangum."""

import os
from typing import Annotated

import boto3
import jwt
import stripe
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from mangum import Mangum
from pydantic import BaseModel, Field

from table import Table, Taken

app = FastAPI(openapi_url=None)
table = Table(boto3.client("dynamodb"), os.environ["TABLE_NAME"])
keys = table.keys()
stripe_secret = os.environ["STRIPE_WEBHOOK_SECRET"]


class Caller(BaseModel):
    sub: str
    role: str


class User(BaseModel):
    id: str
    email: str
    name: str | None
    role: str
    createdAt: str
    updatedAt: str


class PostSummary(BaseModel):
    id: str
    title: str
    excerpt: str
    category: str | None
    published: bool
    authorId: str
    createdAt: str
    updatedAt: str


class Pagination(BaseModel):
    limit: int
    total: int


class PostList(BaseModel):
    posts: list[PostSummary]
    pagination: Pagination


class PostInput(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    content: str = Field(min_length=1)
    category: str | None = None
    published: bool = False


class Post(PostInput):
    id: str
    authorId: str
    createdAt: str
    updatedAt: str


def authenticate(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> Caller:
    for key in keys:
        try:
            claims = jwt.decode(credentials.credentials, key, algorithms=["EdDSA"], audience="api", issuer="api")
            return Caller(**claims)
        except jwt.InvalidTokenError:
            continue
    raise HTTPException(401, "Unauthorized")


Authenticated = Annotated[Caller, Depends(authenticate)]


@app.get("/api/users/{user_id}")
def get_user(user_id: str, caller: Authenticated) -> User:
    if caller.sub != user_id and caller.role != "admin":
        raise HTTPException(403, "Forbidden")
    user = table.user(user_id)
    if user is None:
        raise HTTPException(404, "User not found")
    return User(**user)


@app.get("/api/posts")
def list_posts(
    sort: str | None = None,
    order: str | None = None,
    category: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> PostList:
    return PostList(**table.posts(sort, order, category, limit))


@app.post("/api/posts", status_code=201)
def create_post(post: PostInput, caller: Authenticated) -> Post:
    title = " ".join(post.title.split())
    try:
        return Post(**table.create_post(caller.sub, title, post.content, post.category, post.published))
    except Taken as error:
        raise HTTPException(409, "The title is taken") from error


@app.post("/api/webhooks/stripe")
async def receive(request: Request, stripe_signature: Annotated[str, Header()] = "") -> dict[str, bool]:
    try:
        event = stripe.Webhook.construct_event(await request.body(), stripe_signature, stripe_secret)
    except (ValueError, stripe.SignatureVerificationError) as error:
        raise HTTPException(400, "Invalid signature") from error
    if event.type == "checkout.session.completed" and event.data.object.payment_status == "paid":
        table.record(event)
    return {"received": True}


handler = Mangum(app, lifespan="off")
