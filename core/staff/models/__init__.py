from core.staff.models.accounts import FormerPassword, SignInCounter, User, UserManager
from core.staff.models.factors import Authenticator, Passkey, RecoveryCode
from core.staff.models.roles import RoleAssignment, RoleVersion, Separation
from core.staff.models.sessions import KnownDevice, StaffSession

__all__ = [
    "Authenticator",
    "FormerPassword",
    "KnownDevice",
    "Passkey",
    "RecoveryCode",
    "RoleAssignment",
    "RoleVersion",
    "Separation",
    "SignInCounter",
    "StaffSession",
    "User",
    "UserManager",
]
