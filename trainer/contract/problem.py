"""A person's mistake, or trouble that a person can mend, as an exception."""

from trainer.contract.messages import Message, message


class Problem(Exception):
    """Say what is wrong and what to do. `field` is the path of the setting to blame, where there is one.

    It is no ValueError on purpose: pydantic would wrap one, and show the value, which may be a token.
    """

    def __init__(self, said: Message, field: str | None = None) -> None:
        super().__init__(said.message)
        self.said, self.field = said, field

    @property
    def code(self) -> str:
        return self.said.code

    @property
    def message(self) -> str:
        return self.said.message

    @property
    def hint(self) -> str:
        return self.said.hint

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"{where}{self.said}"


def system_error(error: OSError) -> Message:
    """Return what a command says where the system refuses something."""
    reason = error.strerror or error
    if error.filename:
        return message("command.system_error", path=error.filename, reason=reason)
    return message("command.system_error.no_path", reason=reason)


class InvalidValue(ValueError):
    """Raised where a setting's value is refused. `variant` is that of the code `invalid_value`; its text takes the
    field's name, which is added by `problem` where the raiser does not know it."""

    def __init__(self, variant: str, field: str | None = None, **params: object) -> None:
        super().__init__(variant)
        self.variant, self.field, self.params = variant, field, params

    def problem(self, field: str) -> Problem:
        """Return the problem of the setting `field`, unless the value is of another one."""
        field = self.field or field
        return Problem(message(f"invalid_value.{self.variant}", field=field, **self.params), field)
