from compliance.models.bank_account import BankAccount
from compliance.models.party import Party
from compliance.models.referral import Referral

__all__ = ["BankAccount", "Party", "Referral"]
