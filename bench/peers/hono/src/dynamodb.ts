import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

export const TableName = process.env.TABLE_NAME!;

export const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
  marshallOptions: { removeUndefinedValues: true },
});

/** The write of an item that must not exist yet. */
export const put = (Item: Record<string, unknown>) => ({
  Put: { TableName, Item, ConditionExpression: "attribute_not_exists(pk)" },
});

/** The write that adds one to a counter. */
export const count = (counter: string, shard: number) => ({
  Update: {
    TableName,
    Key: { pk: `COUNT#${counter}`, sk: `SHARD#${String(shard).padStart(2, "0")}` },
    UpdateExpression: "ADD n :one",
    ExpressionAttributeValues: { ":one": 1 },
  },
});
