from ach.models.case import Case
from ach.models.dishonor import Dishonor
from ach.models.entry import Entry
from ach.models.file import Batch, Cutoff, File
from ach.models.inbound import Change, InboundFile, InboundItem
from ach.models.mailbox import Mailbox
from ach.models.originator import Originator
from ach.models.policy import ReturnPolicy
from ach.models.rate import RateAlert
from ach.models.reply import Reply
from ach.models.sandbox import SandboxInbox, SandboxMovement, SandboxOutbox, SandboxPosting
from ach.models.stop import AccountStop

__all__ = [
    "AccountStop",
    "Batch",
    "Case",
    "Change",
    "Cutoff",
    "Dishonor",
    "Entry",
    "File",
    "InboundFile",
    "InboundItem",
    "Mailbox",
    "Originator",
    "RateAlert",
    "Reply",
    "ReturnPolicy",
    "SandboxInbox",
    "SandboxMovement",
    "SandboxOutbox",
    "SandboxPosting",
]
