"""A bank for test data: it takes our files, settles on the banking calendar and returns by documented account numbers.

It plays both sides of the network, the bank that we send to (ODFI) and the banks of the receivers (RDFI), and moves no
money of the ledger: whatever it does reaches the product as a file, as from any other bank. See docs/sandbox-bank.md.
"""
