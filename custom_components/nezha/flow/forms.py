"""What the forms ask for."""

import voluptuous as vol

from homeassistant.const import CONF_HEADERS, CONF_PASSWORD, CONF_TOKEN, CONF_URL, CONF_USERNAME, CONF_VERIFY_SSL
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..api import Right

ADVANCED = "advanced"
"""A section of the address form."""
_UNENCRYPTED = "unencrypted"
"""A section without fields: the warning above a credential that goes over http."""
READ_ONLY = "read_only"

_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))

ADDRESS = vol.Schema(
    {
        vol.Required(CONF_URL): TextSelector(TextSelectorConfig(autocomplete="url")),
        vol.Required(ADVANCED): section(
            vol.Schema(
                {
                    vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
                    vol.Optional(CONF_HEADERS, default=""): TextSelector(TextSelectorConfig(multiline=True)),
                }
            ),
            {"collapsed": True},
        ),
    }
)
TOKEN = vol.Schema({vol.Required(CONF_TOKEN): _SECRET})
PASSWORD = vol.Schema({vol.Required(CONF_USERNAME): TextSelector(), vol.Required(CONF_PASSWORD): _SECRET})
LEAST_PRIVILEGE = vol.Schema(
    {
        vol.Required(READ_ONLY, default=True): BooleanSelector(),
        **{vol.Required(right.value, default=False): BooleanSelector() for right in Right},
    }
)


def with_warning(schema: vol.Schema) -> vol.Schema:
    """Return a form that says first that what is entered travels unprotected."""
    return vol.Schema({vol.Optional(_UNENCRYPTED): section(vol.Schema({}), {"collapsed": False}), **schema.schema})
