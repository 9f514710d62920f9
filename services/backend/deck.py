from typing import Any
class Deck:
    settings: Any
    db: Any
    @classmethod
    def open(cls, s: Any) -> "Deck": raise NotImplementedError
    def running(self) -> Any: raise NotImplementedError
