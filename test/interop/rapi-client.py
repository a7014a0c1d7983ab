"""Drives Ganeti's own RAPI client (Debian's python3-ganeti-rapi) against a server.

Arguments: host, port, CA file, user, password. Standard input: a JSON list of calls [method, args, kwargs]. Standard output: for
each call one line of JSON: {"value": ...} or {"code": HTTP status or null, "error": text}. An argument "$job" is the number of the
job that was submitted last.
"""

import json
import sys

import pycurl
from ganeti.rapi import client

host, port, cafile, user, password = sys.argv[1:6]
config = client.GenericCurlConfig(cafile=cafile, verify_hostname=False)
pycurl.global_init(pycurl.GLOBAL_ALL)
rapi = client.GanetiRapiClient(host, port=int(port), username=user, password=password, curl_config_fn=config)

job = None
for method, args, kwargs in json.load(sys.stdin):
    args = [job if arg == "$job" else arg for arg in args]
    try:
        if method == "__methods__":
            value = sorted(name for name in dir(client.GanetiRapiClient) if name[0].isupper())
        else:
            value = getattr(rapi, method)(*args, **kwargs)
            if isinstance(value, int) and not isinstance(value, bool):
                job = value
        answer = {"value": value}
    except client.GanetiApiError as err:
        answer = {"code": err.code, "error": str(err)}
    print(json.dumps(answer), flush=True)
