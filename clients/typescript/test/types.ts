// Code that tsc must refuse. tsc compiles this file, and nothing runs it.

import { type Client, items, orThrow } from "serverless-api-client";

export async function typed(client: Client, id: string) {
  const { data, error } = await client.GET("/api/users/{id}", { params: { path: { id } } });
  // @ts-expect-error: there is no data where there is an error
  data.name;
  if (error) {
    return error.code;
  }
  data.id.toUpperCase();
  // @ts-expect-error: a user has no such member
  data.nmae;

  const created = await client.POST("/api/users", { body: { email: "grace@example.com", name: "Grace" } });
  created.error?.code === "email_taken";
  // @ts-expect-error: the operation has no such error
  created.error?.code === "invalid_link";

  // @ts-expect-error: the API has no such path
  await client.GET("/api/user");
  // @ts-expect-error: the path needs its parameter
  await client.GET("/api/users/{id}");
  // @ts-expect-error: a user needs an address
  await client.POST("/api/users", { body: { name: "Grace" } });
  // @ts-expect-error: the body has no such member
  await client.POST("/api/users", { body: { email: "grace@example.com", rloe: "admin" } });
  // @ts-expect-error: the body has no such member
  await client.PATCH("/api/users/{id}", { params: { path: { id } }, body: { nmae: "Grace" } });
  // @ts-expect-error: the list has no such parameter
  items(client, "/api/users", { limti: 2 });
  // @ts-expect-error: the iteration counts its pages itself
  items(client, "/api/users", { page: 2 });
  // @ts-expect-error: this is no list
  items(client, "/api/health", {});
  for await (const user of items(client, "/api/users", {})) {
    user.role satisfies "user" | "admin" | undefined;
  }
  return orThrow(await client.GET("/api/health")).status;
}
