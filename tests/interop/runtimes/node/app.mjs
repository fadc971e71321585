// A function that answers, fails or hangs, as the query says.

export async function handler(event, context) {
  const action = event.queryStringParameters?.do;
  if (action === "fail") throw new RangeError("on purpose");
  if (action === "hang") await new Promise((resolve) => setTimeout(resolve, 60_000));
  const body = {
    path: event.rawPath,
    id: event.pathParameters.id,
    function: context.functionName,
    arn: context.invokedFunctionArn,
    milliseconds: context.getRemainingTimeInMillis(),
  };
  return { statusCode: 201, headers: { "x-language": "node" }, cookies: ["a=1"], body: JSON.stringify(body) };
}
