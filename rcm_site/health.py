"""`python -m rcm_site.health`: exit status 0 when the server in this container is well."""

import os
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen


def main() -> int:
    port = (os.environ.get("BIND") or "").rpartition(":")[2] or os.environ.get("PORT") or "8000"
    # The server answers only to names that it knows.
    host = (os.environ.get("ALLOWED_HOSTS") or "localhost").split(",")[0].strip().lstrip(".")
    if host == "*":
        host = "localhost"
    request = Request(f"http://127.0.0.1:{port}/healthz", headers={"Host": host})
    try:
        with urlopen(request, timeout=4) as response:  # noqa: S310 - a fixed http address
            return 0 if response.status == 200 else 1
    except (URLError, OSError) as error:
        print(f"/healthz does not answer: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
