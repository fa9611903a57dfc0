"""Every permission that anything asks for. A role can be given no other: a misspelt one would open nothing."""

from core.staff import roles


def known() -> frozenset[str]:
    """Names that pages, finders, record browsers, signed acts and the shipped table use; no patterns."""
    from core.approvals import registry  # both stand on this app
    from core.console import jumps, pages
    from core.console.site import site

    asked = {page.permission for page in pages.registered()} | {finder.permission for finder in jumps.finders()}
    asked |= {f"{model._meta.app_label}.view_{model._meta.model_name}" for model in site._registry}
    asked |= {action.ask_permission for action in registry.registered()} - {""}
    shipped = {name for role in roles.ROLES.values() for name in role.permissions}
    return frozenset(asked | {name for name in shipped if not name.endswith("*")})


def objection(permission: str, known_names: frozenset[str]) -> str:
    """Why a role cannot be given this entry; empty when it can. A pattern must cover something that is asked for."""
    if permission in known_names:
        return ""
    app, _, verb = permission.partition(".")
    if verb == "view_*" and any(name.startswith(f"{'' if app == '*' else app + '.'}") for name in known_names):
        return ""
    return f"Nothing asks for {permission}."
