"""A function that answers, fails or hangs, as the query says."""

import json
import time


def handler(event, context):
    do = event.get("queryStringParameters", {}).get("do")
    if do == "fail":
        raise ValueError("on purpose")
    if do == "hang":
        time.sleep(60)
    body = {
        "path": event["rawPath"],
        "id": event["pathParameters"]["id"],
        "function": context.function_name,
        "arn": context.invoked_function_arn,
        "milliseconds": context.get_remaining_time_in_millis(),
    }
    return {"statusCode": 201, "headers": {"x-language": "python"}, "cookies": ["a=1"], "body": json.dumps(body)}
