"""Runs moto's server on 127.0.0.1 for as long as the program that started it holds its standard input open.

Prints one line of JSON with the port, a free one unless an argument names another.
Whatever way the starter ends, SIGKILL too, the pipe closes and the server goes with it.
"""

import json
import logging
import os
import sys

from moto.server import ThreadedMotoServer

# One line for every request is of use to nobody here; what goes wrong is still told.
logging.getLogger("werkzeug").setLevel(logging.ERROR)

server = ThreadedMotoServer(ip_address="127.0.0.1", port=int(sys.argv[1]), verbose=False)
server.start()
host, port = server.get_host_and_port()
print(json.dumps({"endpoint": f"http://{host}:{port}"}), flush=True)

while sys.stdin.buffer.read(4096):
    pass
# Requests under way have nobody left to answer; a clean stop would wait for them.
os._exit(0)
