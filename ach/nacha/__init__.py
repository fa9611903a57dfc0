"""NACHA files: records, writer, reader, returns, notifications of change. Pure: no Django, network, clock or paths.

Columns, codes and limits are those of the Nacha operating rules; `docs/nacha.md` says what is accepted and why.
"""
