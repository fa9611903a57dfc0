from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig
from django.utils.module_loading import autodiscover_modules


class ConsoleConfig(AppConfig):
    default = True
    name = "core.console"
    label = "console"

    def ready(self) -> None:
        """Every app may have `views.py` (work pages) and `admin.py` (records); importing them registers them."""
        from core.console.site import site

        autodiscover_modules("views", "admin", register_to=site)


class AdminConfig(SimpleAdminConfig):
    """Django's admin with our site as its default, so that nothing can be registered with another one."""

    default_site = "core.console.site.ConsoleSite"
