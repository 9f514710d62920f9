"""Stand in for a server that reads ahead: start two readers, print their process ids, and wait to be killed."""

import time

from services.backend.ingest.read_ahead import ReadAhead

readers = ReadAhead(readers=2)
readers.start()
while not all(reader.is_ready for reader in readers._readers):
    readers._collect()
    time.sleep(0.01)
print(*(reader._process.pid for reader in readers._readers), flush=True)
time.sleep(60)
