"""The items of the table, as both functions in Python read and write them."""

import time
from datetime import datetime, timezone

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from jwt import PyJWK
from uuid6 import uuid7

# The time for which an event of Stripe's is remembered, in seconds.
EVENT_LIFETIME = 30 * 24 * 60 * 60

SUMMARY = ("title", "excerpt", "category", "published", "authorId", "createdAt", "updatedAt")
USER = ("email", "name", "role", "createdAt", "updatedAt")

serializer = TypeSerializer()
deserializer = TypeDeserializer()


class Taken(Exception):
    """An item exists already."""


def to_item(values: dict) -> dict:
    return {name: serializer.serialize(value) for name, value in values.items() if value is not None}


def from_item(item: dict) -> dict:
    return {name: deserializer.deserialize(value) for name, value in item.items()}


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Table:
    def __init__(self, client, name: str):
        self.client = client
        self.name = name

    def keys(self) -> list[PyJWK]:
        """The public keys of access tokens."""
        stored = self._get("KEYS#TOKENS", "KEYS") or {"keys": []}
        return [PyJWK({"kty": "OKP", "crv": "Ed25519", "x": key["public"]}) for key in stored["keys"]]

    def user(self, user_id: str) -> dict | None:
        item = self._get(f"USER#{user_id}", "USER")
        return item and {"id": user_id} | {name: item.get(name) for name in USER}

    def posts(self, sort: str | None, order: str | None, category: str | None, limit: int) -> dict:
        index = f"gsi{(3 if category else 1) + (sort == 'title')}"
        listed = f"POSTS#{category.casefold()}" if category else "POSTS"
        page = self.client.query(
            TableName=self.name,
            IndexName=index,
            KeyConditionExpression="#pk = :pk",
            ExpressionAttributeNames={"#pk": f"{index}pk"},
            ExpressionAttributeValues={":pk": {"S": listed}},
            ScanIndexForward=order == "asc",
            Limit=limit,
        )
        shards = self.client.query(
            TableName=self.name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"COUNT#{listed}"}},
        )
        items = [from_item(item) for item in page["Items"]]
        posts = [
            {"id": item["pk"].removeprefix("POST#")} | {name: item.get(name) for name in SUMMARY} for item in items
        ]
        total = sum(int(shard["n"]["N"]) for shard in shards["Items"])
        return {"posts": posts, "pagination": {"limit": limit, "total": total}}

    def create_post(self, author: str, title: str, content: str, category: str | None, published: bool) -> dict:
        post_id = uuid7()
        now = iso(datetime.now(timezone.utc))
        by_title = f"{title.casefold()}\x1f{post_id}"
        lists = {"gsi5": (f"AUTHOR#{author}", str(post_id))}
        counters = [f"AUTHOR#{author}"]
        if published:
            lists |= {"gsi1": ("POSTS", str(post_id)), "gsi2": ("POSTS", by_title)}
            counters.append("POSTS")
            if category:
                listed = f"POSTS#{category.casefold()}"
                lists |= {"gsi3": (listed, str(post_id)), "gsi4": (listed, by_title)}
                counters.append(listed)
        post = {
            "title": title,
            "content": content,
            "category": category,
            "published": published,
            "authorId": author,
            "createdAt": now,
            "updatedAt": now,
        }
        item = post | {"pk": f"POST#{post_id}", "sk": "POST", "excerpt": content[:200], "version": 1}
        for index, (partition, position) in lists.items():
            item |= {f"{index}pk": partition, f"{index}sk": position}
        writes = [self._put(item)]
        if published:
            writes.append(self._put({"pk": f"TITLE#{title.casefold()}", "sk": "TITLE", "postId": str(post_id)}))
        writes += [self._count(counter, post_id.bytes[15] & 0x0F) for counter in counters]
        self._write(writes)
        return {"id": str(post_id)} | post

    def record(self, event) -> None:
        """Records the payment that an event of Stripe's reports, once."""
        checkout = event.data.object
        listed = f"PAYMENTS#{checkout.client_reference_id}"
        created_at = iso(datetime.fromtimestamp(checkout.created, timezone.utc))
        payment = {
            "pk": f"PAYMENT#{checkout.id}",
            "sk": "PAYMENT",
            "gsi1pk": listed,
            "gsi1sk": f"{created_at}#{checkout.id}",
            "amountTotal": checkout.amount_total,
            "currency": checkout.currency,
            "paymentStatus": checkout.payment_status,
            "livemode": event.livemode,
            "paymentIntent": checkout.payment_intent,
            "createdAt": created_at,
            "paidAt": iso(datetime.fromtimestamp(event.created, timezone.utc)),
        }
        seen = {"pk": f"STRIPE#{event.id}", "sk": "STRIPE", "expiresAt": int(time.time()) + EVENT_LIFETIME}
        try:
            self._write([self._put(seen), self._put(payment), self._count(listed, ord(checkout.id[-1]) & 0x0F)])
        except Taken:
            # Recorded by an earlier delivery.
            pass

    def _get(self, pk: str, sk: str) -> dict | None:
        item = self.client.get_item(TableName=self.name, Key=to_item({"pk": pk, "sk": sk})).get("Item")
        return item and from_item(item)

    def _put(self, item: dict) -> dict:
        put = {"TableName": self.name, "Item": to_item(item), "ConditionExpression": "attribute_not_exists(pk)"}
        return {"Put": put}

    def _count(self, counter: str, shard: int) -> dict:
        update = {
            "TableName": self.name,
            "Key": to_item({"pk": f"COUNT#{counter}", "sk": f"SHARD#{shard:02}"}),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        return {"Update": update}

    def _write(self, writes: list[dict]) -> None:
        try:
            self.client.transact_write_items(TransactItems=writes)
        except self.client.exceptions.TransactionCanceledException as error:
            raise Taken from error
