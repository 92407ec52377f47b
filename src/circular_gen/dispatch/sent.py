"""Sent mail: messages whose fate is unknown are looked for in the mailbox's folder of sent mail.

In: intents. Out: the keys of those that lie there. A message that is not there may have left all the same: many servers
keep no copy of what a program sends. So this only ever settles in one direction.
"""

from collections.abc import Callable, Iterable, Sequence

from circular_gen.dispatch.identity import Identity
from circular_gen.errors import CircularGenError
from circular_gen.ledger import Intent
from circular_gen.records import Records
from circular_gen.returns.mailbox import open_mailbox, read_account
from circular_gen.workspace.secret import mail_password


def finder(
    records: Records, identity: Identity, complain: Callable[[str], None]
) -> Callable[[Sequence[Intent]], Iterable[str]] | None:
    """The function that looks; None where no mailbox is set up. `complain`: told in a line where the mailbox does not
    answer: then nothing is found, and nothing is lost."""
    mail = records.office.mail
    password = mail_password(records.root, "imap") if mail and mail.imap else None
    if not mail or not mail.imap or password is None:
        return None
    sender, address, secret = mail.from_, mail.imap, password

    def look(intents: Sequence[Intent]) -> Iterable[str]:
        ids = {identity.message_id(row.key, sender): row.key for row in intents if row.channel == "email"}
        if not ids:
            return []
        try:
            with open_mailbox(read_account(address, sender), secret) as mailbox:
                folder = mailbox.sent_folder()
                return [] if folder is None else [ids[one] for one in mailbox.holds(folder, ids)]
        except CircularGenError as error:
            complain(str(error))
            return []

    return look
