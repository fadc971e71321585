"""Files of a user, for the operations that take the id of one."""

import requests

# An image of one pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000a49444154789c6300010000050001" "0d0a2db40000000049454e44ae426082"
)
UPLOADS = 20


def prepare(url, account, folder):
    """Uploads files, and writes their ids where schemathesis.toml reads them."""
    ids = [upload(url, account, f"{number}.png") for number in range(UPLOADS)]
    (folder / "files.txt").write_text("".join(f'"{id}"\n' for id in ids))


def upload(url, account, name):
    answer = requests.post(
        f"{url}/api/upload",
        headers={"Authorization": f"Bearer {account['accessToken']}"},
        data={"userId": account["user"]["id"]},
        files={"file": (name, PNG, "image/png")},
    )
    answer.raise_for_status()
    return answer.json()["fileId"]
