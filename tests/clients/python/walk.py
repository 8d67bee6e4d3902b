"""Walks operations of a client, and says what each was answered with.

What came of an operation is a word, and where there is one a code:

    answered         as Azure answers it: a model, a list, a long-running operation that came to its end
    refused CODE     with a code of Azure's
    ours CODE        refused as Azure refuses it, with a code of azdrill's own, since nobody has seen Azure's
    not played       refused by name: azdrill does not play it, and says so

Whatever else there is ends the walk: a status nobody expects of a service that works, an operation azdrill does not
know, an answer the SDK cannot read, a long-running operation without an end.
"""

import inspect
from urllib.parse import urlsplit

from azure.core.exceptions import HttpResponseError
from azure.core.paging import ItemPaged
from azure.core.polling import LROPoller

from drill import holds

# How long an operation may take to end. Here it takes a moment, of what takes hours on Azure.
PATIENCE_SECONDS = 60
NOT_PLAYED, OURS = "NotImplementedByEmulator", "Synthetic"


def operations_of(client):
    """Every operation of a client by its name, `group.method`, in order: read from the client itself."""
    found = {}
    for group, own in inspect.getmembers(client):
        if group.startswith("_") or not type(own).__module__.startswith("azure.mgmt."):
            continue
        for method, call in inspect.getmembers(own, inspect.ismethod):
            if not method.startswith("_"):
                found[f"{group}.{method}"] = call
    return found


class Answers:
    """Every answer to one call, polls and pages included, as they came. The SDK takes what is empty for no hook."""

    def __init__(self):
        self.all = []

    def __call__(self, answer):
        self.all.append(answer.http_response)

    def begun(self):
        """The long-running operation that the first of them says has begun, by its name; nothing where there is none."""
        headers = self.all[0].headers if self.all else {}
        address = headers.get("Azure-AsyncOperation") or headers.get("Location")
        return urlsplit(address).path.rsplit("/", 1)[-1] if address else None


def ended(answer):
    """What a call comes to: a poller's result, a whole list, or what it returned."""
    if isinstance(answer, LROPoller):
        answer.wait(PATIENCE_SECONDS)
        holds(answer.done(), f"it has not ended in {PATIENCE_SECONDS} s: {answer.status()}")
        return answer.result()
    return list(answer) if isinstance(answer, ItemPaged) else answer


def said_no(error):
    """The word for a refusal, with its code."""
    headers = error.response.headers
    holds(error.error is not None and error.error.code, f"a refusal without a code: {error}")
    code = error.error.code
    if code == NOT_PLAYED:
        # The same code says of what is no operation at all that it is none; that is refused by the way to it.
        holds(headers.get("x-azdrill-not-implemented"), f"it does not say what is not played: {error}")
        holds("does not play" in error.error.message, f"azdrill has no such operation: {error.error.message}")
        return "not played"
    holds(error.status_code < 500, f"{error.status_code}: {error}")
    return f"{'ours' if code.startswith(OURS) else 'refused'} {code}"


class Walk:
    """A walk over the operations of a client."""

    def __init__(self, client):
        self.operations = operations_of(client)
        self.came_to = {name: [] for name in self.operations}
        # The long-running operation each began last.
        self.begun = {}

    def on_with(self, client):
        """Goes on with another client of the same kind."""
        self.operations = operations_of(client)

    def __call__(self, name, *arguments, **options):
        """Performs an operation, notes what came of it, and returns that: a refusal as the SDK's exception."""
        answers = Answers()
        try:
            came = ended(self.operations[name](*arguments, raw_response_hook=answers, **options))
            holds(answers.all, f"{name} asked for nothing")
            for answer in answers.all:
                holds(answer.status_code < 400, f"{name} goes on after {answer.status_code}")
            self.came_to[name].append("answered")
            self.begun[name] = answers.begun()
            return came
        except HttpResponseError as error:
            try:
                self.came_to[name].append(said_no(error))
            except AssertionError as problem:
                raise AssertionError(f"{name}: {problem}") from error
            return error

    def answered(self, name, *arguments, **options):
        """The same of what must be answered."""
        came = self(name, *arguments, **options)
        holds(not isinstance(came, Exception), f"{name} is refused: {came}")
        return came

    def refused(self, code, name, *arguments, **options):
        """The same of what must be refused with this code."""
        came = self(name, *arguments, **options)
        holds(isinstance(came, Exception), f"{name} is not refused: {came}")
        holds(came.error.code == code, f"{name} is refused with {came.error.code}, not {code}: {came}")
        return came

    def lines(self):
        """What came of everything, a line an operation: its name, and what it came to each time it was performed."""
        return [f"{name}: {', '.join(came)}" for name, came in self.came_to.items()]
