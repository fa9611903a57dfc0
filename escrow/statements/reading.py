"""Any bytes: a document, or a refusal that says why."""

from escrow.statements import bai2, csv_format, documents
from escrow.statements.documents import Document


def read(content: bytes) -> Document:
    """Which format it is shows in its first characters. Raises UnreadableStatement, and nothing else."""
    text = documents.text_of(content)
    return bai2.read(text) if text.startswith("01,") else csv_format.read(text)
